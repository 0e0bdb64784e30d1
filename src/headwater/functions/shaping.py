"""An event as functions see it, in Segment's common shape, and back into the event. Pure."""

from functools import lru_cache
from typing import Any, Final

from headwater.functions.runtime.model import Patch
from headwater.kit.clock import isoformat
from headwater.pipeline.event import Event, Quarantine, shown
from headwater.pipeline.identifiers import number_text
from headwater.pipeline.nesting import is_deeper
from headwater.pipeline.times import microseconds
from headwater.spec import EVENT_TYPES
from headwater.spec.reasons import Reason

DEEPEST: Final = 100
_TRAITS: Final = frozenset({"identify", "group"})
_TYPES: Final = frozenset(EVENT_TYPES)
_TEXTS: Final = {
    "event": "event",
    "name": "name",
    "category": "category",
    "userId": "user_id",
    "anonymousId": "anonymous_id",
    "groupId": "group_id",
    "previousId": "previous_id",
}
_FIXED: Final = ("messageId", "originalTimestamp", "sentAt", "receivedAt")
"""By these an event is told from others: a function cannot change them."""
_KNOWN: Final = frozenset((*_TEXTS, *_FIXED, "type", "timestamp", "context"))


_written = lru_cache(maxsize=256)(
    isoformat
)  # an event's times are often one, a batch's receipts are


def shaped(event: Event) -> dict[str, Any]:
    """The event as it is delivered. What stands inside is the event's own: not to be changed."""
    found: dict[str, Any] = {"messageId": event.message_id, "type": event.type}
    if event.event is not None:
        found["event"] = event.event
    if event.name is not None:
        found["name"] = event.name
    if event.category is not None:
        found["category"] = event.category
    if event.user_id is not None:
        found["userId"] = event.user_id
    if event.anonymous_id is not None:
        found["anonymousId"] = event.anonymous_id
    if event.group_id is not None:
        found["groupId"] = event.group_id
    if event.previous_id is not None:
        found["previousId"] = event.previous_id
    found["timestamp"] = _written(event.timestamp)
    found["originalTimestamp"] = _written(event.original_timestamp)
    if event.sent_at is not None:
        found["sentAt"] = _written(event.sent_at)
    found["receivedAt"] = _written(event.receipt.received_at)
    if event.properties or event.type != "alias":
        found["traits" if event.type in _TRAITS else "properties"] = event.properties
    found["context"] = event.context
    for name, value in event.rest.items():
        found.setdefault(name, value)
    return found


def put_back(event: Event, before: dict[str, Any], after: dict[str, Any]) -> Quarantine | None:
    """Make the event what a function returned of it; or say what is wrong with that, and leave
    the event as it was."""
    try:
        members = _members(event, before, after)
    except _UnusableError as error:
        return Quarantine(Reason.FUNCTION_ERROR, f"The function returned no valid event: {error}")
    for name, value in members.items():
        setattr(event, name, value)
    return None


def put_changes(event: Event, before: dict[str, Any], patch: Patch) -> Quarantine | None:
    """The same, where it is told what the function changed."""
    own = "traits" if event.type in _TRAITS else "properties"
    for name, value in patch.set.items():
        if (name != own and name != "context") or type(value) is not dict:
            return put_back(event, before, patch.applied(before))
    if patch.gone:
        return put_back(event, before, patch.applied(before))
    event.properties = patch.set.get(own, event.properties)
    event.context = patch.set.get("context", event.context)
    return None


class _UnusableError(Exception):
    pass


def _members(event: Event, before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    kind = after.get("type")
    if kind not in _TYPES:
        raise _UnusableError(f"`type` is {shown(kind)}.")
    for name in _FIXED:
        if name in after and after[name] != before.get(name):
            raise _UnusableError(f"`{name}` cannot be changed.")
    if is_deeper(after, DEEPEST):
        raise _UnusableError(f"it is nested more than {DEEPEST} levels deep.")
    members: dict[str, Any] = {"type": kind}
    for name, attribute in _TEXTS.items():
        value = after.get(name)
        if value != before.get(name):
            members[attribute] = _text(name, value)
    members["timestamp"] = _time(event, before, after.get("timestamp"))
    own = "traits" if kind in _TRAITS else "properties"
    members["properties"] = _object(own, after.get(own))
    members["context"] = _object("context", after.get("context"))
    members["rest"] = {
        name: value for name, value in after.items() if name not in _KNOWN and name != own
    }
    unread = {name: value for name, value in event.rest.items() if name in _KNOWN}
    if unread:  # such as a `sentAt` that is no time: it stays as it was sent
        members["rest"] |= unread
    return members


def _text(name: str, value: Any) -> str | None:
    """Ids and names are texts: a number becomes its text."""
    if value is None or value == "":
        return None
    text = value if type(value) is str else number_text(value)
    if text is None:
        raise _UnusableError(f"`{name}` is {shown(value)} and not a text.")
    return text


def _time(event: Event, before: dict[str, Any], value: Any) -> int:
    if value is None or value == before["timestamp"]:
        return event.timestamp
    found = microseconds(value)
    if found is None:
        raise _UnusableError(f"`timestamp` is {shown(value)} and not a time.")
    return found


def _object(name: str, value: Any) -> dict[str, Any]:
    if value is None:
        return {}
    if type(value) is not dict:
        raise _UnusableError(f"`{name}` is {shown(value)} and not an object.")
    return value
