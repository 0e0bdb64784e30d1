"""The seam to the engine that holds the data, and the tables that it has."""

from collections.abc import Mapping
from typing import Any, Final, Protocol

from headwater.analytics.lazily import ibis

Tables = Mapping[str, Mapping[str, str]]
"""By table, the columns that an analysis can use, with their Ibis types."""


class Engine(Protocol):
    """What answers expressions. Raises QueryError and its kinds, and UnavailableError."""

    def tables(self) -> Tables:
        """What there is, under the names that a question uses."""
        ...

    def rows(self, expression: Any) -> list[dict[str, Any]]:
        """The answer to an expression."""
        ...


TYPES: Final[Mapping[str, str]] = {
    "VARCHAR": "string",
    "TEXT": "string",
    "BOOLEAN": "boolean",
    "TINYINT": "int8",
    "SMALLINT": "int16",
    "INTEGER": "int32",
    "BIGINT": "int64",
    "HUGEINT": "float64",
    "FLOAT": "float32",
    "DOUBLE": "float64",
    "DOUBLE PRECISION": "float64",
    "TIMESTAMP": "timestamp(6)",
    "DATE": "date",
}
"""Ibis's types of the warehouse's; a column of another type is not used."""


def compiled(expression: Any, dialect: str) -> str:
    """The SQL of an expression: one SELECT over unqualified names."""
    return str(ibis.to_sql(expression, dialect=dialect))
