"""An upload: a file on its way to be events, and what was found out about it."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from headwater.imports.model import FileMapping, FileRules

LARGEST_PIECE: Final = 8_388_608
"""Bytes of a file that one call brings."""
MOST_UPLOADS: Final = 200
"""Of a workspace, at the same time."""
SHOWN_ROWS: Final = 10
SHOWN_EVENTS: Final = 6
TRIED_ROWS: Final = 1_000
"""Rows that a mapping is tried with."""

Kind = Literal[
    "text", "integer", "number", "comma", "boolean", "time", "seconds", "milliseconds", "json"
]
"""A type of a column as one choice: `comma` is a number with a comma before its fraction; seconds
and milliseconds are times, since 1970."""
ROLES: Final = (
    *("property", "trait", "skip", "userId", "anonymousId", "groupId", "event", "timestamp"),
    *("messageId", "name", "category", "previousId"),
)


class State(StrEnum):
    """How far an upload is."""

    RECEIVING = "receiving"
    READY = "ready"
    """All of the file is here: it can be looked at and imported."""
    IMPORTING = "importing"
    FINISHED = "finished"
    CANCELLED = "cancelled"
    FAILED = "failed"


class ColumnChoice(msgspec.Struct, frozen=True, kw_only=True):
    """What a column of the file is to be. `name` is the property's or trait's; empty, as it is."""

    column: Annotated[str, Meta(max_length=1000)]
    role: Annotated[str, Meta(max_length=20)] = "property"
    name: Annotated[str, Meta(max_length=1000)] = ""
    kind: Kind = "text"
    format: Annotated[str, Meta(max_length=100)] = ""
    zone: Annotated[str, Meta(max_length=100)] = "UTC"


class Choices(msgspec.Struct, frozen=True, kw_only=True):
    """What the rows of a file are to be, as a form says it. `as_sent`: they are events already."""

    as_sent: bool = False
    type: Literal["track", "identify", "page", "screen", "group", "alias"] = "track"
    event: Annotated[str, Meta(max_length=500)] = ""
    anonymous: Annotated[str, Meta(max_length=500)] = ""
    """The anonymous id of each row, a template, where no column says who it was."""
    columns: Sequence[ColumnChoice] = ()


class Upload(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A file that was sent, or is being sent."""

    id: str
    workspace_id: str
    source_id: str
    by: str
    """Who sends it, as in the audit trail."""
    file: str
    size: int
    created_at: int
    state: State = State.RECEIVING
    file_rules: FileRules = FileRules()
    choices: Choices | None = None
    mapping: FileMapping | None = None
    """What it is imported by; None takes its rows as events."""
    run_id: str = ""
    """The import (see imports.record) that it became."""
    started_at: int = 0
    message: str = ""


class FoundColumn(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A column as it was found, and what is proposed for it."""

    name: str
    kind: str
    present: int
    distinct: int
    examples: Sequence[str]
    role: str
    why: str
    doubt: str = ""


class FoundProblem(msgspec.Struct, frozen=True):
    """A row that cannot be used."""

    line: int
    reason: str
    row: str


class Found(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What a file is: its format and encoding, its first rows, and the mapping proposed for it."""

    format: str
    encoding: str = ""
    members: Sequence[str] = ()
    """The files of a zip that holds several."""
    sheets: Sequence[str] = ()
    file_rules: FileRules = FileRules()
    rows_seen: int = 0
    columns: Sequence[FoundColumn] = ()
    rows: Sequence[Mapping[str, Any]] = ()
    problems: Sequence[FoundProblem] = ()
    doubts: Sequence[str] = ()
    mapping: FileMapping | None = None
    choices: Choices = Choices()


class Tried(msgspec.Struct, frozen=True, kw_only=True):
    """What the first rows become by a mapping."""

    rows: int
    events: int
    rejected: int
    skipped: int
    shown: Sequence[Mapping[str, Any]] = ()
    problems: Sequence[FoundProblem] = ()
