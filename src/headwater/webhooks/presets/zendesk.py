"""Zendesk: tickets and users, by event subscriptions or by triggers with a body of one's own.

Signature: https://developer.zendesk.com/documentation/webhooks/verifying/
"""

from datetime import datetime
from typing import Any

from headwater.webhooks.presets.preset import (
    Event,
    Incoming,
    Preset,
    RefusedError,
    digest,
    in_base64,
    member,
    person,
    require_equal,
    require_recent,
    spoken,
    track,
)


def verify(request: Incoming, secret: str, now: int) -> None:
    at = request.header("x-zendesk-webhook-signature-timestamp")
    wanted = in_base64(secret, at.encode() + request.body)
    require_equal(request.header("x-zendesk-webhook-signature"), wanted)
    try:
        seconds = datetime.fromisoformat(at).timestamp()
    except ValueError:
        raise RefusedError("the request does not say when it was signed") from None
    require_recent(seconds, now)


def events(request: Incoming, _secret: str) -> list[Event]:
    body = request.record()
    kind = body.get("type")
    if isinstance(kind, str) and kind.startswith("zen:event-type:"):
        return [_subscribed(body, kind)]
    return [_triggered(body, request)]


def _subscribed(body: dict[str, Any], kind: str) -> Event:
    """An event of a subscription: `zen:event-type:ticket.status_changed`."""
    detail = body.get("detail")
    message_id = str(body.get("id") or digest(repr(body).encode()))
    who = person(
        member(detail, "requester_id") or member(detail, "external_id"),
        member(detail, "email"),
        member(detail, "id") if kind.startswith("zen:event-type:user") else None,
        fallback=f"zendesk-{member(detail, 'id') or message_id}",
    )
    properties = {"detail": detail, "event": body.get("event"), "subject": body.get("subject")}
    name = spoken(kind.removeprefix("zen:event-type:"))
    return track(name, message_id, properties, timestamp=_text(body.get("time")), **who)


def _triggered(body: dict[str, Any], request: Incoming) -> Event:
    """What a trigger or automation sends has the members that an administrator chose."""
    ticket = member(body, "ticket", "id") or body.get("ticket_id") or body.get("id")
    message_id = request.header("x-zendesk-webhook-invocation-id") or digest(request.body)
    requester = body.get("requester")
    who = person(
        body.get("requester_id") or member(requester, "id"),
        body.get("requester_email") or member(requester, "email"),
        fallback=f"zendesk-{ticket or message_id}",
    )
    name = body.get("event") if isinstance(body.get("event"), str) else "Ticket Updated"
    return track(str(name), message_id, body, **who)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


PRESET = Preset(
    "zendesk", "Zendesk", "The webhook's signing secret, shown on its page.", verify, events
)
