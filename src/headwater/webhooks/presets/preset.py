"""What all presets of webhooks share: a request, whether it is its sender's, its events."""

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import parse_qsl

import msgspec

TOLERANCE_SECONDS: Final = 300
"""How old a signed request may be: an older one is a replay."""
_SECOND: Final = 1_000_000
Event = dict[str, Any]


class RefusedError(Exception):
    """The request is not its sender's, or too old: why. Answered with 401."""


class UnreadableError(Exception):
    """The request is its sender's, and no event can be made of it: why."""


class Incoming(msgspec.Struct, frozen=True):
    """A request to a webhook source. Names of headers are in lower case."""

    method: str
    url: str
    query: str
    headers: Mapping[str, str]
    body: bytes

    def header(self, name: str) -> str:
        return self.headers.get(name, "")

    def json(self) -> Any:
        """The body's JSON. Raises UnreadableError."""
        try:
            return msgspec.json.decode(self.body)
        except (msgspec.DecodeError, RecursionError) as error:
            raise UnreadableError(f"the body is no JSON: {error}") from None

    def record(self) -> dict[str, Any]:
        """The body's JSON object. Raises UnreadableError."""
        found = self.json()
        if not isinstance(found, dict):
            raise UnreadableError("the body is no JSON object")
        return found

    def form(self) -> dict[str, str]:
        """The body's form fields; of a name that repeats the last. Raises UnreadableError."""
        try:
            text = self.body.decode()
            return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=1_000))
        except ValueError as error:
            raise UnreadableError(f"the body is no form: {error}") from None


class Preset(msgspec.Struct, frozen=True):
    """A sender of webhooks.

    `verify` raises RefusedError for a request that was not signed with the secret or is too old
    (`now` in microseconds). `events` makes the events, each with a messageId that is the same when
    the sender repeats the request. `answer` gives the body of an answer that a sender waits for
    before it sends anything, and None for all other requests.
    """

    name: str
    title: str
    secret: str
    """What the secret is, and where its sender shows it."""
    verify: Callable[[Incoming, str, int], None]
    events: Callable[[Incoming, str], list[Event]]
    answer: Callable[[Incoming, str], bytes | None] = lambda _request, _secret: None


def require_equal(given: str, wanted: str) -> None:
    """Compare signatures in constant time. Raises RefusedError."""
    if not given:
        raise RefusedError("the request is not signed")
    if not hmac.compare_digest(given.encode(), wanted.encode()):
        raise RefusedError("the signature is not that of this source's secret")


def require_recent(at_seconds: str | float, now: int) -> None:
    """Refuse what is older than TOLERANCE_SECONDS, or as far in the future."""
    try:
        at = float(at_seconds)
    except ValueError:
        raise RefusedError("the request does not say when it was signed") from None
    if not abs(now / _SECOND - at) <= TOLERANCE_SECONDS:
        raise RefusedError(f"the request was signed more than {TOLERANCE_SECONDS} s ago: a replay")


def hexadecimal(secret: str, content: bytes, digest: str = "sha256") -> str:
    """An HMAC as hexadecimal digits."""
    return hmac.new(secret.encode(), content, digest).hexdigest()


def in_base64(secret: str, content: bytes, digest: str = "sha256") -> str:
    """An HMAC as base64."""
    return base64.b64encode(hmac.new(secret.encode(), content, digest).digest()).decode()


def iso(seconds: Any) -> str | None:
    """Seconds since 1970 as ISO 8601; None for what is no such number."""
    if isinstance(seconds, bool) or not isinstance(seconds, int | float | str):
        return None
    try:
        at = datetime.fromtimestamp(float(seconds), UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def spoken(topic: str) -> str:
    """A topic as the name of an event: `charge.succeeded` is `Charge Succeeded`."""
    words = topic.replace("/", " ").replace(".", " ").replace("_", " ").replace("-", " ").split()
    return " ".join(word[:1].upper() + word[1:] for word in words)


def track(name: str, message_id: str, properties: Mapping[str, Any], **members: Any) -> Event:
    """A track call; members that are None are left out."""
    return _call("track", message_id, event=name, properties=dict(properties), **members)


def identify(message_id: str, traits: Mapping[str, Any], **members: Any) -> Event:
    """An identify call; traits and members that are None or empty are left out."""
    known = {name: value for name, value in traits.items() if value not in (None, "", [], {})}
    return _call("identify", message_id, traits=known, **members)


def person(user_id: Any, *others: Any, fallback: str) -> dict[str, str]:
    """Who it was: the first id that there is, else an anonymous id of the thing that happened."""
    for each in (user_id, *others):
        if isinstance(each, str | int) and not isinstance(each, bool) and each != "":
            return {"userId": str(each)}
    return {"anonymousId": fallback}


def digest(content: bytes) -> str:
    """What tells a request from others whose sender gives no id."""
    return hashlib.sha256(content).hexdigest()[:32]


def member(found: Any, *path: str) -> Any:
    """What stands at a path of objects; None where there is nothing."""
    for name in path:
        if not isinstance(found, dict):
            return None
        found = found.get(name)
    return found


def _call(kind: str, message_id: str, **members: Any) -> Event:
    given = {name: value for name, value in members.items() if value is not None}
    return {"type": kind, "messageId": message_id[:100], **given}
