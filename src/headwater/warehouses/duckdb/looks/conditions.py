"""The conditions of an event search, as SQL over a source's events table."""

from collections.abc import Sequence
from typing import Any

import msgspec

from headwater.loading.model import Catalog, TableKey
from headwater.search.model import Comparison, EventsLook, Term
from headwater.warehouses.duckdb.looks.running import Looker
from headwater.warehouses.duckdb.sql import quoted, table_name

_MOST_IDS = 100


class People(msgspec.Struct, frozen=True):
    """The ids that a person goes by. None asked for: `ids` is None."""

    ids: tuple[str, ...] | None = None


class Conditions(msgspec.Struct, frozen=True):
    """What an event must fulfil: expressions, all of which must hold, and their parameters."""

    where: list[str]
    values: dict[str, object]

    @classmethod
    def of(cls, wanted: EventsLook, people: People) -> "Conditions":
        found = cls([], {})
        if people.ids is not None:
            found.add_people(people.ids)
        if wanted.type:
            found.add('"type" = $type', type=wanted.type)
        if wanted.event:
            found.add(
                "(event_text = $event OR event = $event OR name = $event)", event=wanted.event
            )
        if wanted.text:
            found.add_text(wanted.text)
        for number, term in enumerate(wanted.terms):
            found.add_term(term, f"term{number}")
        return found

    def add(self, condition: str, **values: object) -> None:
        self.where.append(condition)
        self.values.update(values)

    def add_people(self, ids: Sequence[str]) -> None:
        """By any of the ids that a person goes by."""
        values = {f"id{number}": each for number, each in enumerate(ids)}
        listed = ", ".join(f"${name}" for name in values)
        self.add(f"(user_id IN ({listed}) OR anonymous_id IN ({listed}))", **values)

    def add_text(self, wanted: str) -> None:
        """Anywhere in the event: in an id or name, in a value, or in the JSON as it is written."""
        objects = ("properties", "context", "rest")
        plain = ("id", "event_text", "name", "category", "user_id", "anonymous_id", "group_id")
        parts = [f"{name} ILIKE $text ESCAPE '\\'" for name in (*plain, *objects)]
        self.values["text"] = _like(wanted)
        if (written := _inner(wanted)) != wanted:
            parts += [f"{name} ILIKE $written ESCAPE '\\'" for name in objects]
            self.values["written"] = _like(written)
        self.add(f"({' OR '.join(parts)})")

    def add_term(self, term: Term, name: str) -> None:
        """A condition on a value in an object; the texts that cannot hold it are not parsed."""
        column = quoted(term.column)
        self.add(f"contains({column}, ${name}_key)", **{f"{name}_key": _json(term.keys[-1])})
        value = f"json_extract_string({column}, ${name}_path)"
        self.values[f"{name}_path"] = _pointer(term.keys)
        if term.op is Comparison.EXISTS:
            self.add(f"{value} IS NOT NULL")
        elif term.op is Comparison.CONTAINS:
            self.add(f"{value} ILIKE ${name} ESCAPE '\\'", **{name: _like(str(term.value))})
        else:
            self._add_equal(term, value, column, name)

    def _add_equal(self, term: Term, value: str, column: str, name: str) -> None:
        if term.value is None:
            self.where.pop()
            self.add(f"{value} IS NULL")
            return
        wanted = (
            term.value if isinstance(term.value, str) else msgspec.json.encode(term.value).decode()
        )
        number = _number(wanted)
        if number is None:
            self.add(f"contains({column}, ${name}_text)", **{f"{name}_text": _inner(wanted)})
            self.add(f"{value} = ${name}", **{name: wanted})
        else:  # 5, 5.0 and "5" are the same to who searches
            self.add(
                f"({value} = ${name} OR TRY_CAST({value} AS DOUBLE) = ${name}_number)",
                **{name: wanted, f"{name}_number": number},
            )


def people_of(looker: Looker, catalog: Catalog, slugs: Sequence[str], person: str) -> People:
    """The ids of a person; of an e-mail address those that it was a trait of."""
    if not person:
        return People()
    ids = {person: None}
    if "@" in person:
        for slug in slugs:
            for row in _with_email(looker, catalog, slug, person):
                ids.update(dict.fromkeys(str(i) for i in row.values() if i is not None))
    return People(tuple(ids)[:_MOST_IDS])


def _with_email(looker: Looker, catalog: Catalog, slug: str, email: str) -> list[dict[str, object]]:
    table = catalog.table(TableKey(slug, "identifies"))
    if table is None or "email" not in table.columns:
        return []
    return looker.rows(
        f"SELECT DISTINCT user_id, anonymous_id FROM {table_name(table.key)}"
        f" WHERE CAST(email AS VARCHAR) ILIKE $email ESCAPE '\\' LIMIT {_MOST_IDS}",
        {"email": _escaped(email)},
    )


def _like(wanted: str) -> str:
    return f"%{_escaped(wanted)}%"


def _escaped(wanted: str) -> str:
    """A text that stands for itself in a LIKE pattern."""
    for special in ("\\", "%", "_"):
        wanted = wanted.replace(special, f"\\{special}")
    return wanted


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _inner(wanted: str) -> str:
    """A text as it stands inside of a JSON text, where the pipeline wrote it."""
    return _json(wanted)[1:-1]


def _pointer(keys: Sequence[str]) -> str:
    """The JSON pointer of a path: whatever its keys hold."""
    return "".join("/" + key.replace("~", "~0").replace("/", "~1") for key in keys)


def _number(wanted: str) -> float | None:
    try:
        value: Any = msgspec.json.decode(wanted)
    except msgspec.DecodeError:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value)
