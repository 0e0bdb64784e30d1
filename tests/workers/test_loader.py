"""The loader over a real warehouse: every event once, whatever fails when."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from headwater.errors import (
    LogError,
    WarehouseError,
    WarehouseLostError,
    WarehouseRefusedError,
    WarehouseStaleError,
)
from headwater.kit.clock import FakeClock
from headwater.loading.model import Prepared
from headwater.loading.raw import accepted as raw
from headwater.logs.memory import MemoryLog
from headwater.ports import LOADER, Entry, Outcome, Owner, Positions, Record, Stream, Tally
from headwater.settings import Settings
from headwater.spec import accepted, quarantined
from headwater.spec.quarantined import QuarantinedEvent
from headwater.warehouses.duckdb.asking import Limits
from headwater.warehouses.duckdb.engine import Tuning
from headwater.warehouses.duckdb.repair import repair
from headwater.warehouses.duckdb.served import DuckDBWarehouses
from headwater.workers.loader import LoaderWorker
from headwater.workspaces.model import Configuration, Source, SourceType, Workspace

NOW = 1_700_000_000_000_000
HOUR = NOW // 3_600_000_000


class PickyWarehouses(DuckDBWarehouses):
    """Real warehouses that refuse the events named in `refused`, and fail as told."""

    def __init__(self, folder: Path) -> None:
        limits = Limits(max_rows=10, timeout_seconds=60, concurrency=1)
        super().__init__(folder, Tuning(memory="150MB", threads=1), limits)
        self.refused: set[str] = set()
        self.refused_together: frozenset[str] = frozenset()
        self.failures: list[WarehouseError] = []
        self.before_commit: Callable[[], None] = lambda: None
        self.tried = 0

    def commit(
        self,
        workspace_id: str,
        prepared: Prepared,
        *others: Any,
        **more: Any,
    ) -> None:
        self.before_commit()
        if prepared.rows:
            self._check(prepared)
        super().commit(workspace_id, prepared, *others, **more)

    def refusal(self, workspace_id: str, prepared: Prepared) -> WarehouseRefusedError | None:
        self.tried += 1
        try:
            self._check(prepared)
        except WarehouseRefusedError as error:
            return error
        return super().refusal(workspace_id, prepared)

    def _check(self, prepared: Prepared) -> None:
        if self.failures:
            raise self.failures.pop(0)
        ids = {each for rows in prepared.rows for each in rows.rows["id"].to_pylist()}
        together = self.refused_together and self.refused_together <= ids
        if self.refused & ids or together:
            raise WarehouseRefusedError("The warehouse failed: it is green.")


class Mill:
    """A log, warehouses and loaders one after the other, as restarts would have them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = MemoryLog()
        self.writer = self.log.writer(Owner.PIPELINE)
        self.warehouses = PickyWarehouses(folder)
        self.ended = False
        sources = tuple(
            Source(f"s{n}", f"w{n}", f"Shop {n}", f"shop{n}", SourceType.SERVER, (), True, 0)
            for n in (1, 2)
        )
        spaces = tuple(Workspace(f"w{n}", f"W {n}", f"w{n}") for n in (1, 2))
        self.configuration = Configuration(1, spaces, sources)

    def accept(self, *ids: str, source: str = "s1", **properties: Any) -> None:
        """One record of the accepted stream, with a track event for each messageId."""
        events = [
            raw(
                {
                    "type": "track",
                    "event": "Ran",
                    "userId": "u",
                    "messageId": each,
                    "properties": properties,
                },
                now=NOW,
            )
            for each in ids
        ]
        body = accepted.encode(pa.concat_batches(events))
        self.writer.append(Entry({Stream.ACCEPTED: [Record(source, NOW, len(ids), body)]}))

    def keep_aside(self, message_id: str) -> None:
        event = QuarantinedEvent("no_event", "it has no name", NOW, message_id, "track", "", "{}")
        body = quarantined.encode([event])
        self.writer.append(Entry({Stream.QUARANTINED: [Record("s1", NOW, 1, body)]}))

    def loader(self, **options: Any) -> LoaderWorker:
        settings = Settings(data_dir=self.folder, **options)

        def end() -> None:
            self.ended = True

        return LoaderWorker(
            self.log,
            self.warehouses,
            lambda: self.configuration,
            settings,
            FakeClock(NOW),
            end=end,
        )

    def restart(self) -> None:
        self.warehouses.close()
        self.warehouses = PickyWarehouses(self.folder)

    def ids(self, workspace: str = "w1", table: str = "track") -> list[str]:
        column = "id" if table == "quarantine" else '"messageId"'
        with self.warehouses.workspace(workspace).reading() as cursor:
            found = cursor.execute(f"SELECT {column} FROM {table} ORDER BY 1").fetchall()
        return [each for (each,) in found]

    def tallies(self) -> list[Tally]:
        return list(self.warehouses.ledger().tallies)


@pytest.fixture
def mill(tmp_path: Path) -> Iterator[Mill]:
    made = Mill(tmp_path)
    yield made
    made.warehouses.close()


def test_what_the_pipeline_let_through_and_kept_aside_is_loaded(mill: Mill) -> None:
    mill.accept("a", "b")
    mill.keep_aside("q")
    assert mill.loader().run_once() == 2
    assert mill.ids() == ["a", "b"]
    assert mill.ids(table="quarantine") == ["q"]
    assert mill.log.acknowledged(LOADER, Stream.ACCEPTED) == {"0": 1}
    assert mill.tallies() == [Tally("s1", HOUR, Outcome.LOADED, "", 2)]


def test_a_loader_that_begins_anew_loads_nothing_twice(mill: Mill) -> None:
    mill.accept("a", "b")
    mill.loader().run_once()
    mill.restart()
    mill.accept("c")
    again = mill.loader()
    again.run_once()
    assert again.run_once() == 0
    assert mill.ids() == ["a", "b", "c"]


def test_a_crash_between_the_commit_and_its_acknowledgement_doubles_nothing(mill: Mill) -> None:
    class Broken(MemoryLog):
        def acknowledge(self, consumer: str, stream: Stream, positions: Positions) -> None:
            raise LogError("The power went.")

    mill.accept("a", "b")
    whole = mill.log
    broken = Broken()
    broken.__dict__.update(whole.__dict__)
    mill.log = broken
    with pytest.raises(LogError):
        mill.loader().run_once()

    mill.log = whole
    mill.restart()
    mill.accept("c")
    mill.loader().run_once()
    assert mill.ids() == ["a", "b", "c"]
    assert mill.tallies() == [Tally("s1", HOUR, Outcome.LOADED, "", 3)]


def test_a_load_that_fails_is_made_again_from_where_the_warehouse_is(mill: Mill) -> None:
    mill.accept("a")
    loader = mill.loader()
    loader.run_once()
    mill.accept("b")
    mill.warehouses.failures = [WarehouseError("The disk is full.")]
    with pytest.raises(WarehouseError):
        loader.run_once()
    assert mill.ids() == ["a"]
    loader.run_once()
    assert mill.ids() == ["a", "b"]


def test_a_database_that_must_be_opened_anew_ends_the_process(mill: Mill) -> None:
    mill.accept("a")
    mill.warehouses.failures = [WarehouseLostError("It is invalidated.")]
    with pytest.raises(WarehouseLostError):
        mill.loader().run_once()
    assert mill.ended


def test_each_workspace_has_its_own_events_and_all_positions_move(mill: Mill) -> None:
    mill.accept("a")
    mill.accept("b", source="s2")
    loader = mill.loader()
    loader.run_once()
    assert (mill.ids("w1"), mill.ids("w2")) == (["a"], ["b"])
    assert mill.warehouses.positions()["w2"]["accepted"] == {"0": 2}
    mill.restart()
    assert mill.loader().run_once() == 0


def test_events_of_a_deleted_source_are_loaded_too(mill: Mill) -> None:
    mill.accept("a", source="gone")
    mill.loader().run_once()
    assert mill.ids() == ["a"]


def test_a_source_made_while_others_are_announced_is_no_deleted_one(mill: Mill) -> None:
    def make_another() -> None:
        mill.warehouses.before_commit = lambda: None
        made = Source("s3", "w1", "Shop 3", "shop3", SourceType.SERVER, (), True, 0)
        sources = (*mill.configuration.sources, made)
        mill.configuration = Configuration(2, mill.configuration.workspaces, sources)
        mill.accept("a", source="s3")

    mill.warehouses.before_commit = make_another
    mill.loader().run_once()
    assert mill.ids() == ["a"]
    assert mill.warehouses.workspace("w1").sources()["s3"] == "shop3"


def test_one_load_takes_no_more_events_than_it_may(mill: Mill) -> None:
    for start in range(0, 5000, 1000):
        mill.accept(*[f"m{n}" for n in range(start, start + 1000)])
    loader = mill.loader(load_max_events=2000)
    assert [loader.run_once() for _ in range(4)] == [2, 2, 1, 0]
    assert len(mill.ids()) == 5000


@pytest.mark.parametrize("refused", [{"m0"}, {"m63"}, {"m0", "m31", "m32", "m63"}])
def test_events_that_the_warehouse_refuses_are_kept_aside_and_all_others_loaded(
    mill: Mill, refused: set[str]
) -> None:
    mill.accept(*[f"m{n}" for n in range(32)])
    mill.accept(*[f"m{n}" for n in range(32, 64)])
    mill.keep_aside("q")
    mill.warehouses.refused = refused
    assert mill.loader().run_once() == 3
    assert set(mill.ids()) == {f"m{n}" for n in range(64)} - refused
    assert set(mill.ids(table="quarantine")) == refused | {"q"}
    with mill.warehouses.workspace("w1").reading() as cursor:
        rows = cursor.execute("SELECT DISTINCT reason, detail FROM quarantine").fetchall()
    assert ("load_failed", "The warehouse failed: it is green.") in rows
    assert mill.tallies() == [
        Tally("s1", HOUR, Outcome.LOADED, "", 64 - len(refused)),
        Tally("s1", HOUR, Outcome.QUARANTINED, "load_failed", len(refused)),
    ]


def test_one_refused_event_among_thousands_is_found_in_a_few_tries(mill: Mill) -> None:
    mill.accept(*[f"m{n}" for n in range(4096)])
    mill.warehouses.refused = {"m2731"}
    mill.loader().run_once()
    assert mill.ids(table="quarantine") == ["m2731"]
    assert mill.warehouses.tried <= 2 * 12 + 1


def test_more_refused_events_than_can_each_be_at_fault_wait_for_a_remedy(mill: Mill) -> None:
    everything = [f"m{n:03}" for n in range(150)]
    mill.accept(*everything)
    mill.warehouses.refused = set(everything)
    loader = mill.loader()
    for _ in range(2):
        with pytest.raises(WarehouseRefusedError):
            loader.run_once()
    assert mill.ids() == mill.ids(table="quarantine") == []
    assert mill.tallies() == []

    mill.warehouses.refused = set()
    loader.run_once()
    assert mill.ids() == everything


def test_a_hundred_refused_events_are_kept_aside_still(mill: Mill) -> None:
    everything = [f"m{n:03}" for n in range(150)]
    mill.accept(*everything)
    mill.warehouses.refused = set(everything[:100])
    mill.loader().run_once()
    assert mill.ids() == everything[100:]
    assert mill.ids(table="quarantine") == everything[:100]


def test_events_that_are_refused_only_together_wait(mill: Mill) -> None:
    mill.accept("a", "b", "c")
    mill.warehouses.refused_together = frozenset({"a", "c"})
    with pytest.raises(WarehouseRefusedError):
        mill.loader().run_once()
    assert mill.ids() == mill.ids(table="quarantine") == []


def test_no_event_is_blamed_for_a_machine_that_fails_while_the_guilty_one_is_looked_for(
    mill: Mill,
) -> None:
    mill.accept("a", "b")
    full = WarehouseError("The disk is full.")
    mill.warehouses.failures = [WarehouseRefusedError("The warehouse failed: it is green."), full]
    loader = mill.loader()
    with pytest.raises(WarehouseError) as raised:
        loader.run_once()
    assert raised.value is full
    assert mill.ids(table="quarantine") == []
    loader.run_once()
    assert mill.ids() == ["a", "b"]


def test_an_event_nested_beyond_all_reading_is_kept_aside(mill: Mill) -> None:
    deep = '{"a":' * 1200 + "1" + "}" * 1200
    mill.accept("good")
    mill.accept("more")
    batch = raw({"type": "track", "event": "Ran", "userId": "u", "messageId": "deep"}, now=NOW)
    index = batch.schema.get_field_index("properties")
    batch = batch.set_column(index, batch.schema.field(index), pa.array([deep]))
    body = accepted.encode(batch)
    mill.writer.append(Entry({Stream.ACCEPTED: [Record("s1", NOW, 1, body)]}))
    mill.loader().run_once()
    assert [*mill.ids(), *mill.ids(table="quarantine")] == ["good", "more", "deep"]


def test_a_repair_while_a_load_is_prepared_has_it_prepared_again(mill: Mill) -> None:
    mill.accept("a", total=5)
    mill.accept("b", total="free")
    loader = mill.loader()
    loader.run_once()
    mill.accept("c", total="none")

    def mend() -> None:
        mill.warehouses.before_commit = lambda: None
        repair(mill.warehouses.workspace("w1"), "shop1.ran", "total", "text")

    mill.warehouses.before_commit = mend
    loader.run_once()
    with mill.warehouses.workspace("w1").reading() as cursor:
        found = cursor.execute("SELECT id, total FROM shop1.ran ORDER BY id").fetchall()
    assert found == [("a", "5"), ("b", "free"), ("c", "none")]


def test_tables_that_change_at_every_try_are_tried_again_later(mill: Mill) -> None:
    mill.accept("a")
    mill.warehouses.failures = [WarehouseStaleError("Changed."), WarehouseStaleError("Changed.")]
    loader = mill.loader()
    with pytest.raises(WarehouseStaleError):
        loader.run_once()
    loader.run_once()
    assert mill.ids() == ["a"]
