"""What the tests of loading share: events as people write them, and rows as people read them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
import pyarrow as pa
import pytest

from headwater.loading.model import (
    Catalog,
    ColumnType,
    Conflict,
    Limits,
    Prepared,
    SourceBatch,
    TableKey,
    events_key,
)
from headwater.loading.prepare import prepare
from headwater.loading.raw import accepted

NOW = 1_700_000_000_000_000
Event = Mapping[str, Any]


def source_batch(events: Sequence[Event], *, slug: str = "shop", hour: int = 7) -> SourceBatch:
    """The events as the pipeline would hand them on, received a second after one another."""
    batches = []
    for number, event in enumerate(events):
        stamped = {"messageId": f"m{number}", **event}
        batches.append(accepted(stamped, now=NOW + number * 1_000_000))
    return SourceBatch(f"id-{slug}", slug, hour, pa.concat_batches(batches))


def track(event: str = "Thing Done", /, **properties: Any) -> dict[str, Any]:
    return {"type": "track", "event": event, "userId": "u", "properties": properties}


class Warehouse:
    """A warehouse without an engine: it carries out what loading prepared, in Python."""

    def __init__(self, **limits: int) -> None:
        self.limits = Limits(**limits)
        self.catalog = Catalog()
        self.loads: list[Prepared] = []

    def load(self, *events: Event, slug: str = "shop") -> Prepared:
        return self.load_batches(source_batch(events, slug=slug))

    def load_batches(self, *batches: SourceBatch) -> Prepared:
        loaded = prepare(batches, self.catalog, self.limits)
        self.catalog = loaded.catalog
        self.loads.append(loaded)
        self._check(loaded)
        return loaded

    def _check(self, loaded: Prepared) -> None:
        """Rows have just the columns and types that the catalogue says."""
        for each in (*loaded.rows, *loaded.users, *loaded.accounts):
            table = self.catalog.table(each.key)
            assert table is not None
            assert not table.view
            for field in each.rows.schema:
                kind = table.columns[field.name].type
                assert field.type == ARROW[kind], (each.key, field)

    def rows(self, table: str, *, slug: str = "shop") -> list[dict[str, Any]]:
        """The rows of a table over all loads, with the final type of each column."""
        return self._read(TableKey(slug, table))

    def events(self, *, slug: str = "shop") -> list[dict[str, Any]]:
        return self._read(events_key(slug))

    def _read(self, key: TableKey) -> list[dict[str, Any]]:
        table = self.catalog.table(key)
        if table is None:
            return []
        schema = pa.schema([(c.name, ARROW[c.type]) for c in table.columns.values()])
        found: list[dict[str, Any]] = []
        for loaded in self.loads:
            for each in (*loaded.rows, *loaded.users, *loaded.accounts):
                if each.key == key:
                    read = each.rows.to_pylist()
                    found += [{n: row.get(n) for n in schema.names} for row in read]
        cast = pa.Table.from_pylist(found, schema=schema)
        return cast.to_pylist()  # type: ignore[no-any-return]

    def column(self, name: str, table: str = "thing_done") -> list[Any]:
        return [row.get(name) for row in self.rows(table)]

    def types(self, table: str = "thing_done", *, slug: str = "shop") -> dict[str, ColumnType]:
        """The columns that events made, with their types."""
        held = self.catalog.table(TableKey(slug, table))
        assert held is not None
        return {c.name: c.type for c in held.columns.values() if c.paths}

    @property
    def conflicts(self) -> list[Conflict]:
        return [conflict for loaded in self.loads for conflict in loaded.conflicts]

    @property
    def losses(self) -> list[tuple[str, str, str]]:
        """Column, JSON value and reason of each conflict."""
        return [(c.column, c.value, c.reason.value) for c in self.conflicts]


ARROW = {
    ColumnType.TEXT: pa.string(),
    ColumnType.INTEGER: pa.int64(),
    ColumnType.FLOAT: pa.float64(),
    ColumnType.BOOLEAN: pa.bool_(),
    ColumnType.TIME: pa.timestamp("us"),
    ColumnType.JSON: pa.string(),
}


@pytest.fixture
def warehouse() -> Warehouse:
    return Warehouse()


@pytest.fixture(scope="session")
def limited() -> Callable[..., Warehouse]:
    return Warehouse


@pytest.fixture
def batch_of() -> Callable[..., SourceBatch]:
    return source_batch


@pytest.fixture
def call() -> Callable[..., dict[str, Any]]:
    """A track call of `Thing Done` with these properties."""
    return track


@pytest.fixture
def encode() -> Callable[[Any], str]:
    return lambda value: msgspec.json.encode(value).decode()
