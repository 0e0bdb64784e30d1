"""What a question may reach, as both looks at it (guard and tree) hold it to."""

from typing import Final

from headwater.errors import QueryRefusedError
from headwater.queries.functions import hint_for, is_allowed

TableName = tuple[str, str, str]
"""Catalog, schema and name in lower case; the first two may be empty."""

_FORBIDDEN_SCHEMAS: Final = frozenset({"_headwater", "pg_catalog", "system", "temp"})
_INFORMATION_SCHEMA: Final = frozenset({"tables", "columns"})
_INTERNAL_PREFIXES: Final = ("duckdb_", "pragma_", "sqlite_", "pg_")
_FILE_LETTERS: Final = frozenset("./\\:*?")
_FILE_FUNCTIONS: Final = ("read_", "glob", "parquet_", "sniff_")
_LISTED: Final = "SHOW TABLES lists what can be asked."


def refuse(what: str, hint: str) -> QueryRefusedError:
    """The error of a question that may not be asked."""
    return QueryRefusedError(f"This question cannot be asked: {what}.", hint=hint)


def too_deep() -> QueryRefusedError:
    return refuse("it is nested too deeply", "Split it into common table expressions.")


def several_statements() -> QueryRefusedError:
    return refuse("it holds several statements", "Ask one SELECT at a time.")


def without_value() -> QueryRefusedError:
    return refuse("it has a parameter without a value", "Write the value in its place.")


def only_tables_shown() -> QueryRefusedError:
    return refuse("only SHOW TABLES may be shown", _LISTED)


def unparsed(message: str) -> QueryRefusedError:
    return refuse(f"it does not parse: {message}", "Check the SQL near that place.")


def not_in_from(function: str) -> QueryRefusedError:
    hint = (
        "Files are imported first: headwater import FILE."
        if function.lower().startswith(_FILE_FUNCTIONS)
        else hint_for(function)
    )
    return refuse(f"{function}(…) may not stand in FROM", hint)


def check_function(name: str) -> None:
    """Refuse an expression's function that is not one of those that compute on values."""
    if not is_allowed(name):
        raise refuse(f"the function {name} is not allowed", hint_for(name))


def check_table(table: TableName) -> None:
    """Refuse a name that reaches outside the workspace's tables."""
    catalog, schema, name = table
    if catalog:
        raise refuse(
            f"{catalog}.{schema}.{name} names another database",
            "Name a table as schema.table or by its name alone.",
        )
    if schema in _FORBIDDEN_SCHEMAS:
        raise refuse(f"the schema {schema} is internal", _LISTED)
    if schema == "information_schema" and name not in _INFORMATION_SCHEMA:
        raise refuse(
            f"information_schema.{name} is not open", "Ask information_schema.tables or .columns."
        )
    if not schema and name.startswith(_INTERNAL_PREFIXES):
        raise refuse(f"{name} is internal", _LISTED)
    if _FILE_LETTERS & set(name):
        raise refuse(f"'{name}' is a file", "Import it first (headwater import FILE), then ask.")
