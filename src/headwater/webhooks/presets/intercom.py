"""Intercom: conversations, contacts, companies.

Signature: https://developers.intercom.com/docs/webhooks/setting-up-webhooks
"""

from headwater.webhooks.presets.preset import (
    Event,
    Incoming,
    Preset,
    UnreadableError,
    hexadecimal,
    identify,
    iso,
    member,
    person,
    require_equal,
    spoken,
    track,
)


def verify(request: Incoming, secret: str, _now: int) -> None:
    """Intercom signs no time: a repeated notification has the same id, and is a duplicate."""
    wanted = f"sha1={hexadecimal(secret, request.body, 'sha1')}"
    require_equal(request.header("x-hub-signature"), wanted)


def events(request: Incoming, _secret: str) -> list[Event]:
    body = request.record()
    topic, message_id, item = body.get("topic"), body.get("id"), member(body, "data", "item")
    if topic == "ping":
        return []
    if not isinstance(topic, str) or not isinstance(message_id, str) or not isinstance(item, dict):
        raise UnreadableError("the body is no notification: `topic`, `id` and `data.item`")
    is_contact = item.get("type") in ("contact", "user", "lead")
    contact = item if is_contact else _contact(item)
    fallback = f"intercom-{item.get('id') or message_id}"
    who = person(
        member(contact, "external_id") or member(contact, "user_id"),
        member(contact, "email"),
        member(contact, "id"),
        fallback=fallback,
    )
    at = iso(body.get("created_at"))
    made = [track(spoken(topic), message_id, item, timestamp=at, **who)]
    if is_contact and "userId" in who:
        names = ("email", "name", "phone", "location", "custom_attributes")
        about = {name: item.get(name) for name in names}
        made.insert(0, identify(f"{message_id}-identify", about, timestamp=at, **who))
    return made


def _contact(item: dict[str, object]) -> object:
    """The first contact of a conversation or ticket."""
    contacts = member(item, "contacts", "contacts")
    if isinstance(contacts, list) and contacts:
        return contacts[0]
    return item.get("user") or member(item, "source", "author")


PRESET = Preset(
    "intercom", "Intercom", "The app's client secret, under Basic information.", verify, events
)
