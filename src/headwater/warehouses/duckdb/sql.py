"""Names and types as DuckDB writes them."""

from collections.abc import Mapping
from typing import Final

from headwater.loading.model import ColumnType, TableKey

TYPES: Final[Mapping[ColumnType, str]] = {
    ColumnType.TEXT: "VARCHAR",
    ColumnType.INTEGER: "BIGINT",
    ColumnType.FLOAT: "DOUBLE",
    ColumnType.BOOLEAN: "BOOLEAN",
    ColumnType.TIME: "TIMESTAMP",
    ColumnType.JSON: "JSON",
}


def quoted(name: str) -> str:
    """A name as SQL writes it, whatever it holds."""
    return '"' + name.replace('"', '""') + '"'


def text(value: str) -> str:
    """A text as SQL writes it."""
    return "'" + value.replace("'", "''") + "'"


def table_name(key: TableKey) -> str:
    """A table's name with its schema."""
    return f"{quoted(key.schema)}.{quoted(key.table)}"
