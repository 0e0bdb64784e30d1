"""A mapping is proposed by what a file's columns are named and hold, with the evidence for it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from importlib import resources
from itertools import islice
from pathlib import Path
from typing import Any, Final

import msgspec
import tomli_w

from headwater.errors import ImportFileError
from headwater.imports.events_as_sent import put
from headwater.imports.looking import Looked, look
from headwater.imports.model import FileMapping, FileRules
from headwater.imports.rewriting import records

LOOKED_AT: Final = 5_000
"""Rows that a proposal is made of."""
MOST_COLUMNS: Final = 500
_MOST_EVENT_NAMES: Final = 200


class _Names(msgspec.Struct, frozen=True):
    """What columns are called, without case, spaces and signs: of each role the best name first."""

    personal: frozenset[str]
    roles: Mapping[str, Sequence[str]]


_NAMES: Final = msgspec.toml.decode(
    resources.files("headwater.imports").joinpath("data", "columns.toml").read_bytes(), type=_Names
)
_ABSENT: Final = ("?", "N/A", "n/a", "#N/A", "NULL", "null", "\\N", "NaN", "nan")
_MOST_BLANK: Final = 5
_PEOPLE: Final = ("userId", "anonymousId", "groupId")
_OWN_IDS: Final = frozenset({"id", "recid", "recordid", "uniqueid"})
"""What the column is called that tells the rows of a file of people apart."""
_SIGNS: Final = re.compile(r"[\W_]+")


class Role(msgspec.Struct, frozen=True):
    """What a column is proposed to be: a field of the event, or "value"; and why."""

    column: Looked
    role: str
    why: str


class Proposal(msgspec.Struct, frozen=True):
    """A mapping, in its own form and as the text of a mapping file, and its evidence."""

    mapping: FileMapping
    text: str
    roles: Sequence[Role]
    rows: int
    doubts: Sequence[str]


def propose(path: Path, rules: FileRules) -> Proposal:
    """A mapping for a file, by its first LOOKED_AT rows.

    Raises ImportFileError for a file that cannot be read or has no row that can.
    """
    found = list(islice(_objects(path, rules), LOOKED_AT))
    if not found:
        raise ImportFileError(f"{path.name} has no row that can be read: nothing can be proposed.")
    rules = _with_missing(rules, found)
    columns = _columns(found, frozenset(rules.missing))
    roles = _roles(columns)
    written = _mapping(roles, path, rules)
    doubts = [f"{each.name}: {each.doubt}" for each in columns if each.doubt]
    if not any(role.role in _PEOPLE for role in roles):
        doubts.append(
            "no column says who it was, so each row is somebody of its own: give `userId` a "
            "template where one does"
        )
    doubts += [
        f"{role.column.name}: {role.column.rows - role.column.present:,} of "
        f"{role.column.rows:,} rows have none, and are rejected unless another id has a template"
        for role in roles
        if role.role in ("userId", "anonymousId") and role.column.present < role.column.rows
    ]
    return Proposal(
        msgspec.convert(written, FileMapping), tomli_w.dumps(written), roles, len(found), doubts
    )


def _objects(path: Path, rules: FileRules) -> Iterator[Mapping[str, Any]]:
    for _, record in records(path, rules):
        if not isinstance(record, str):
            yield record


def _with_missing(rules: FileRules, found: Sequence[Mapping[str, Any]]) -> FileRules:
    """The rules with the spellings of a missing value that occur."""
    if rules.missing != FileRules().missing:
        return rules
    texts = {value for record in found for value in record.values() if isinstance(value, str)}
    blank = sorted(each for each in texts if each and not each.strip())[:_MOST_BLANK]
    found_ones = [each for each in _ABSENT if each in texts]
    return msgspec.structs.replace(rules, missing=(*rules.missing, *blank, *found_ones))


def _columns(found: Sequence[Mapping[str, Any]], missing: frozenset[str]) -> list[Looked]:
    """The columns that a template can name."""
    names = list(dict.fromkeys(name for record in found for name in record))[:MOST_COLUMNS]
    return [
        look(name, [_present(record.get(name), missing) for record in found])
        for name in names
        if not set(name) & {"{", "}"}
    ]


def _present(value: Any, missing: frozenset[str]) -> Any:
    return None if isinstance(value, str) and value in missing else value


def _plain(name: str) -> str:
    return _SIGNS.sub("", name).lower()


def _roles(columns: Sequence[Looked]) -> list[Role]:
    """Each column's role; every field has one column at most."""
    chosen: dict[str, tuple[str, str]] = {}
    for field, names in _NAMES.roles.items():
        named = [c for c in columns if _plain(c.name) in names and _suits(field, c)]
        if named:
            best = min(named, key=lambda column: names.index(_plain(column.name)))
            chosen[best.name] = (field, f"named like a {field}")
    taken = {field for field, _ in chosen.values()}
    free = [column for column in columns if column.name not in chosen]
    if "timestamp" not in taken:
        time = next(
            (c for c in free if c.kind == "time" and _plain(c.name) not in _NAMES.personal), None
        )
        if time is not None:
            chosen[time.name] = ("timestamp", f"{time.fitting} of {time.present} values are times")
    if not taken & {"userId", "anonymousId"}:
        kinds = ("email", "phone")
        person = next((c for kind in kinds for c in free if c.kind == kind), None)
        if person is not None:
            chosen[person.name] = ("userId", f"no id, but every person's {person.kind}")
        elif not {field for field, _ in chosen.values()} & {"event", "timestamp", "groupId"}:
            own = next((c for c in free if _plain(c.name) in _OWN_IDS and c.is_key), None)
            if own is not None:
                chosen[own.name] = ("userId", "each row has one of its own")
    return [Role(column, *chosen.get(column.name, _value(column))) for column in columns]


def _suits(field: str, column: Looked) -> bool:
    """Whether the values can be what the name says."""
    if not column.present:
        return False
    if field == "timestamp":
        return column.kind == "time"
    if field == "event":
        return column.kind == "text" and column.distinct <= _MOST_EVENT_NAMES
    if field == "messageId":
        return column.is_key
    return column.kind not in ("json", "boolean", "time")


def _value(column: Looked) -> tuple[str, str]:
    if column.kind == "text":
        return "value", f"{column.distinct} different texts"
    return "value", f"{column.fitting} of {column.present} values are of type {column.kind}"


def _mapping(roles: Sequence[Role], path: Path, rules: FileRules) -> dict[str, Any]:
    """The mapping as a mapping file says it."""
    fields = {role.role: _template(role.column) for role in roles if role.role != "value"}
    values = [role.column for role in roles if role.role == "value"]
    file = {
        name: value
        for name, value in msgspec.to_builtins(rules).items()
        if value != msgspec.to_builtins(FileRules())[name]
    }
    written: dict[str, Any] = {"file": file} if file else {}
    if types := _types(roles):
        written["columns"] = types
    written["events"] = _events(fields, values, roles, path)
    return written


def _types(roles: Sequence[Role]) -> dict[str, Any]:
    types: dict[str, Any] = {}
    for role in roles:
        column = role.column
        if column.kind == "time":
            rule = {"type": "time", "format": column.format, "unit": column.unit}
            types[column.name] = {name: value for name, value in rule.items() if value}
        elif column.kind == "number" and column.decimal == ",":
            types[column.name] = {"type": "number", "decimal": ","}
        elif role.role == "value" and column.kind in ("integer", "number", "boolean", "json"):
            types[column.name] = column.kind
    return types


def _events(
    fields: Mapping[str, str], values: Sequence[Looked], roles: Sequence[Role], path: Path
) -> list[dict[str, Any]]:
    members: dict[str, Any] = {}
    for column in values:
        put(members, column.name, _template(column))
    person = next((role.column for role in roles if role.role == "userId"), None)
    is_of_people = "event" not in fields and person is not None and person.is_key
    if is_of_people:
        return [_identify(fields, members)]
    stem = path.name.partition(".")[0]
    event = fields.get("event") or stem.replace("_", " ").replace("-", " ").strip().title()
    if not any(field in fields for field in _PEOPLE):
        plain = stem.replace("{", "").replace("}", "")
        fields = {**fields, "anonymousId": f"{plain}-{{$row}}"}
    track: dict[str, Any] = {"type": "track", **fields, "event": event, "properties": members}
    about = {name: value for name, value in members.items() if _plain(name) in _NAMES.personal}
    if not about or person is None:
        return [track]
    once = {"once": _template(person)}
    return [_identify(fields, about) | once, track]


def _template(column: Looked) -> str:
    return f"{{{column.name}}}"


def _identify(fields: Mapping[str, str], traits: Mapping[str, Any]) -> dict[str, Any]:
    own = {name: value for name, value in fields.items() if name not in ("event", "messageId")}
    return {"type": "identify", **own, "traits": dict(traits)}
