"""The events of a workspace as tables, each with its person."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import ibis

from headwater.analytics.conditions import Condition, people_of
from headwater.analytics.engine import Engine, Tables
from headwater.analytics.people import table_of, with_person
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
    ) -> Any:
        """The calls of a type (`page`, …) or the events of a name within a span: `person`, `at`,
        `id`, `received`, and a column for each alias; null where there is no such column."""
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
        named = with_person(calls.select(*ids, **told), self.tables)
        return named.select(*dict.fromkeys([*_STANDARD, *texts, *numbers]))

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
            ids = calls.select(
                *[each for each in ("user_id", "anonymous_id") if each in calls.columns]
            ).distinct()
            these = with_person(ids, self.tables).select("person")
            found = these if found is None else found.union(these)
        if found is None:
            raise InvalidError("There are no events yet.")
        return found.distinct()

    def traits(self, texts: Mapping[str, str], numbers: Mapping[str, str]) -> Any:
        """`person`, and a column for each alias of a trait that people were identified with."""
        if "users" not in self.tables:
            raise InvalidError("Nobody was identified yet, so there are no traits.")
        users = table_of(self.tables, "users")
        told = {alias: text_of(users, name) for alias, name in texts.items()}
        told |= {alias: number_of(users, name) for alias, name in numbers.items()}
        return users.select(person=users.id, **told)


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
