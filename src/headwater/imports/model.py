"""What an import is made of: the mapping, a row of a file, and what became of it."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, Literal, NamedTuple

import msgspec
from msgspec import Meta

FORMATS: Final = ("csv", "json", "jsonl", "xml", "parquet", "xlsx")

Event = dict[str, Any]
Matcher = str | int | float | bool | list[Any] | dict[str, Any]
Condition = dict[str, Matcher]
Alternatives = str | list[str]


class FileRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the file is written. What is empty is found out from the file."""

    format: Literal["", "csv", "json", "jsonl", "xml", "parquet", "xlsx"] = ""
    delimiter: Annotated[str, Meta(max_length=1)] = ""
    encoding: str = ""
    member: str = ""
    """Which file of a zip, where it holds several."""
    sheet: str = ""
    """Which sheet of a workbook; by default the first."""
    rows: str = ""
    """The name of the XML elements that are rows; by default those directly in the outermost."""
    columns: tuple[str, ...] = ()
    """The columns' names, for a CSV file or a sheet without a header line."""
    missing: tuple[str, ...] = ("",)
    """The spellings of a missing value, in every column."""
    short_rows: Literal["reject", "pad"] = "reject"
    """Whether a row with fewer fields than columns is rejected, or its last values are missing."""


class ColumnRule(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"source": "from"}
):
    """The type of a column's values, or how a new column is made from others.

    A new column takes its value from another one (`from`), from a template, or from a product or
    a sum of columns and numbers; `values` then translates it, and `type` reads it.
    """

    type: Literal["text", "integer", "number", "boolean", "time", "json"] = "text"
    source: str = ""
    template: str = ""
    product: tuple[str | int | float, ...] = ()
    sum: tuple[str | int | float, ...] = ()
    values: dict[str, str | int | float | bool] = {}
    otherwise: str | int | float | bool | None = None
    """What a value becomes that `values` does not list; absent, its row is rejected."""
    missing: tuple[str, ...] | None = None
    when: Condition | list[Condition] | None = None
    """The value is missing in rows for which these conditions do not hold."""
    strip: bool = False
    decimal: Literal[".", ","] = "."
    round: Annotated[int, Meta(ge=0, le=15)] | None = None
    format: str = ""
    """Of a time: Python's strptime directives; empty reads ISO 8601."""
    zone: str = "UTC"
    """Of a time: the zone of texts that do not name one."""
    zones: dict[str, str] = {}
    """Of a time: what short names of zones mean in this column, such as CST."""
    twice: Literal["first", "second", "reject"] = "first"
    """Of a local time that its zone has twice, or never (as clocks are changed): which is meant.
    What never was is read as if the clocks had not been changed yet, or already."""
    unit: Literal["", "milliseconds", "seconds", "minutes", "hours", "days", "weeks"] = ""
    """Of a time: the value is a number of these since `since`."""
    since: str = "1970-01-01"


class RowRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Rows that make no event, and why."""

    when: Condition | list[Condition]
    reason: str


class EventRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """One event that a row (or a group of rows) makes. Texts are templates: `"{Column}"`."""

    type: Literal["identify", "track", "page", "screen", "group", "alias"] = "track"
    event: str = ""
    name: str = ""
    category: str = ""
    user_id: Alternatives = ""
    anonymous_id: Alternatives = ""
    group_id: str = ""
    previous_id: str = ""
    message_id: str = ""
    timestamp: Alternatives = ""
    when: Condition | list[Condition] = {}
    once: str = ""
    """Only the first row of each value of this template makes the event."""
    group: str = ""
    """Rows with the same value of this template make one event together."""
    group_rows: Annotated[int, Meta(ge=1)] = 1000
    """A group is whole when none of this many rows belonged to it."""
    each: dict[str, dict[str, Any]] = {}
    """Arrays of a group's properties: an object for each of its rows."""
    total: dict[str, str] = {}
    """Sums of a group's properties: the column whose values are added."""
    properties: dict[str, Any] = {}
    traits: dict[str, Any] = {}
    context: dict[str, Any] = {}
    integrations: dict[str, Any] = {}


class FileMapping(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A mapping file: how the rows of a file become events."""

    file: FileRules = FileRules()
    columns: dict[str, str | ColumnRule] = {}
    skip: tuple[RowRule, ...] = ()
    reject: tuple[RowRule, ...] = ()
    events: tuple[EventRule, ...] = ()


class Row(NamedTuple):
    """One row of a file. `problem` says why it cannot be read, where it cannot."""

    number: int
    """From 1, without the header line and blank lines."""
    line: int
    """The line of the file that it begins on, from 1."""
    raw: str
    fields: Sequence[str]
    """The values of a CSV row; empty for all others, whose value is in `raw` as JSON."""
    problem: str = ""


class Made(NamedTuple):
    """An event that a row made. Row number and ordinal tell it from all others of the file."""

    row: int
    line: int
    ordinal: int
    event: Mapping[str, Any]


class RowRejectedError(Exception):
    """The row makes no event, and should have: why."""


class RowSkippedError(Exception):
    """The row makes no event on purpose: by which rule."""
