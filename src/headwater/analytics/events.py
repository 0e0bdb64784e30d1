"""The events of a workspace as tables, each with its person."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from headwater.analytics.conditions import Condition, people_of
from headwater.analytics.engine import Engine, Tables
from headwater.analytics.lazily import ibis
from headwater.analytics.people import table_of, ties, with_person
from headwater.analytics.periods import Period, Span, days_of, span_of
from headwater.errors import InvalidError
from headwater.naming import column_name, table_name

_TYPES: Final[Mapping[str, str]] = {
    "track": "tracks",
    "page": "pages",
    "screen": "screens",
    "identify": "identifies",
    "group": "groups",
    "alias": "aliases",
}
_ANYBODY: Final = ("tracks", "pages", "screens", "identifies")
_OF_NOBODY: Final = ("campaign_spend",)
"""Events that tell of no person, though they have an id as all events do."""
_STANDARD: Final = ("person", "at", "id", "received")


class Events:
    """What an analysis asks of: the events, of all people or of those who meet a condition."""

    def __init__(self, engine: Engine, now: datetime, population: Condition | None = None) -> None:
        self._engine = engine
        self.now = now
        self._tables: Tables | None = None
        self._population = population

    @property
    def tables(self) -> Tables:
        """What there is, asked once."""
        if self._tables is None:
            self._tables = self._engine.tables()
        return self._tables

    def rows(self, expression: Any) -> list[dict[str, Any]]:
        return self._engine.rows(expression)

    def span(self, period: Period) -> Span:
        return span_of(period, self.now)

    def days(self, period: Period) -> Any:
        return days_of(period, self.now)

    def columns(self, name: str) -> frozenset[str]:
        """The columns that such events have; none where there never was one."""
        return frozenset(self.tables.get(_table(name), ()))

    def require(self, name: str, field: str) -> None:
        """Raises InvalidError where there is no such event."""
        if not name or not self.columns(name):
            raise InvalidError(
                f"{field}: there is no event {name[:100]!r}.",
                field=field,
                hint="Name an event as it is sent, such as `Order Completed`, or `page`.",
            )

    def events(
        self,
        name: str,
        texts: Mapping[str, str],
        numbers: Mapping[str, str],
        span: Span | None,
        *,
        named: bool = True,
    ) -> Any:
        """The calls of a type (`page`, …) or the events of a name within a span: `person`, `at`,
        `id`, `received`, and a column for each alias; null where there is no such column.

        Without `named` there is no `person`, which is faster. The events are the same ones: the
        pipeline keeps those of nobody aside."""
        table = _table(name)
        if table not in self.tables:
            raise InvalidError(f"There is no event {name[:100]!r}.")
        calls = table_of(self.tables, table)
        at = ibis.coalesce(calls["timestamp"], calls.received_at)
        if span is not None:
            calls = calls.filter(at >= span.since, at < span.until)
        told = {"at": at, "received": calls.received_at}
        told |= {alias: text_of(calls, path) for alias, path in texts.items()}
        told |= {alias: number_of(calls, path) for alias, path in numbers.items()}
        ids = [each for each in ("id", "user_id", "anonymous_id") if each in calls.columns]
        calls = calls.select(*ids, **told)
        if named:
            calls = with_person(calls, self.tables)
        standard = [each for each in _STANDARD if each in calls.columns]
        return calls.select(*dict.fromkeys([*standard, *texts, *numbers]))

    def among(self, events: Any) -> Any:
        """Those of the people that are asked about."""
        if self._population is None:
            return events
        return events.filter(events.person.isin(self.people(self._population).person))

    def people(self, condition: Condition | None) -> Any:
        """The `person`s who meet a condition, or everybody."""
        if condition is None:
            return self.everybody()
        return people_of(condition, self)

    def population(self) -> Any:
        """The people that are asked about."""
        return self.people(self._population)

    def everybody(self) -> Any:
        """Each `person` of whom there is anything."""
        found = None
        for name in _ANYBODY:
            if name not in self.tables:
                continue
            calls = table_of(self.tables, name)
            if "event" in calls.columns:
                calls = calls.filter(~calls.event.isin(_OF_NOBODY))
            these = with_person(_ids(calls).distinct(), self.tables).select("person")
            found = these if found is None else found.union(these)
        if found is None:
            raise InvalidError("There are no events yet.")
        return found.distinct()

    def source(self, slug: str) -> Any:
        """Each `person` of whom there is anything from a source. Raises InvalidError where there is
        none of this slug, or nothing from it."""
        names = [f"{slug}.{each}" for each in _ANYBODY if f"{slug}.{each}" in self.tables]
        if not names:
            raise InvalidError(
                f"There is nothing from a source {slug[:100]!r}.",
                field="source",
                hint="Name a source by its slug, the schema of its tables.",
            )
        found = ibis.union(*[_ids(table_of(self.tables, each)) for each in names])
        return with_person(found.distinct(), self.tables).select("person").distinct()

    def listed(self, ids: Sequence[str]) -> Any:
        """The `person`s of ids: an anonymous id is the person that it belongs to."""
        given = ibis.literal(list(ids), "array<string>").unnest().name("given").as_table()
        known = ties(self.tables)
        if known is None:
            return given.select(person="given").distinct()
        joined = given.left_join(known, given.given == known.tied)
        return joined.select(person=ibis.coalesce(joined.owner, joined.given)).distinct()

    def traits(self, texts: Mapping[str, str], numbers: Mapping[str, str]) -> Any:
        """`person`, and a column for each alias of a trait that people were identified with."""
        if "users" not in self.tables:
            raise InvalidError("Nobody was identified yet, so there are no traits.")
        users = table_of(self.tables, "users")
        told = {alias: text_of(users, name) for alias, name in texts.items()}
        told |= {alias: number_of(users, name) for alias, name in numbers.items()}
        return users.select(person=users.id, **told)


def _ids(calls: Any) -> Any:
    """`user_id` and `anonymous_id`, null where the calls have no such column."""
    names = ("user_id", "anonymous_id")
    return calls.select(
        **{each: calls[each] if each in calls.columns else ibis.null("string") for each in names}
    )


def _table(name: str) -> str:
    return _TYPES.get(name) or table_name(name)


def _column(table: Any, path: str) -> Any:
    """A property by its name or path, or a column by its own; None where there is none."""
    for name in (path, column_name(path) if path else ""):
        if name and name in table.columns:
            return table[name]
    return None


def text_of(table: Any, path: str) -> Any:
    column = _column(table, path)
    return ibis.null("string") if column is None else column.cast("string")


def number_of(table: Any, path: str) -> Any:
    """A number; a text is none, and true is 1."""
    column = _column(table, path)
    if column is None or column.type().is_string() or column.type().is_temporal():
        return ibis.null("float64")
    if column.type().is_boolean():
        return column.ifelse(1.0, 0.0)
    return column.cast("float64")
