"""What an uploaded file is, what its first rows are, and what they become by a mapping."""

from collections.abc import Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any, Final

import msgspec

from headwater.errors import ImportFileError
from headwater.imports.converting import FileEvents
from headwater.imports.model import FileMapping, FileRules, Row
from headwater.imports.proposing import LOOKED_AT, Proposal, propose
from headwater.imports.rejects import writable
from headwater.imports.rewriting import records
from headwater.imports.telling import encoding_told, format_told, members_of, sheets_of
from headwater.spec import EVENT_TYPES
from headwater.uploads.choices import choices_of
from headwater.uploads.model import (
    SHOWN_EVENTS,
    SHOWN_ROWS,
    TRIED_ROWS,
    Choices,
    Found,
    FoundColumn,
    FoundProblem,
    Tried,
)

_MOST_PROBLEMS: Final = 20
_LONGEST: Final = 500
_OBJECTS: Final = ("json", "jsonl")


def find(path: Path, rules: FileRules) -> Found:
    """Look at a file. Raises ImportFileError for what cannot be read."""
    members = members_of(path)
    if len(members) > 1 and not rules.member:
        return Found(format="", members=members, file_rules=rules)
    kind = format_told(path, rules)
    settled = msgspec.structs.replace(rules, format=kind)
    rows, problems = _first(path, settled)
    as_sent = kind in _OBJECTS and bool(rows) and all(map(_is_event, rows))
    found = Found(
        format=kind,
        encoding=encoding_told(path, rules, kind),
        members=members,
        sheets=sheets_of(path) if kind == "xlsx" else (),
        file_rules=settled,
        rows_seen=len(rows),
        rows=[_short(each) for each in rows[:SHOWN_ROWS]],
        problems=problems,
        choices=Choices(as_sent=as_sent),
    )
    try:
        proposal = propose(path, settled)
    except ImportFileError:
        if not problems:
            raise
        return found
    return _with(found, proposal, as_sent=as_sent)


def _first(path: Path, rules: FileRules) -> tuple[list[dict[str, Any]], list[FoundProblem]]:
    rows: list[dict[str, Any]] = []
    problems: list[FoundProblem] = []
    for row, record in islice(records(path, rules), LOOKED_AT):
        if isinstance(record, str):
            _keep(problems, row, record)
        else:
            rows.append(dict(record))
    return rows, problems


def _with(found: Found, proposal: Proposal, *, as_sent: bool) -> Found:
    columns = [
        FoundColumn(
            name=role.column.name,
            kind=role.column.kind,
            present=role.column.present,
            distinct=role.column.distinct,
            examples=[each[:100] for each in role.column.examples],
            role=role.role,
            why=role.why,
            doubt=role.column.doubt,
        )
        for role in proposal.roles
    ]
    choices = msgspec.structs.replace(choices_of(proposal), as_sent=as_sent)
    return msgspec.structs.replace(
        found,
        file_rules=proposal.mapping.file,
        columns=columns,
        doubts=list(proposal.doubts),
        mapping=None if as_sent else proposal.mapping,
        choices=choices,
    )


def _is_event(record: dict[str, Any]) -> bool:
    """Whether it is an object of Segment's shape."""
    if isinstance(record.get("batch"), list):
        return True
    has_person = any(record.get(name) for name in ("userId", "anonymousId", "groupId"))
    named = record.get("type") in EVENT_TYPES or isinstance(record.get("event"), str)
    return has_person and (named or isinstance(record.get("traits"), dict))


class _EnoughError(Exception):
    """As many rows were tried as are."""


def try_out(path: Path, mapping: FileMapping | None, rules: FileRules) -> Tried:
    """What the first rows become. Raises ImportFileError and MappingError."""
    shown: list[Any] = []
    problems: list[FoundProblem] = []

    def reject(row: Row, reason: str) -> None:
        _keep(problems, row, reason)
        if row.number >= TRIED_ROWS:
            raise _EnoughError

    with FileEvents(path, mapping, rules, "preview", reject) as events, suppress(_EnoughError):
        for event in events:
            if len(shown) < SHOWN_EVENTS:
                shown.append(_short(msgspec.json.decode(event.body)))
            if events.account.rows >= TRIED_ROWS:
                break
    account = events.account
    return Tried(
        rows=account.rows,
        events=account.events,
        rejected=account.rejected,
        skipped=account.skipped.total(),
        shown=shown,
        problems=problems,
    )


def _keep(problems: list[FoundProblem], row: Row, reason: str) -> None:
    if len(problems) < _MOST_PROBLEMS:
        problems.append(FoundProblem(row.line, writable(reason), writable(row.raw)[:_LONGEST]))


def _short(value: Any) -> Any:
    """A value whose texts and lists are as long as people look at them."""
    if isinstance(value, str):
        return value if len(value) <= _LONGEST else value[:_LONGEST] + "…"
    if isinstance(value, dict):
        return {name: _short(each) for name, each in value.items()}
    if isinstance(value, Sequence):
        return [_short(each) for each in value[:100]]
    return value
