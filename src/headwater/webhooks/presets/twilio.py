"""Twilio: messages and calls, as status callbacks.

Signature: https://www.twilio.com/docs/usage/security#validating-requests
"""

from typing import Final

from headwater.webhooks.presets.preset import (
    Event,
    Incoming,
    Preset,
    UnreadableError,
    digest,
    in_base64,
    person,
    require_equal,
    spoken,
    track,
)

_THINGS: Final = (("MessageSid", "MessageStatus", "Message"), ("CallSid", "CallStatus", "Call"))


def verify(request: Incoming, secret: str, _now: int) -> None:
    """Twilio signs no time: a repeated callback of the same state is a duplicate."""
    fields = sorted(request.form().items()) if request.method == "POST" else []
    signed = request.url + "".join(name + value for name, value in fields)
    require_equal(request.header("x-twilio-signature"), in_base64(secret, signed.encode(), "sha1"))


def events(request: Incoming, _secret: str) -> list[Event]:
    fields = request.form()
    for sid_name, status_name, thing in _THINGS:
        sid = fields.get(sid_name) or (fields.get("SmsSid") if thing == "Message" else None)
        if not sid:
            continue
        status = fields.get(status_name) or fields.get("SmsStatus") or "received"
        is_outward = fields.get("Direction", "").startswith("outbound") or status != "received"
        theirs = fields.get("To") if is_outward else fields.get("From")
        who = person(theirs, fallback=f"twilio-{sid}")
        message_id = f"twilio-{sid}-{status}-{fields.get('SequenceNumber', '')}".rstrip("-")
        return [track(f"{thing} {spoken(status)}", message_id, fields, **who)]
    raise UnreadableError(
        f"the form has neither MessageSid nor CallSid (its digest is {digest(request.body)})"
    )


PRESET = Preset(
    "twilio", "Twilio", "The account's auth token, on the console's first page.", verify, events
)
