"""A warehouse file of one source, `shop`: events as people write them in, rows out."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from headwater.loading.model import Limits, Prepared, SourceBatch
from headwater.loading.prepare import prepare
from headwater.loading.raw import accepted
from headwater.warehouses.duckdb.engine import Tuning
from headwater.warehouses.duckdb.warehouse import DuckDBWarehouse, Load

NOW = 1_700_000_000_000_000
Event = Mapping[str, Any]


class Shop:
    """An open warehouse. Events without a messageId or a receivedAt get those of their number."""

    def __init__(self, path: Path, **limits: int) -> None:
        self.path = path
        self.limits = Limits(**limits)
        self.count = 0
        self.warehouse = self._open()

    def _open(self) -> DuckDBWarehouse:
        return DuckDBWarehouse(self.path, Tuning(memory="150MB", threads=1))

    def batch(self, events: Sequence[Event], slug: str = "shop") -> SourceBatch:
        made = []
        for event in events:
            stamped = {"messageId": f"m{self.count:04}", **event}
            made.append(accepted(stamped, now=NOW + self.count * 1_000_000))
            self.count += 1
        return SourceBatch(f"id-{slug}", slug, 7, pa.concat_batches(made))

    def prepare(self, *events: Event, slug: str = "shop") -> Prepared:
        return prepare([self.batch(events, slug)], self.warehouse.catalog, self.limits)

    def load(
        self,
        *events: Event,
        slug: str = "shop",
        positions: Mapping[str, Mapping[str, int]] | None = None,
    ) -> Prepared:
        prepared = self.prepare(*events, slug=slug)
        self.warehouse.load(Load(prepared, [], {f"id-{slug}": slug}, positions or {}))
        return prepared

    def rows(self, sql: str) -> list[Any]:
        """The rows of a question; the value alone where a row has one."""
        with self.warehouse.reading() as cursor:
            found = cursor.execute(sql).fetchall()
        return [row[0] if len(row) == 1 else row for row in found]

    def reopen(self) -> None:
        """Close the file and open it anew, as a restart would."""
        self.warehouse.close()
        self.warehouse = self._open()

    def close(self) -> None:
        self.warehouse.close()


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    opened = Shop(tmp_path / "w.duckdb")
    yield opened
    opened.close()


@pytest.fixture
def make_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Shop]]:
    """Makes warehouses of their own, with limits where the test names some."""
    made: list[Shop] = []

    def make(**limits: int) -> Shop:
        made.append(Shop(tmp_path_factory.mktemp("shop") / "w.duckdb", **limits))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def call() -> Callable[..., dict[str, Any]]:
    """A track call of `Order Paid` with these properties."""
    return lambda **properties: {
        "type": "track",
        "event": "Order Paid",
        "userId": "u",
        "properties": properties,
    }
