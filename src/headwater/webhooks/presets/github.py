"""GitHub: issues, pull requests, pushes, stars, releases.

Signature: https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries
"""

from headwater.webhooks.presets.preset import (
    Event,
    Incoming,
    Preset,
    UnreadableError,
    digest,
    hexadecimal,
    identify,
    member,
    person,
    require_equal,
    spoken,
    track,
)


def verify(request: Incoming, secret: str, _now: int) -> None:
    """GitHub signs no time: a redelivery has the same delivery id, and is a duplicate."""
    wanted = f"sha256={hexadecimal(secret, request.body)}"
    require_equal(request.header("x-hub-signature-256"), wanted)


def events(request: Incoming, _secret: str) -> list[Event]:
    kind = request.header("x-github-event")
    if not kind:
        raise UnreadableError("the header X-GitHub-Event is missing")
    body = request.record()
    if kind == "ping":
        return []
    message_id = request.header("x-github-delivery") or digest(request.body)
    action = body.get("action")
    sender = body.get("sender")
    who = person(
        member(sender, "login"), member(body, "pusher", "name"), fallback=f"github-{message_id}"
    )
    name = spoken(f"{kind} {action}" if isinstance(action, str) else kind)
    made = [track(name, message_id, body, **who)]
    if "userId" in who and isinstance(sender, dict):
        about = {
            "username": sender.get("login"),
            "avatar": sender.get("avatar_url"),
            "type": sender.get("type"),
            "url": sender.get("html_url"),
        }
        made.insert(0, identify(f"{message_id}-identify", about, **who))
    return made


PRESET = Preset("github", "GitHub", "The webhook's secret, as you entered it.", verify, events)
