"""From what a form says of each column to a mapping, and from a proposal to a form. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, get_args

import msgspec

from headwater.errors import MappingError
from headwater.imports.events_as_sent import put
from headwater.imports.looking import Looked
from headwater.imports.model import FileMapping, FileRules
from headwater.imports.proposing import Proposal
from headwater.uploads.model import ROLES, Choices, ColumnChoice, Kind

_VALUES: Final = ("property", "trait")
_TIMES: Final = ("time", "seconds", "milliseconds")
_FIELDS: Final = tuple(role for role in ROLES if role not in (*_VALUES, "skip"))
_PEOPLE: Final = ("userId", "anonymousId", "groupId")
_LISTS: Final = ("userId", "anonymousId", "timestamp")
_KINDS: Final = get_args(Kind)


def choices_of(proposal: Proposal) -> Choices:
    """What a form shows of a proposed mapping."""
    events = proposal.mapping.events
    last = events[-1]
    traits = {name for rule in events if rule.type == "identify" for name in _leaves(rule.traits)}
    columns = []
    for role in proposal.roles:
        value = "trait" if role.column.name in traits else "property"
        kind, pattern = _kind(role.column)
        columns.append(
            ColumnChoice(
                column=role.column.name,
                role=value if role.role == "value" else role.role,
                name=role.column.name,
                kind=kind,
                format=pattern,
            )
        )
    named = any(role.role == "event" for role in proposal.roles)
    event = "" if named or last.type != "track" else last.event
    own = (
        last.anonymous_id if not any(role.role == "anonymousId" for role in proposal.roles) else ""
    )
    anonymous = own if isinstance(own, str) else ""
    return Choices(type=last.type, event=event, anonymous=anonymous, columns=columns)


def _kind(column: Looked) -> tuple[Kind, str]:
    if column.kind == "time":
        unit: Kind = "milliseconds" if column.unit == "milliseconds" else "seconds"
        return (unit, "") if column.unit else ("time", column.format)
    if column.kind == "number" and column.decimal == ",":
        return "comma", ""
    return (column.kind, "") if column.kind in _KINDS else ("text", "")  # type: ignore[return-value]


def _leaves(members: Mapping[str, Any]) -> list[str]:
    """The columns that templates of single columns name."""
    found = []
    for value in members.values():
        if isinstance(value, Mapping):
            found += _leaves(value)
        else:
            found.append(str(value).removeprefix("{").removesuffix("}"))
    return found


def mapping_of(choices: Choices, rules: FileRules) -> FileMapping | None:
    """The mapping that a form says; None takes the rows as events. Raises MappingError."""
    if choices.as_sent:
        return None
    fields = _fields(choices)
    used = [each for each in choices.columns if each.role != "skip"]
    written: dict[str, Any] = {"file": msgspec.to_builtins(rules)}
    written["columns"] = {each.column: rule for each in used if (rule := _rule(each)) is not None}
    written["events"] = _events(choices, fields)
    try:
        return msgspec.convert(written, FileMapping)
    except msgspec.ValidationError as error:
        raise MappingError(f"The mapping cannot be used: {error}.") from None


def _fields(choices: Choices) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for role in _FIELDS:
        named = [_template(each.column) for each in choices.columns if each.role == role]
        if len(named) > 1 and role not in _LISTS:
            raise MappingError(
                f"{len(named)} columns are the event's {role}.", hint="One column can be it."
            )
        if named:
            fields[role] = named[0] if len(named) == 1 else named
    for each in choices.columns:
        if each.role not in ROLES:
            raise MappingError(f"The column {each.column!r} cannot be a {each.role!r}.")
        if each.role == "timestamp" and each.kind not in _TIMES:
            raise MappingError(
                f"The column {each.column!r} is the event's time, and its type is {each.kind}.",
                hint="Give it the type time, seconds or milliseconds.",
            )
    if choices.anonymous.strip() and not any(name in fields for name in _PEOPLE):
        fields["anonymousId"] = choices.anonymous.strip()
    if choices.type == "track" and "event" not in fields:
        if not choices.event.strip():
            raise MappingError(
                "The events have no name.", hint="Give one, or name the column that holds it."
            )
        fields["event"] = choices.event.strip().replace("{", "{{").replace("}", "}}")
    return fields


def _rule(choice: ColumnChoice) -> dict[str, Any] | None:
    """How a column's values are read; None leaves them as they are."""
    if choice.kind == "text" or (choice.role in _FIELDS and choice.role != "timestamp"):
        return None
    if choice.kind == "comma":
        return {"type": "number", "decimal": ","}
    if choice.kind in ("seconds", "milliseconds"):
        return {"type": "time", "unit": choice.kind}
    if choice.kind == "time":
        return {"type": "time", "format": choice.format, "zone": choice.zone.strip() or "UTC"}
    return {"type": choice.kind}


def _events(choices: Choices, fields: Mapping[str, Any]) -> list[dict[str, Any]]:
    traits = _members(choices.columns, "trait")
    properties = _members(choices.columns, "property")
    if choices.type in ("identify", "group"):
        own = {name: value for name, value in fields.items() if name != "event"}
        return [{"type": choices.type, **own, "traits": properties | traits}]
    own = {
        name: value for name, value in fields.items() if choices.type == "track" or name != "event"
    }
    events = [{"type": choices.type, **own, "properties": properties}]
    person = fields.get("userId") or fields.get("anonymousId")
    if traits and person:
        about = {n: v for n, v in fields.items() if n in ("userId", "anonymousId", "timestamp")}
        once = {"once": person if isinstance(person, str) else person[0]}
        events.insert(0, {"type": "identify", **about, "traits": traits} | once)
    elif traits:
        raise MappingError(
            "There are traits, and no column says whose they are.",
            hint="Give a column the part of the user's id.",
        )
    return events


def _members(columns: Sequence[ColumnChoice], role: str) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for each in columns:
        if each.role == role:
            put(members, each.name.strip() or each.column, _template(each.column))
    return members


def _template(column: str) -> str:
    return f"{{{column}}}"
