"""A pull: a query, what tells its rows apart, and what becomes of a change."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final

import msgspec
import sqlglot
import xxhash
from msgspec import Meta
from sqlglot import exp

from headwater.errors import PullError
from headwater.imports import definition_file
from headwater.imports.model import ColumnRule, EventRule, FileMapping, FileRules, RowRule
from headwater.pulls.rest.definition import RestDefinition, rest_definition

CHANGE: Final = "$change"
"""The column of a mapping that says what happened to a row: inserted, updated or deleted."""
DIALECTS: Final[Mapping[str, str]] = {
    "postgresql": "postgres",
    "postgres": "postgres",
    "mysql": "mysql",
    "mariadb": "mysql",
    "sqlite": "sqlite",
    "duckdb": "duckdb",
}


class Query(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is read, from where, and how changes are told.

    With a `cursor` only rows from its last value on are read: inserts and updates are seen. Without
    one all rows are read and compared with what they were: deletes are seen too.
    """

    url: str
    """Such as `postgresql://user:${PASSWORD}@host/database`: `${NAME}` is a variable of the
    environment, so that no secret stands in the file."""
    query: str
    key: Annotated[tuple[str, ...], Meta(min_length=1)]
    """The columns that tell rows apart."""
    cursor: str = ""
    """A column that only grows: a time of change, or a number."""
    overlap_seconds: Annotated[float, Meta(ge=0, le=86_400 * 30)] = 0
    """With a cursor that is a time: how far before its last value reading begins, for rows that
    were committed late. What was seen already is told from what changed."""
    deletes: bool = True
    """Without a cursor: whether rows that are gone make events."""


class Definition(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A pull file: the query, and the mapping of its rows to events, as for imported files."""

    pull: Query
    columns: dict[str, str | ColumnRule] = {}
    skip: tuple[RowRule, ...] = ()
    reject: tuple[RowRule, ...] = ()
    events: tuple[EventRule, ...] = ()

    def names(self) -> list[str]:
        """The `${NAME}`s in it, in their order."""
        return definition_file.names_in(self.pull.url)

    @property
    def mapping(self) -> FileMapping:
        return FileMapping(FileRules(), self.columns, self.skip, self.reject, self.events)

    def id_in(self, source_id: str) -> str:
        """The same for the same query and key into the same source, whatever the mapping."""
        told = [self.pull.url, self.pull.query, self.pull.key, self.pull.cursor, source_id]
        return xxhash.xxh3_128_hexdigest(msgspec.json.encode(told))


def read_definition(path: Path) -> Definition | RestDefinition:
    """The definition in a file. Raises PullError, which names the member that is wrong."""
    return parse(definition_file.text_of(path, PullError), path.name)


def parse(text: str, name: str) -> Definition | RestDefinition:
    """The definition that a text says: of a database (`pull`) or an application (`rest`), in YAML
    where the name ends so and in TOML otherwise. Raises PullError."""
    raw = definition_file.loaded(text, name, PullError)
    page = "docs/applications.md" if "rest" in raw else "docs/pulls.md"
    try:
        if "rest" in raw:
            return rest_definition(raw)
        definition = msgspec.convert(raw, Definition)
    except msgspec.ValidationError as problem:
        raise PullError(
            f"{name} cannot be used: {problem}.", hint=f"{page} lists its members."
        ) from None
    _require_select(definition.pull)
    definition_file.require_apart(definition.events, PullError)
    if not definition.events:
        raise PullError("The pull makes no event.", hint="Add an [[events]] table.")
    return definition


def engine_of(url: str) -> str:
    """The kind of database that an address names. Raises PullError for one that is not known."""
    kind = url.partition(":")[0].partition("+")[0].lower()
    if kind not in DIALECTS:
        raise PullError(
            f"`pull.url` begins with {kind[:40]!r}, which is no database that is known.",
            hint=f"Known are {', '.join(DIALECTS)}.",
        )
    return kind


def _require_select(query: Query) -> None:
    """Raise PullError unless the query is one that only reads."""
    dialect = DIALECTS[engine_of(query.url)]
    try:
        parsed = sqlglot.parse(query.query, dialect=dialect)
    except sqlglot.errors.SqlglotError as error:
        raise PullError(f"`pull.query` cannot be read: {error}.") from None
    if len(parsed) != 1 or not isinstance(parsed[0], exp.Query):
        raise PullError("`pull.query` must be one SELECT.")
    if any(parsed[0].find_all(exp.Insert, exp.Update, exp.Delete, exp.Command)):
        raise PullError("`pull.query` must change nothing.")
    if query.overlap_seconds and not query.cursor:
        raise PullError("`pull.overlap_seconds` needs a `cursor`.")
