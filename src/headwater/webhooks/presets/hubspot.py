"""HubSpot: contacts, companies, deals, as subscriptions of an app.

Signature (version 3): https://developers.hubspot.com/docs/api/webhooks/validating-requests
"""

from typing import Any
from urllib.parse import unquote

from headwater.webhooks.presets.preset import (
    Event,
    Incoming,
    Preset,
    RefusedError,
    UnreadableError,
    digest,
    in_base64,
    iso,
    person,
    require_equal,
    require_recent,
    spoken,
    track,
)


def verify(request: Incoming, secret: str, now: int) -> None:
    at = request.header("x-hubspot-request-timestamp")
    signed = request.method.encode() + unquote(request.url).encode() + request.body + at.encode()
    require_equal(request.header("x-hubspot-signature-v3"), in_base64(secret, signed))
    if not at.isdigit():
        raise RefusedError("the request does not say when it was signed")
    require_recent(int(at) / 1000, now)


def events(request: Incoming, _secret: str) -> list[Event]:
    found = request.json()
    if not isinstance(found, list):
        raise UnreadableError("the body is no JSON array")
    return [_event(each) for each in found if isinstance(each, dict)]


def _event(found: dict[str, Any]) -> Event:
    kind = str(found.get("subscriptionType") or "event")
    object_id = found.get("objectId")
    # An event's id is not unique by itself: HubSpot says that with subscription and time it is.
    told = (found.get("subscriptionId"), found.get("eventId"), found.get("occurredAt"))
    is_told = found.get("eventId") is not None
    message_id = (
        "hubspot-" + "-".join(map(str, told))
        if is_told
        else f"hubspot-{digest(repr(sorted(found.items())).encode())}"
    )
    is_contact = kind.startswith("contact.")
    who = person(object_id if is_contact else None, fallback=f"hubspot-{object_id or message_id}")
    occurred = found.get("occurredAt")
    at = iso(occurred / 1000) if isinstance(occurred, int | float) else None
    return track(spoken(_words(kind)), message_id, found, timestamp=at, **who)


def _words(kind: str) -> str:
    """`contact.propertyChange` as `contact.property change`."""
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in kind)


PRESET = Preset("hubspot", "HubSpot", "The app's client secret, under Auth.", verify, events)
