"""Reads the rows of a query, a piece at a time, from a database that it cannot change."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, Protocol

from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL, Engine, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from headwater.errors import PullError
from headwater.imports.definition_file import resolved
from headwater.pulls.definition import Query, engine_of

AT_ONCE: Final = 2_000
LAST: Final = "headwater_last"
"""The parameter that stands for the cursor's last value."""
_DRIVERS: Final[Mapping[str, str]] = {
    "postgresql": "postgresql+pg8000",
    "postgres": "postgresql+pg8000",
    "mysql": "mysql+pymysql",
    "mariadb": "mysql+pymysql",
    "sqlite": "sqlite",
}
Found = Mapping[str, Any]
"""A row: names and values as the driver gives them."""


class Reader(Protocol):
    """An open database."""

    def pieces(self, statement: str, values: Mapping[str, Any]) -> Iterator[Sequence[Found]]:
        """The rows of a statement, AT_ONCE together. Raises PullError."""
        ...


@contextmanager
def opened(url: str, secrets: Mapping[str, str] | None = None) -> Iterator[Reader]:
    """The database at an address (see `Query.url`). Raises PullError where it cannot be opened.

    `${NAME}` in the address is one of the secrets, or of the environment's variables.
    """
    kind = engine_of(url)
    address = resolved(url, "pull.url", PullError, secrets)
    if kind == "duckdb":
        with _opened_duckdb(address) as reader:
            yield reader
        return
    engine = _engine(kind, address)
    try:
        yield _SqlReader(engine, kind)
    finally:
        engine.dispose()


def statement(query: Query, *, is_first: bool) -> str:
    """The query; where it has a cursor, from its last value (the parameter LAST) on, sorted."""
    inner = query.query.strip().rstrip(";")
    if not query.cursor:
        return inner
    quote = "`" if engine_of(query.url) in ("mysql", "mariadb") else '"'
    column = quote + query.cursor.replace(quote, quote * 2) + quote
    # What has no cursor yet would never be read again, and is told from nothing: left out.
    where = f"{column} IS NOT NULL" if is_first else f"{column} >= :{LAST}"
    return f"SELECT * FROM (\n{inner}\n) AS pulled WHERE {where} ORDER BY {column}"


def before(value: Any, seconds: float) -> Any:
    """A cursor's value so many seconds earlier. Raises PullError for one that is no time."""
    if not seconds:
        return value
    if isinstance(value, datetime):
        return value - timedelta(seconds=seconds)
    try:  # as SQLite keeps times
        earlier = datetime.fromisoformat(value) - timedelta(seconds=seconds)
    except (TypeError, ValueError):
        raise PullError(
            f"`pull.overlap_seconds` needs a cursor that is a time, and it is {value!r}."
        ) from None
    return earlier.isoformat(sep=value[10:11] or "T")


def _engine(kind: str, address: str) -> Engine:
    try:
        url = make_url(address).set(drivername=_DRIVERS[kind])
        if kind == "sqlite":
            return create_engine(_sqlite_url(url))
        options = {"isolation_level": "REPEATABLE READ"} if kind.startswith("postgres") else {}
        return create_engine(url, **options)
    except (ArgumentError, NoSuchModuleError, ValueError) as error:
        raise PullError(f"`pull.url` cannot be used: {error}.") from None
    except ModuleNotFoundError as error:
        raise PullError(
            f"Reading {kind} needs the Python package {error.name}.",
            hint="Install it with: pip install 'headwater[databases]'",
        ) from None


def _sqlite_url(url: URL) -> URL:
    path = Path(url.database or "")
    if not path.is_file():
        raise PullError(f"There is no database file {path}.")
    return url.set(database=f"file:{path}", query={"mode": "ro", "uri": "true"})


class _SqlReader:
    def __init__(self, engine: Engine, kind: str) -> None:
        self._engine = engine
        self._kind = kind

    def pieces(self, statement: str, values: Mapping[str, Any]) -> Iterator[Sequence[Found]]:
        # A colon that stands for itself (a cast, a time) is no parameter.
        written = statement.replace(":", r"\:").replace(rf"\:{LAST}", f":{LAST}")
        options: dict[str, Any] = {"stream_results": True, "yield_per": AT_ONCE}
        if self._kind.startswith("postgres"):
            options["postgresql_readonly"] = True
        try:
            with self._engine.connect().execution_options(**options) as connection:
                if self._kind in ("mysql", "mariadb"):
                    connection.execute(text("SET TRANSACTION READ ONLY"))
                result = connection.execute(text(written), dict(values))
                for piece in result.mappings().partitions(AT_ONCE):
                    yield [dict(row) for row in piece]
        except SQLAlchemyError as error:
            raise PullError(f"The database says: {_said(error)}") from None


def _said(error: SQLAlchemyError) -> str:
    """What the driver said, without the statement's values and the address."""
    origin = getattr(error, "orig", None)
    said = origin.args[0] if origin is not None and origin.args else error
    if isinstance(said, dict):  # pg8000's answer by letters: M is the message
        said = said.get("M", said)
    return str(said)[:500]


@contextmanager
def _opened_duckdb(address: str) -> Iterator[Reader]:
    import duckdb

    path = Path(address.partition("://")[2].removeprefix("/"))
    path = path if path.is_file() else Path("/") / path
    if not path.is_file():
        raise PullError(f"There is no database file {path}.")
    try:
        connection = duckdb.connect(str(path), read_only=True)
    except duckdb.Error as error:
        raise PullError(f"{path.name} cannot be opened: {error}") from None
    with connection:
        yield _DuckReader(connection)


class _DuckReader:
    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def pieces(self, statement: str, values: Mapping[str, Any]) -> Iterator[Sequence[Found]]:
        import duckdb

        try:
            written = statement.replace(f":{LAST}", f"${LAST}")
            cursor = self._connection.execute(written, dict(values))
            names = [each[0] for each in cursor.description]
            while rows := cursor.fetchmany(AT_ONCE):
                yield [dict(zip(names, row, strict=True)) for row in rows]
        except duckdb.Error as error:
            raise PullError(f"The database says: {str(error)[:500]}") from None


def written(row: Found, cursor: str) -> tuple[str, str]:
    """A row's value of the cursor as its kind and a text, to be kept. Raises PullError for a column
    that is not there, and for a value that cannot grow."""
    if cursor not in row:
        raise PullError(
            f"`pull.cursor` names {cursor!r}, which the query does not give.",
            hint=f"It gives {', '.join(row)}.",
        )
    value = row[cursor]
    for kind, of, write, _ in _CURSORS:
        if isinstance(value, of) and not isinstance(value, bool):
            return kind, write(value)
    raise PullError(f"The cursor has the value {value!r}: a time, a number or a text is needed.")


def read_back(kind: str, kept: str) -> Any:
    """The value that `written` made a text of."""
    return next(read for name, _, _, read in _CURSORS if name == kind)(kept)


_Cursor = tuple[str, type, Callable[[Any], str], Callable[[str], Any]]
_CURSORS: Final[tuple[_Cursor, ...]] = (
    ("datetime", datetime, datetime.isoformat, datetime.fromisoformat),
    ("date", date, date.isoformat, date.fromisoformat),
    ("integer", int, str, int),
    ("decimal", Decimal, str, Decimal),
    ("number", float, repr, float),
    ("text", str, str, str),
)
