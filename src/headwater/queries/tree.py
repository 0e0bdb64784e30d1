"""The second look at a question: the tree that DuckDB's own parser makes of it.

The first look (guard) reads the text with another parser; where the two should ever disagree,
this one, of the program that will run the text, decides. Its input is what `json_serialize_sql`
returns.
"""

from collections.abc import Collection, Iterator
from typing import Any

import msgspec

from headwater.errors import QueryRefusedError
from headwater.queries.functions import TABLE_FUNCTIONS
from headwater.queries.rules import (
    TableName,
    check_function,
    check_table,
    not_in_from,
    only_tables_shown,
    refuse,
    several_statements,
    too_deep,
    without_value,
)

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


def check_tree(serialized: str, *, granted: Collection[TableName] = ()) -> None:
    """Refuse a question whose tree reaches outside the workspace's tables.

    `serialized` is json_serialize_sql's answer; `granted` are internal tables that resolution
    itself put in. Raises QueryRefusedError.
    """
    try:
        tree = msgspec.json.decode(serialized)
    except (msgspec.DecodeError, RecursionError):
        raise too_deep() from None
    if tree.get("error"):
        raise _parse_error(tree)
    if len(tree["statements"]) != 1:
        raise several_statements()
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
            check_table(table)
    elif kind == "SHOW_REF":
        if node.get("query") is None:
            raise only_tables_shown()
    elif kind == "TABLE_FUNCTION":
        name = str(node["function"].get("function_name", ""))
        if name.lower() not in TABLE_FUNCTIONS:
            raise not_in_from(name)
    elif "function_name" in node:
        name = str(node["function_name"])
        if name.lower() not in TABLE_FUNCTIONS:
            check_function(name)
    elif kind == "VALUE_PARAMETER":
        raise without_value()


def _check_kind(node: dict[str, Any], kind: str) -> None:
    """Only queries that read, and only the sources known here, may be in the tree."""
    if kind.endswith("_NODE") and kind not in _QUERIES:
        word = kind.removesuffix("_NODE").removesuffix("_QUERY").lower()
        raise refuse(f"its {word} is not a SELECT", "Ask one SELECT.")
    if "sample" in node and "alias" in node and kind not in _SOURCES:
        raise refuse(f"a {kind.lower()} may not stand in FROM", "Name tables and views.")
