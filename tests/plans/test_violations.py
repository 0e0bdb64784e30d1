"""Violations in the warehouse: counted by hour, event, field and kind, and shown page by page."""

import asyncio
from collections.abc import Iterator

import msgspec
import pytest

from headwater.kit.clock import MICROSECONDS_PER_HOUR
from headwater.loading.announce import announce
from headwater.loading.model import Limits as TableLimits
from headwater.loading.model import Violated
from headwater.pipeline.beside import condensed, violation_records
from headwater.pipeline.event import Receipt
from headwater.plans.violations import reading
from headwater.plans.violations.model import Selection
from headwater.spec import violations as spec
from headwater.spec.violations import Remedy, Violation, ViolationType
from headwater.warehouses.duckdb.asking import Limits
from headwater.warehouses.duckdb.engine import Tuning
from headwater.warehouses.duckdb.served import DuckDBWarehouses

NOW = 472_222 * MICROSECONDS_PER_HOUR


def violation(number: int, **members: object) -> Violation:
    made = Violation(
        key=f"k{number:02}",
        plan_id="tp_1",
        received_at=NOW + number,
        message_id=f"m{number}",
        event_type="track",
        event="Order Completed",
        type=ViolationType.FAILED_RULE,
        field="properties.total",
        rule="minimum",
        description="properties.total: -1 is less than the minimum of 0",
        value="-1",
        event_version=1,
        remedy=Remedy.ALLOWED,
    )
    return msgspec.structs.replace(made, **members)


class Looked:
    """The warehouse role, without a socket between."""

    def __init__(self, warehouses: DuckDBWarehouses) -> None:
        self._warehouses = warehouses

    async def look(self, name: str, workspace_id: str, wanted: bytes) -> bytes:
        return self._warehouses.look(name, workspace_id, wanted)


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Looked]:
    made = DuckDBWarehouses(
        tmp_path_factory.mktemp("warehouse"),
        Tuning(memory="150MB", threads=1),
        Limits(max_rows=1000, timeout_seconds=60, concurrency=2),
    )
    found = [violation(n) for n in range(3)]
    found.append(violation(3, remedy=Remedy.BLOCKED, received_at=NOW + MICROSECONDS_PER_HOUR))
    found.append(violation(4, remedy=Remedy.OMITTED, count=7, field="properties.x"))
    found.append(violation(5, plan_id="tp_2"))
    held = [Violated("s1", "shop", each) for each in found]
    held.append(Violated("s2", "app", violation(6)))
    prepared = announce(["shop", "app"], made.workspace("w").catalog, TableLimits())
    made.commit(
        *("w", prepared, [], {"s1": "shop", "s2": "app"}, {"violations": {"0": 7}}), violations=held
    )
    assert made.workspace("w").positions() == {"violations": {"0": 7}}
    yield Looked(made)
    made.close()


def test_violations_are_counted_by_hour_and_kind(warehouse: Looked) -> None:
    wanted = Selection(plan_id="tp_1")
    counts = asyncio.run(reading.counts(warehouse, "w", ["s1"], wanted))
    assert [(each.hour, each.field, each.count, each.blocked, each.omitted) for each in counts] == [
        ("2023-11-14T23:00:00.000Z", "properties.total", 1, 1, 0),
        ("2023-11-14T22:00:00.000Z", "properties.x", 7, 0, 7),
        ("2023-11-14T22:00:00.000Z", "properties.total", 3, 0, 0),
    ]
    assert counts[0].description == "properties.total is not as the tracking plan says"
    narrow = Selection(plan_id="tp_1", field="properties.total", until=NOW + 2)
    [only] = asyncio.run(reading.counts(warehouse, "w", ["s1", "s2"], narrow))
    assert only.count == 2


def test_who_sees_no_source_sees_no_violation(warehouse: Looked) -> None:
    assert asyncio.run(reading.counts(warehouse, "w", [], Selection())) == []
    other = Selection(source_ids=("s2",))
    assert asyncio.run(reading.counts(warehouse, "w", ["s1"], other)) == []
    assert asyncio.run(reading.samples(warehouse, "w", ["s1"], other)).violations == []


def test_samples_are_shown_page_by_page_and_masked(warehouse: Looked) -> None:
    async def pages() -> list[str]:
        found, cursor = [], ""
        while True:
            page = await reading.samples(
                *(warehouse, "w", ["s1", "s2"], Selection()), cursor=cursor, count=2
            )
            found += [each.message_id for each in page.violations]
            if not page.next:
                return found
            cursor = page.next

    assert asyncio.run(pages()) == ["m3", "m6", "m5", "m4", "m2", "m1", "m0"]
    page = asyncio.run(
        reading.samples(warehouse, "w", ["s1", "s2"], Selection(), hidden=["s2"], count=2)
    )
    assert [each.value for each in page.violations] == ["-1", None]
    assert [each.description for each in page.violations][1] is None


def test_of_very_many_violations_the_further_ones_are_counted_by_field() -> None:
    receipt = Receipt("s1", NOW, NOW // MICROSECONDS_PER_HOUR, "0", 1)
    noted = [(receipt, violation(n, field=f"properties.f{n % 3}")) for n in range(100)]
    held = condensed(noted, 10)
    assert len(held) == 13
    assert sum(each.count for _, each in held) == 100
    [record] = violation_records(noted)
    assert record.count == 100
    assert spec.decode(record.body) == [each for _, each in noted]
