"""SendGrid: what became of e-mails. A request has many events.

Signature: https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features
"""

import base64
import binascii
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_public_key

from headwater.webhooks.presets.preset import (
    Event,
    Incoming,
    Preset,
    RefusedError,
    UnreadableError,
    digest,
    iso,
    person,
    require_recent,
    track,
)

_SIGNATURE: Final = "x-twilio-email-event-webhook-signature"
_TIMESTAMP: Final = "x-twilio-email-event-webhook-timestamp"
_NAMES: Final = {
    "processed": "Email Processed",
    "delivered": "Email Delivered",
    "deferred": "Email Deferred",
    "bounce": "Email Bounced",
    "dropped": "Email Dropped",
    "open": "Email Opened",
    "click": "Email Link Clicked",
    "spamreport": "Email Marked as Spam",
    "unsubscribe": "Unsubscribed",
    "group_unsubscribe": "Unsubscribed from Group",
    "group_resubscribe": "Resubscribed to Group",
}


def verify(request: Incoming, secret: str, now: int) -> None:
    at = request.header(_TIMESTAMP)
    if not request.header(_SIGNATURE):
        raise RefusedError("the request is not signed")
    try:
        key = load_der_public_key(base64.b64decode(secret, validate=True))
        signature = base64.b64decode(request.header(_SIGNATURE), validate=True)
        if not isinstance(key, ec.EllipticCurvePublicKey):
            raise RefusedError("the source's verification key is of another kind")
        key.verify(signature, at.encode() + request.body, ec.ECDSA(hashes.SHA256()))
    except (InvalidSignature, binascii.Error, ValueError):
        raise RefusedError("the signature is not that of this source's key") from None
    require_recent(at, now)


def events(request: Incoming, _secret: str) -> list[Event]:
    found = request.json()
    if not isinstance(found, list):
        raise UnreadableError("the body is no JSON array")
    return [_event(each) for each in found if isinstance(each, dict)]


def _event(found: dict[str, Any]) -> Event:
    kind = str(found.get("event"))
    message_id = str(found.get("sg_event_id") or digest(repr(sorted(found.items())).encode()))
    properties = {name: value for name, value in found.items() if name != "event"}
    who = person(
        found.get("user_id") or found.get("userId"),
        found.get("email"),
        fallback=f"sendgrid-{message_id}",
    )
    name = _NAMES.get(kind, f"Email {kind.title()}")
    return track(name, message_id, properties, timestamp=iso(found.get("timestamp")), **who)


PRESET = Preset(
    "sendgrid",
    "SendGrid",
    "The verification key of the signed event webhook, under Mail settings.",
    verify,
    events,
)
