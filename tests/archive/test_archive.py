"""Collected requests in the archive: each once and as it came, whatever is cut off when."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from headwater.access.changes import Changes
from headwater.archive import rows, store
from headwater.archive.archive import Archive
from headwater.archive.archiving import Archiver
from headwater.archive.files import Files
from headwater.archive.requests import StoredRequests, place_of
from headwater.databases.migrate import migrate
from headwater.databases.sql import sqlite_database
from headwater.errors import ArchiveError
from headwater.kit.clock import FakeClock
from headwater.logs.sqlite import SqliteLog
from headwater.ports import Entry, Owner, Record, Retention, Stored, Stream
from headwater.spec import collected

DAY = 86_400_000_000
META = collected.ENCODER.encode(collected.Request(collected.Shape.BATCH))
AGAIN = META[:-1] + b',"again":{"run":"r"}}'


class CutError(Exception):
    """What a test puts where a power cut would fall."""


class CutChanges(Changes):
    """A state that can be cut off before it notes anything."""

    is_cut = False

    @contextmanager
    def noting(self) -> Iterator[Connection]:
        with super().noting() as connection:
            yield connection
            if self.is_cut:
                raise CutError


class Kept:
    """A log that small segments are cut of, and its archive."""

    def __init__(self, folder: Path, place: str = "on") -> None:
        folder.mkdir(exist_ok=True)
        database = sqlite_database(folder)
        migrate(database)
        self.folder = folder
        self.clock = FakeClock()
        self.changes = CutChanges(database, self.clock, lambda _: None)
        self.log = SqliteLog(
            folder / "log",
            segment_bytes=1_500,
            consumers={Stream.COLLECTED: ["pipeline", "archive"]},
        )
        self.writers = {
            name: self.log.writer(Owner.COLLECTOR, name) for name in ("0", "1", "replays")
        }
        self.files = Files(place, folder / "archive")
        self.archiver = self.made()
        self.requests = StoredRequests(self.log, Archive(self.changes, self.files))

    def made(self, days: float = 0) -> Archiver:
        return Archiver(self.log, self.changes, self.files, self.clock, days=days)

    def collect(
        self, source: str = "a", *, partition: str = "0", body: bytes = b"", meta: bytes = META
    ) -> None:
        at = self.clock.now()
        body = body or msgspec.json.encode({"batch": [{"userId": "ada", "messageId": str(at)}]})
        self.writers[partition].append(
            Entry({Stream.COLLECTED: [Record(source, at, 1, body, meta)]})
        )

    def read(self, *sources: str, since: int = 0, until: int = 1 << 62) -> list[Stored]:
        return list(self.requests.between(sources or ("a", "b"), since, until))

    def collected(self) -> list[Stored]:
        return list(self.log.read(Stream.COLLECTED, {}, max_bytes=10**9))

    def live(self) -> int:
        with self.changes.reading() as connection:
            return len(store.files(connection))

    def close(self) -> None:
        for writer in self.writers.values():
            writer.close()
        self.log.close()


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Kept]:
    made = Kept(tmp_path)
    yield made
    made.close()


@given(
    bodies=st.lists(
        st.tuples(st.binary(min_size=0, max_size=60), st.sampled_from("ab"), st.sampled_from("01")),
        min_size=1,
        max_size=12,
    ),
    archived=st.integers(0, 12),
)
@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_read_is_what_was_collected_byte_for_byte_wherever_it_lies(
    tmp_path_factory: pytest.TempPathFactory,
    bodies: list[tuple[bytes, str, str]],
    archived: int,
) -> None:
    kept = Kept(tmp_path_factory.mktemp("kept"))
    try:
        for number, (body, source, partition) in enumerate(bodies):
            kept.collect(source, partition=partition, body=b"{" + body, meta=META)
            kept.clock.advance(seconds=40_000)
            if number == archived:
                kept.archiver.run_once()
        assert kept.read() == sorted(kept.collected(), key=place_of)
        kept.archiver.run_once()
        assert kept.read() == sorted(kept.collected(), key=place_of)
        first = kept.collected()[0]
        assert kept.read(first.record.source_id)[0].record.source_id == first.record.source_id
    finally:
        kept.close()


def test_a_time_and_a_place_narrow_what_is_read(kept: Kept) -> None:
    for _ in range(6):
        kept.collect()
        kept.clock.advance(seconds=86_400)
    kept.archiver.run_once()
    everything = kept.read()
    second, fourth = (everything[n].record.received_at for n in (1, 3))

    assert kept.read(since=second, until=fourth) == everything[1:3]
    after = kept.requests.between(["a"], 0, after=place_of(everything[3]))
    assert list(after) == everything[4:]


def test_the_log_keeps_what_is_not_archived(kept: Kept) -> None:
    for _ in range(40):
        kept.collect()
        kept.clock.advance(seconds=1)
    kept.log.acknowledge("pipeline", Stream.COLLECTED, kept.log.ends(Stream.COLLECTED))
    at_once = Retention(0.001, 1)

    kept.log.retain(at_once, now=kept.clock.now() + DAY)
    assert len(kept.collected()) == 40

    kept.archiver.run_once()
    kept.log.retain(at_once, now=kept.clock.now() + DAY)
    assert len(kept.collected()) < 40
    assert len(kept.read()) == 40


def test_what_a_cut_left_unnoted_is_archived_again_once(kept: Kept) -> None:
    kept.collect()
    kept.changes.is_cut = True
    with pytest.raises(CutError):
        kept.archiver.run_once()
    kept.changes.is_cut = False
    assert len(kept.files.sizes()) == 1
    assert len(kept.read()) == 1

    kept.made().run_once()

    assert len(kept.files.sizes()) == 1
    assert len(kept.read()) == 1


def test_small_files_become_one_and_those_before_it_go_when_nobody_reads_them(kept: Kept) -> None:
    for _ in range(9):
        kept.collect()
        kept.clock.advance(seconds=1)
        kept.archiver.run_once()
    before = kept.read()
    assert kept.live() < 9

    kept.clock.advance(seconds=90_000)
    while kept.archiver.run_once():
        pass
    assert kept.live() == 1
    kept.clock.advance(seconds=3_601)
    kept.archiver.run_once()

    assert len(kept.files.sizes()) == 1
    assert kept.read() == before


def test_requests_past_their_time_leave_the_archive(kept: Kept) -> None:
    kept.collect()
    kept.clock.advance(seconds=40 * 86_400)
    kept.collect()
    archiver = kept.made(days=30)
    archiver.run_once()
    kept.clock.advance(seconds=3_601)
    archiver.run_once()

    assert len(kept.read()) == 1
    assert len(kept.files.sizes()) == 1


def test_what_replays_sent_again_is_not_archived_again(kept: Kept) -> None:
    kept.collect()
    kept.collect(partition="replays", meta=AGAIN)
    kept.collect("b", partition="replays")
    assert [each.partition for each in kept.read()] == ["0", "replays"]
    kept.archiver.run_once()
    assert [each.partition for each in kept.read()] == ["0", "replays"]


def test_whose_events_a_request_holds_stands_in_columns(kept: Kept) -> None:
    kept.collect(body=b'{"batch":[{"userId":7,"previousId":"b"},{"anonymousId":"x"}]}')
    kept.collect(body=b"{broken")
    kept.archiver.run_once()
    [path] = kept.files.sizes()
    found = pq.read_table(kept.folder / "archive" / path)

    assert found["user_ids"].to_pylist() == [["7", "b"], None]
    assert found["anonymous_ids"].to_pylist() == [["x"], None]
    assert path.startswith("source=a/day=2023-11-14/0-")


def test_row_groups_stay_small_whatever_is_archived_at_once() -> None:
    body = b'{"batch":[]}' + b" " * 900_000
    requests = [Stored("0", n, Record("a", n, 1, body, META)) for n in range(10)]
    groups = rows.grouped(rows.table(requests))

    assert [group.num_rows for group in groups] == [4, 4, 2]
    assert [each for group in groups for each in rows.stored(group)] == requests


def test_an_archive_may_lie_elsewhere(tmp_path: Path) -> None:
    kept = Kept(tmp_path / "data", f"file://{tmp_path}/elsewhere")
    kept.collect()
    kept.archiver.run_once()

    assert len(list((tmp_path / "elsewhere").rglob("*.parquet"))) == 1
    assert kept.read() == kept.collected()
    kept.close()
    with pytest.raises(ArchiveError, match="no place for it"):
        Files("nowhere://x", tmp_path)
