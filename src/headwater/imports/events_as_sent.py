"""Files that already hold events in Segment's shape, and CSV whose columns are named like one."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from headwater.imports.checks import require_ids, require_message_id, require_type
from headwater.imports.model import (
    EventRule,
    FileMapping,
    FileRules,
    Made,
    Row,
    RowRejectedError,
    RowRule,
)
from headwater.spec import EVENT_TYPES
from headwater.spec.reasons import Reason

_IDS: Final = ("userId", "anonymousId", "groupId", "previousId")
_TEXTS: Final = ("event", "name", "category")
_NOT_OBJECT: Final = {
    "properties": Reason.PROPERTIES_NOT_OBJECT,
    "traits": Reason.TRAITS_NOT_OBJECT,
    "context": Reason.CONTEXT_NOT_OBJECT,
}
_FIELDS: Final = {
    "type": "type",
    "event": "event",
    "name": "name",
    "category": "category",
    "userid": "userId",
    "anonymousid": "anonymousId",
    "groupid": "groupId",
    "previousid": "previousId",
    "messageid": "messageId",
    "timestamp": "timestamp",
}
_OBJECTS: Final = ("properties", "traits", "context", "integrations")


class EventsAsSent:
    """A converter for rows that are events in Segment's shape: their values stay unaltered.

    `type` may be absent: an object with `event` is a track call, another one an identify whose
    `properties` are its traits. `sentAt` is left out: it was the clock of another sending, and
    would move the event's own time.
    """

    def __init__(self) -> None:
        self._decode = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode

    def ahead(self, rows: Sequence[Row]) -> Sequence[None]:
        return [None] * len(rows)

    def convert(self, row: Row, ahead: object = None) -> Sequence[Made]:  # noqa: ARG002
        try:
            event: dict[str, Any] = dict(self._decode(row.raw))
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            raise RowRejectedError(f"this is no JSON object: {error}") from None
        event = {name: value for name, value in event.items() if value != _NULL}
        event.pop("sentAt", None)
        self._put_type(event)
        self._require_shape(event)
        return [Made(row.number, row.line, 0, event)]

    def finish(self) -> Sequence[Made]:
        return ()

    def _put_type(self, event: dict[str, Any]) -> None:
        if "type" in event:
            event["type"] = _plain(event["type"])
            require_type(event["type"])
        elif "event" in event:
            event["type"] = "track"
        else:
            event["type"] = "identify"
            if "properties" in event and "traits" not in event:
                event["traits"] = event.pop("properties")

    def _require_shape(self, event: dict[str, Any]) -> None:
        seen = {"type": event["type"]}
        for name in _IDS:
            if name in event:
                seen[name] = value = _plain(event[name])
                if isinstance(value, bool) or not isinstance(value, str | int | float):
                    raise RowRejectedError(f"{Reason.ID_NOT_STRING}: {name} is no text")
        for name in _TEXTS:
            if name in event and not isinstance(seen.setdefault(name, _plain(event[name])), str):
                raise RowRejectedError(f"{name}_not_string: {name} is no text")
        for name, reason in _NOT_OBJECT.items():
            if name in event and not bytes(event[name]).lstrip().startswith(b"{"):
                raise RowRejectedError(f"{reason}: {name} is no object")
        require_ids(seen)
        if "messageId" in event:
            require_message_id(_plain(event["messageId"]))


_NULL = msgspec.Raw(b"null")


def _plain(raw: msgspec.Raw) -> Any:
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, RecursionError) as error:
        raise RowRejectedError(f"this is no JSON: {error}") from None


def is_event_table(names: Sequence[str]) -> bool:
    """Whether a typed table's columns are an event's members, such as `properties` as a whole."""
    return not set(names).isdisjoint(_OBJECTS)


def mapping_by_names(header: Sequence[str], file: FileRules) -> FileMapping:
    """The mapping of a CSV file whose columns are named like an event's fields.

    `userId` may be written `user_id`; columns `properties.x`, `traits.x` and `context.x` say where
    they belong, all others become properties (or traits, of an identify or group). All values are
    text: types need a mapping.
    """
    fields: dict[str, str] = {}
    others: dict[str, Any] = {}
    objects: dict[str, dict[str, Any]] = {name: {} for name in _OBJECTS}
    for column in header:
        field = _FIELDS.get(column.replace("_", "").lower())
        head, _, path = column.partition(".")
        if field and field not in fields:
            fields[field] = f"{{{column}}}"
        elif head in objects and path:
            put(objects[head], path, f"{{{column}}}")
        else:
            put(others, column, f"{{{column}}}")
    kind_column = fields.pop("type", "").strip("{}")
    if not kind_column:
        rules = _rules_without_type(fields, others, objects)
        return FileMapping(file=file, events=rules)
    known = [*EVENT_TYPES]
    rules = tuple(
        _rule(kind, fields, others, objects, [{kind_column: kind}]) for kind in known
    ) + _rules_without_type(fields, others, objects, {kind_column: {"present": False}})
    reject = RowRule(
        when={kind_column: {"present": True, "not": known}},
        reason=f"{Reason.TYPE_NOT_KNOWN}: the type is none of {', '.join(known)}",
    )
    return FileMapping(file=file, events=rules, reject=(reject,))


def _rules_without_type(
    fields: dict[str, str],
    others: dict[str, Any],
    objects: dict[str, dict[str, Any]],
    when: dict[str, Any] | None = None,
) -> tuple[EventRule, ...]:
    event = fields.get("event", "").strip("{}")
    if not event:
        return (_rule("identify", fields, others, objects, [when or {}]),)
    return (
        _rule("track", fields, others, objects, [{**(when or {}), event: {"present": True}}]),
        _rule("identify", fields, others, objects, [{**(when or {}), event: {"present": False}}]),
    )


def _rule(
    kind: str,
    fields: dict[str, str],
    others: dict[str, Any],
    objects: dict[str, dict[str, Any]],
    when: list[dict[str, Any]],
) -> EventRule:
    members: dict[str, Any] = dict(fields)
    if kind in ("identify", "group", "alias"):
        members = {name: value for name, value in members.items() if name != "event"}
    place = "traits" if kind in ("identify", "group") else "properties"
    for name, written in objects.items():
        members[name] = {**others, **written} if name == place else written
    return msgspec.convert({"type": kind, "when": when, **members}, EventRule)


def put(target: dict[str, Any], path: str, template: str) -> None:
    """Put a template at a path with points; flat where the path runs through another column."""
    node = target
    *parents, last = path.split(".")
    for parent in parents:
        below = node.setdefault(parent, {})
        if not isinstance(below, dict):
            target[path] = template
            return
        node = below
    if last in node:
        target[path] = template
    else:
        node[last] = template
