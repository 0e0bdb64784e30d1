"""Events by pages: each once, the newest first, over sources and within one moment."""

from collections.abc import Iterator

import pyarrow as pa
import pytest

from headwater.loading.model import Limits as TableLimits
from headwater.loading.model import SourceBatch
from headwater.loading.prepare import prepare
from headwater.loading.raw import accepted
from headwater.search.model import EventsLook, Place
from headwater.warehouses.duckdb.asking import Limits
from headwater.warehouses.duckdb.engine import Tuning
from headwater.warehouses.duckdb.looks.events import events
from headwater.warehouses.duckdb.served import DuckDBWarehouses
from headwater.warehouses.duckdb.warehouse import DuckDBWarehouse

NOW = 1_700_000_000_000_000
SECOND = 1_000_000
MOMENTS = (0, 0, 0, 5, 5, SECOND - 1, SECOND, 9 * SECOND, 9 * SECOND, 90 * SECOND, 86_400 * SECOND)
SLUGS = ("app", "shop")


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckDBWarehouse]:
    """Two sources with events of the same moments, and of moments far apart."""
    made = DuckDBWarehouses(
        tmp_path_factory.mktemp("warehouse"),
        Tuning(memory="200MB", threads=1),
        Limits(max_rows=1000, timeout_seconds=60, concurrency=2),
    )
    for slug in SLUGS:
        rows = [
            accepted(
                {
                    "type": "track",
                    "event": "Even" if n % 2 == 0 else "Odd",
                    "userId": "u",
                    "messageId": f"m{n:02d}",
                },
                now=NOW + moment,
            )
            for n, moment in enumerate(MOMENTS)
        ]
        prepared = prepare(
            [SourceBatch(f"id-{slug}", slug, 7, pa.concat_batches(rows))],
            made.workspace("w").catalog,
            TableLimits(),
        )
        made.commit("w", prepared, [], {f"id-{slug}": slug}, {})
    yield made.workspace("w")
    made.close()


def paged(warehouse: DuckDBWarehouse, count: int, **wanted: object) -> list[tuple[int, str, str]]:
    """Every event, a page of so many at a time."""
    found: list[tuple[int, str, str]] = []
    after: Place | None = None
    while True:
        look = EventsLook(slugs=SLUGS, after=after, count=count, **wanted)  # type: ignore[arg-type]
        rows = events(warehouse, look).rows
        if not rows:
            return found
        found += [(row.received_at, row.message_id, row.slug) for row in rows]
        after = Place(rows[-1].received_at, rows[-1].message_id, rows[-1].slug)


@pytest.mark.parametrize("count", [1, 2, 3, 7, 100])
def test_every_event_is_on_one_page_in_order(warehouse: DuckDBWarehouse, count: int) -> None:
    every = [
        (NOW + moment, f"m{n:02d}", slug) for slug in SLUGS for n, moment in enumerate(MOMENTS)
    ]
    assert paged(warehouse, count) == sorted(every, reverse=True)


@pytest.mark.parametrize("count", [1, 2, 100])
def test_conditions_hold_on_every_page(warehouse: DuckDBWarehouse, count: int) -> None:
    found = paged(warehouse, count, event="Even", since=NOW + 1, until=NOW + 86_400 * SECOND)
    wanted = [
        (NOW + moment, f"m{n:02d}", slug)
        for slug in SLUGS
        for n, moment in enumerate(MOMENTS)
        if n % 2 == 0 and 1 <= moment < 86_400 * SECOND
    ]
    assert found == sorted(wanted, reverse=True)
