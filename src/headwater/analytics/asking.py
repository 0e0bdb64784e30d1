"""Asking the warehouse: an expression becomes one guarded question, its answer rows."""

from collections.abc import Callable, Coroutine, Sequence
from decimal import Decimal
from typing import Any, Final

import pyarrow as pa

from headwater.analytics import lazily
from headwater.analytics.engine import TYPES, Tables, compiled
from headwater.errors import QueryLimitError
from headwater.queries.model import TRUNCATED_HEADER, Format, Question, TableInfo
from headwater.queries.remote import RemoteWarehouse

Wait = Callable[[Callable[[], Coroutine[Any, Any, Any]]], Any]
"""Runs something asynchronous from the thread that an analysis works in, and waits for it."""

_DIALECT: Final = "duckdb"
_SCHEMA: Final = "main"
_OWN_SHAPE: Final = "messageId"
_NUMBERS: Final = frozenset(("int8", "int16", "int32", "int64", "float32", "float64"))


class WarehouseEngine:
    """The warehouse of a workspace, for an analysis that works in a thread."""

    def __init__(self, warehouse: RemoteWarehouse, workspace_id: str, wait: Wait) -> None:
        lazily.load()
        self._warehouse = warehouse
        self._workspace_id = workspace_id
        self._wait = wait
        self.asked: list[str] = []
        """The questions, as they were asked."""

    def tables(self) -> Tables:
        return tables_of(self._wait(lambda: self._warehouse.tables(self._workspace_id)))

    def rows(self, expression: Any) -> list[dict[str, Any]]:
        sql = compiled(expression, _DIALECT)
        self.asked.append(sql)
        return rows_of(self._wait(lambda: self._answer(sql)))

    async def _answer(self, sql: str) -> bytes:
        question = Question(sql=sql, workspace_id=self._workspace_id, format=Format.ARROW)
        async with self._warehouse.query(question) as response:
            if response.headers.get(TRUNCATED_HEADER) == "true":
                raise QueryLimitError(
                    "The analysis meets more different rows than a question may answer.",
                    hint="Take a shorter period, or raise query_max_rows.",
                )
            return await response.aread()


def tables_of(found: Sequence[TableInfo]) -> Tables:
    """The tables of all sources together, and each source's own as `slug.table`, with the columns
    that an analysis can use.

    A view by an event's name shows the event's own shape, but has the columns of the event's
    tables in all sources too.
    """
    united: dict[str, dict[str, str]] = {}
    for table in found:
        if table.schema != _SCHEMA:
            held = united.setdefault(table.name, {})
            for column in table.columns:
                if column.type in TYPES:
                    kind = TYPES[column.type]
                    held[column.name] = _common(held.get(column.name, kind), kind)
    return {
        table.name if table.schema == _SCHEMA else f"{table.schema}.{table.name}": united.get(
            table.name, {}
        )
        if table.schema == _SCHEMA and any(each.name == _OWN_SHAPE for each in table.columns)
        else {column.name: TYPES[column.type] for column in table.columns if column.type in TYPES}
        for table in found
    }


def _common(one: str, other: str) -> str:
    """The type that holds the values of both."""
    if one == other:
        return one
    return "float64" if {one, other} <= _NUMBERS else "string"


def rows_of(stream: bytes) -> list[dict[str, Any]]:
    """The rows of an Arrow stream; a sum of whole numbers, which is a decimal there, is whole."""
    with pa.ipc.open_stream(stream) as reader:
        rows: list[dict[str, Any]] = reader.read_all().to_pylist()
    return [{name: _plain(value) for name, value in row.items()} for row in rows]


def _plain(value: Any) -> Any:
    if not isinstance(value, Decimal):
        return value
    return int(value) if value == value.to_integral_value() else float(value)
