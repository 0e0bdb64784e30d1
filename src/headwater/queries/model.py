"""A question to the warehouse and the frame of its answer."""

from collections.abc import Mapping
from enum import StrEnum
from typing import IO

import msgspec

from headwater.ports import Positions, Tally
from headwater.queries.parameters import Values


class Format(StrEnum):
    """How the rows of an answer are written."""

    JSON = "json"
    CSV = "csv"
    PARQUET = "parquet"
    ARROW = "arrow"
    """An Arrow IPC stream."""
    XLSX = "xlsx"
    """A workbook; its texts are cut at what a cell holds."""


CONTENT_TYPES: Mapping[Format, str] = {
    Format.JSON: "application/json",
    Format.CSV: "text/csv; charset=utf-8",
    Format.PARQUET: "application/vnd.apache.parquet",
    Format.ARROW: "application/vnd.apache.arrow.stream",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class Question(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One SELECT, asked of one workspace.

    `max_rows` and `timeout_seconds` may only lower what the settings allow. `query_id` is the
    asker's own name for the question, by which it can be cancelled. `parameters` are the values of
    its `{{name}}`.
    """

    sql: str
    workspace_id: str
    format: Format = Format.JSON
    max_rows: int | None = None
    timeout_seconds: float | None = None
    query_id: str = ""
    parameters: Values = msgspec.field(default_factory=dict)


class Column(msgspec.Struct, frozen=True):
    """A column of an answer: its name, unique in the answer, and its type in the warehouse."""

    name: str
    type: str


class Answer(msgspec.Struct, frozen=True):
    """What is known of an answer beside its rows, which are written in the asked format.

    `total` is the number of rows given; `truncated` says that there are more.
    """

    columns: tuple[Column, ...]
    total: int
    truncated: bool
    format: Format


class Spooled(msgspec.Struct, frozen=True):
    """A whole answer: what it is, and its bytes, to be read from where they stand and closed."""

    answer: Answer
    body: IO[bytes]


class Cancel(msgspec.Struct, frozen=True, rename="camel"):
    """Asks to stop the question that was given this id."""

    query_id: str


class Export(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Which stored events to export: received in [since, until) (microseconds), of one source."""

    workspace_id: str
    since: int | None = None
    until: int | None = None
    source: str | None = None


class Repair(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Asks to give a column another type and to fill it again from the events' JSON.

    `table` is `schema.table`, `type` a type as the warehouse names it.
    """

    workspace_id: str
    table: str
    column: str
    type: str


class LoaderLedger(msgspec.Struct, frozen=True):
    """What the loader had counted at one moment, and how far it had read, by stream."""

    positions: Mapping[str, Positions]
    tallies: tuple[Tally, ...]


class TableInfo(msgspec.Struct, frozen=True, omit_defaults=True):
    """A table or view of a workspace, as a question can name it.

    `paths` are of an event view: those into its JSON that are known, such as
    `properties.product.sku`, with the types of their values.
    """

    schema: str
    name: str
    columns: tuple[Column, ...]
    paths: tuple[Column, ...] = ()


TOTAL_HEADER = "X-Headwater-Total"
TRUNCATED_HEADER = "X-Headwater-Truncated"


def unique_names(names: list[str]) -> list[str]:
    """The names with `_1`, `_2`, … after those that already occurred (in any letter case).

    >>> unique_names(["a", "A", "a_1", "b"])
    ['a', 'A_1', 'a_1_1', 'b']
    """
    taken: set[str] = set()
    unique: list[str] = []
    for name in names:
        candidate, number = name, 0
        while candidate.lower() in taken:
            number += 1
            candidate = f"{name}_{number}"
        taken.add(candidate.lower())
        unique.append(candidate)
    return unique
