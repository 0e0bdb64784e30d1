"""Mailchimp: subscribers and campaigns of an audience.

Mailchimp signs nothing: a secret of one's own stands in the address, as `?secret=…`.
https://mailchimp.com/developer/marketing/guides/sync-audience-data-webhooks/
"""

import re
from typing import Any, Final
from urllib.parse import parse_qs

from headwater.webhooks.presets.preset import (
    Event,
    Incoming,
    Preset,
    UnreadableError,
    digest,
    identify,
    member,
    person,
    require_equal,
    track,
)

_NAMES: Final = {
    "subscribe": "Subscribed",
    "unsubscribe": "Unsubscribed",
    "profile": "Profile Updated",
    "upemail": "Email Changed",
    "cleaned": "Email Cleaned",
    "campaign": "Campaign Sent",
}
_PART: Final = re.compile(r"\[([^\]]*)\]")


def verify(request: Incoming, secret: str, _now: int) -> None:
    """A repeated request is a duplicate, by its content."""
    given = parse_qs(request.query).get("secret", [""])[0]
    require_equal(given, secret)


def answer(request: Incoming, _secret: str) -> bytes | None:
    """An address is tried with GET when it is entered."""
    return b"{}" if request.method in ("GET", "HEAD") else None


def events(request: Incoming, _secret: str) -> list[Event]:
    body = _nested(request.form())
    kind, data = body.get("type"), body.get("data")
    if not isinstance(kind, str) or not isinstance(data, dict):
        raise UnreadableError("the form has no `type` and `data[…]`")
    message_id = f"mailchimp-{digest(request.body)}"
    fired = body.get("fired_at")
    at = f"{fired.replace(' ', 'T')}Z" if isinstance(fired, str) and fired else None
    email = data.get("new_email") or data.get("email")
    who = person(email, fallback=f"mailchimp-{data.get('id') or message_id}")
    made = [track(_NAMES.get(kind, kind.title()), message_id, data, timestamp=at, **who)]
    if email and kind in ("subscribe", "profile", "upemail"):
        merges = data.get("merges")
        about = {
            "email": email,
            "firstName": member(merges, "FNAME"),
            "lastName": member(merges, "LNAME"),
        }
        made.insert(0, identify(f"{message_id}-identify", about, timestamp=at, **who))
    return made


def _nested(fields: dict[str, str]) -> dict[str, Any]:
    """`data[merges][FNAME]` as objects in objects."""
    found: dict[str, Any] = {}
    for name, value in fields.items():
        first, *rest = [name.partition("[")[0], *_PART.findall(name)]
        node = found
        for part in (first, *rest)[:-1]:
            below = node.setdefault(part, {})
            if not isinstance(below, dict):
                break
            node = below
        else:
            node[(first, *rest)[-1]] = value
    return found


PRESET = Preset(
    "mailchimp",
    "Mailchimp",
    "A long random text of your own; add ?secret=… with it to the address that you enter there.",
    verify,
    events,
    answer,
)
