"""Searching events in a real warehouse."""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headwater.errors import BadRequestError
from headwater.loading.model import Limits as TableLimits
from headwater.loading.model import SourceBatch
from headwater.loading.prepare import prepare
from headwater.loading.raw import accepted
from headwater.search.events import EventSearch
from headwater.search.model import Comparison, Found, FoundEvent, PropertyTerm, Search
from headwater.warehouses.duckdb.asking import Limits
from headwater.warehouses.duckdb.engine import Tuning
from headwater.warehouses.duckdb.served import DuckDBWarehouses
from headwater.workspaces.model import Source, SourceType

NOW = 1_700_000_000_000_000
SOURCES = [
    Source(f"id-{slug}", "w", slug, slug, SourceType.SERVER, (), True, 0)
    for slug in ("app", "shop")
]


class World:
    """A warehouse of two sources, searched as the API does."""

    def __init__(self, folder: Path) -> None:
        self.warehouses = DuckDBWarehouses(
            folder, Tuning(memory="200MB", threads=1), Limits(1000, 60, 2)
        )
        self.search = EventSearch(self)
        self.count = 0

    async def look(self, name: str, workspace_id: str, wanted: bytes) -> bytes:
        return self.warehouses.look(name, workspace_id, wanted)

    def load(self, slug: str, *events: dict[str, Any], at: Sequence[int] = ()) -> None:
        rows = []
        for number, event in enumerate(events):
            stamped = {"messageId": f"m{self.count:04}", "userId": "u", **event}
            moment = at[number] if at else NOW + self.count * 1_000_000
            rows.append(accepted(stamped, now=moment))
            self.count += 1
        batch = SourceBatch(f"id-{slug}", slug, 7, pa.concat_batches(rows))
        catalog = self.warehouses.workspace("w").catalog
        prepared = prepare([batch], catalog, TableLimits())
        self.warehouses.commit("w", prepared, [], {f"id-{slug}": slug}, {})

    def find(self, **wanted: Any) -> Found:
        return asyncio.run(self.search.events("w", SOURCES, Search(**wanted)))

    def ids(self, **wanted: Any) -> list[str]:
        return [event.message_id for event in self.find(**wanted).events]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.warehouses.close()


def track(event: str = "Paid", **properties: Any) -> dict[str, Any]:
    return {"type": "track", "event": event, "properties": properties}


EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["app", "shop"]),
        st.sampled_from([0, 1, 2, 3_600_000_000, 90_000_000_000, 5_000_000_000_000]),
        st.sampled_from(["Paid", "Seen"]),
    ),
    min_size=1,
    max_size=25,
)


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=EVENTS, count=st.integers(1, 8))
def test_pages_hold_every_event_once_the_newest_first(
    tmp_path_factory: pytest.TempPathFactory,
    events: list[tuple[str, int, str]],
    count: int,
) -> None:
    world = World(tmp_path_factory.mktemp("pages"))
    for slug in ("app", "shop"):
        chosen = [each for each in events if each[0] == slug]
        if chosen:
            at = [NOW + moment for _, moment, _ in chosen]
            world.load(slug, *[track(name) for _, _, name in chosen], at=at)
    found: list[FoundEvent] = []
    cursor = ""
    while True:
        page = world.find(event="Paid", count=count, cursor=cursor)
        found += page.events
        cursor = page.next
        if not cursor:
            break
        assert len(page.events) == count
    places = [
        (datetime.fromisoformat(each.received_at), each.message_id, each.source) for each in found
    ]
    assert places == sorted(set(places), reverse=True)
    assert len(places) == sum(name == "Paid" for _, _, name in events)
    world.warehouses.close()


def test_a_person_is_found_by_id_and_by_e_mail_address(world: World) -> None:
    world.load(
        "app",
        {"type": "identify", "userId": "ada", "traits": {"email": "Ada@example.com"}},
        {**track(), "userId": "ada"},
        {**track(), "userId": "bob"},
        {**track(), "userId": None, "anonymousId": "anon-1"},
    )
    assert world.ids(person="ada") == ["m0001", "m0000"]
    assert world.ids(person="ADA@example.com") == ["m0001", "m0000"]
    assert world.ids(person="anon-1") == ["m0003"]
    assert world.ids(person="nobody") == []


def test_values_are_compared_as_people_mean_them(world: World) -> None:
    world.load(
        "app",
        track(plan="pro", total=5, page={"url": "/a%b_c"}),
        track(plan="Proper", total=5.0, ok=True),
        track(plan=None, total="5"),
        track(note='say "hi"\n', **{"a.b": 1}),
    )

    def having(path: str, value: Any = None, op: Comparison = Comparison.EQUALS) -> list[str]:
        return world.ids(properties=(PropertyTerm(path, op, value),))

    assert having("properties.plan", "pro") == ["m0000"]
    assert having("properties.plan", "PRO", Comparison.CONTAINS) == ["m0001", "m0000"]
    assert having("properties.plan", op=Comparison.EXISTS) == ["m0001", "m0000"]
    assert having("properties.total", "5") == ["m0002", "m0001", "m0000"]
    assert having("properties.total", 5) == ["m0002", "m0001", "m0000"]
    assert having("properties.ok", True) == ["m0001"]
    assert having("properties.page.url", "%b_", Comparison.CONTAINS) == ["m0000"]
    assert having('properties."a.b"', 1) == ["m0003"]
    assert having("properties.note", 'say "hi"\n') == ["m0003"]
    assert world.ids(text='SAY "hi"') == ["m0003"]
    assert world.ids(text="%") == ["m0000"]


def test_times_types_and_names_narrow(world: World) -> None:
    world.load("app", track("Order Paid"), {"type": "page", "name": "Home"}, track("Seen"))
    assert world.ids(event="Order Paid") == world.ids(event="order_paid") == ["m0000"]
    assert world.ids(event="Home") == ["m0001"]
    assert world.ids(type="track") == ["m0002", "m0000"]
    assert world.ids(since=NOW + 1_000_000, until=NOW + 2_000_000) == ["m0001"]


def test_an_event_has_its_rows(world: World) -> None:
    world.load("shop", track("Order Paid", total=9))
    [event] = asyncio.run(world.search.event("w", SOURCES, "m0000"))
    assert event.json["properties"] == {"total": 9}
    assert [row.table for row in event.rows] == ["shop.tracks", "shop.order_paid"]
    assert event.rows[1].row["total"] == 9
    assert asyncio.run(world.search.event("w", SOURCES, "other")) == []


def test_what_is_no_cursor_or_condition_is_refused(world: World) -> None:
    with pytest.raises(BadRequestError):
        world.find(cursor="!!!")
    with pytest.raises(BadRequestError):
        world.find(properties=(PropertyTerm("properties.total", Comparison.CONTAINS, 5),))
