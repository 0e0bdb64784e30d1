"""The second look at a question: the tree that DuckDB's own parser makes of it.

The first look (guard) reads the text with another parser; where the two should ever disagree,
this one, of the program that will run the text, decides. Its input is what `json_serialize_sql`
returns.
"""

from collections.abc import Collection, Iterator
from typing import Any

import msgspec

from headwater.errors import QueryRefusedError
from headwater.queries.functions import TABLE_FUNCTIONS, hint_for, is_allowed

TableName = tuple[str, str, str]
"""Catalog, schema and name in lower case; the first two may be empty."""

FORBIDDEN_SCHEMAS = frozenset({"_headwater", "pg_catalog", "system", "temp"})
INFORMATION_SCHEMA = frozenset({"tables", "columns"})


_QUERIES = frozenset({"SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE"})
_SOURCES = frozenset(
    {
        "BASE_TABLE",
        "EMPTY",
        "EMPTY_FROM",
        "EXPRESSION_LIST",
        "JOIN",
        "PIVOT",
        "SHOW_REF",
        "SUBQUERY",
        "TABLE_FUNCTION",
    }
)


def refuse(what: str, hint: str) -> QueryRefusedError:
    """The error of a question that may not be asked."""
    return QueryRefusedError(f"This question cannot be asked: {what}.", hint=hint)


def check_tree(serialized: str, *, granted: Collection[TableName] = ()) -> None:
    """Refuse a question whose tree reaches outside the workspace's tables.

    `serialized` is json_serialize_sql's answer; `granted` are internal tables that resolution
    itself put in. Raises QueryRefusedError.
    """
    try:
        tree = msgspec.json.decode(serialized)
    except (msgspec.DecodeError, RecursionError):
        raise refuse("it is nested too deeply", "Split it into common table expressions.") from None
    if tree.get("error"):
        raise _parse_error(tree)
    if len(tree["statements"]) != 1:
        raise refuse("it holds several statements", "Ask one SELECT at a time.")
    for node in _objects(tree["statements"][0]):
        _check(node, frozenset(granted))


def tables_of(serialized: str) -> frozenset[TableName]:
    """The tables that a serialized SELECT names."""
    tree = msgspec.json.decode(serialized)
    return frozenset(_table(n) for n in _objects(tree) if n.get("type") == "BASE_TABLE")


def _parse_error(tree: dict[str, Any]) -> QueryRefusedError:
    message = str(tree.get("error_message", ""))
    if "Only SELECT" in message:
        return refuse(
            "only one SELECT may be asked",
            "Start with SELECT or WITH; a PIVOT needs its values listed with IN (...).",
        )
    return refuse(f"it does not parse: {message}", "Check the SQL near that place.")


def _objects(node: Any) -> Iterator[dict[str, Any]]:
    waiting = [node]
    while waiting:
        at = waiting.pop()
        if isinstance(at, dict):
            yield at
            waiting.extend(at.values())
        elif isinstance(at, list):
            waiting.extend(at)


def _table(node: dict[str, Any]) -> TableName:
    parts = (node.get("catalog_name"), node.get("schema_name"), node.get("table_name"))
    catalog, schema, name = (str(part or "").lower() for part in parts)
    return catalog, schema, name


def _check(node: dict[str, Any], granted: frozenset[TableName]) -> None:
    kind = node.get("type")
    _check_kind(node, str(kind or ""))
    if kind == "BASE_TABLE":
        table = _table(node)
        if table not in granted:
            _check_table(table)
    elif kind == "SHOW_REF":
        if node.get("query") is None:
            raise refuse("only SHOW TABLES may be shown", "SHOW TABLES lists what can be asked.")
    elif kind == "TABLE_FUNCTION":
        name = str(node["function"].get("function_name", ""))
        if name.lower() not in TABLE_FUNCTIONS:
            raise refuse(f"{name}(…) may not stand in FROM", hint_for(name))
    elif "function_name" in node:
        name = str(node["function_name"])
        if not is_allowed(name) and name.lower() not in TABLE_FUNCTIONS:
            raise refuse(f"the function {name} is not allowed", hint_for(name))
    elif kind == "VALUE_PARAMETER":
        raise refuse("it has a parameter without a value", "Write the value in its place.")


def _check_kind(node: dict[str, Any], kind: str) -> None:
    """Only queries that read, and only the sources known here, may be in the tree."""
    if kind.endswith("_NODE") and kind not in _QUERIES:
        word = kind.removesuffix("_NODE").removesuffix("_QUERY").lower()
        raise refuse(f"its {word} is not a SELECT", "Ask one SELECT.")
    if "sample" in node and "alias" in node and kind not in _SOURCES:
        raise refuse(f"a {kind.lower()} may not stand in FROM", "Name tables and views.")


def _check_table(table: TableName) -> None:
    catalog, schema, name = table
    if catalog:
        raise refuse(
            f"{catalog}.{schema}.{name} names another database",
            "Name a table as schema.table or by its name alone.",
        )
    if schema in FORBIDDEN_SCHEMAS:
        raise refuse(f"the schema {schema} is internal", "SHOW TABLES lists what can be asked.")
    if schema == "information_schema" and name not in INFORMATION_SCHEMA:
        raise refuse(
            f"information_schema.{name} is not open", "Ask information_schema.tables or .columns."
        )
    if not schema and any(letter in name for letter in "./\\:*?"):
        raise refuse(f"{name} would be a file", "Import the file first: headwater import FILE.")
    if not schema and name.startswith(("duckdb_", "pragma_", "sqlite_", "pg_")):
        raise refuse(f"{name} is internal", "SHOW TABLES lists what can be asked.")
