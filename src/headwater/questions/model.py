"""What is remembered of questions in SQL."""

from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

LONGEST_NAME: Final = 200
LONGEST_DESCRIPTION: Final = 2_000
LONGEST_SQL: Final = 100_000
MOST_ASKED: Final = 200
"""So many questions of one person are remembered."""

MOST_SAVED: Final = 2_000
"""So many a workspace may keep."""


class Asked(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A question that somebody asked: `rows` is None and `error` says why where it failed."""

    id: str
    at: int
    sql: str
    milliseconds: int
    rows: int | None = None
    truncated: bool = False
    error: str = ""


ColumnName = Annotated[str, Meta(max_length=1_000)]


class Chart(msgspec.Struct, frozen=True, kw_only=True):
    """How an answer is drawn: a column across, one of numbers up, and one that makes series.

    `view` says whether the chart or the table is shown first.
    """

    kind: Literal["line", "area", "bar", "dots", "pie"] = "bar"
    x: ColumnName = ""
    y: ColumnName = ""
    series: ColumnName = ""
    view: Literal["chart", "table"] = "chart"


class Saved(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A question kept under a name, for everybody in the workspace who may ask.

    `chart` is how it is drawn, None where nobody chose. `created_by` is an actor; the names are
    what people know them by.
    """

    id: str
    name: str
    description: str
    sql: str
    created_at: int
    created_by: str
    created_by_name: str
    updated_at: int
    updated_by_name: str
    chart: Chart | None = None
