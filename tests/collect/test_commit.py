"""Group commit: nobody is answered before the append returned."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from headwater.collect.commit import Committed, Committer, tallies
from headwater.errors import LogError, UnavailableError
from headwater.kit.clock import MICROSECONDS_PER_HOUR
from headwater.ports import Outcome, Record, Stream, Tally
from tests.collect.writers import Writer


def record(name: str, *, source: str = "s", hour: int = 1, count: int = 1, size: int = 0) -> Record:
    body = name.encode() + b"." * size
    return Record(source, hour * MICROSECONDS_PER_HOUR, count, body)


def committing(
    writer: Writer,
    scene: Callable[[Committer], Awaitable[None]],
    report: Callable[[Committed], None] = lambda _: None,
    **options: Any,
) -> None:
    """Play a scene with a committer on this writer, and close it."""

    async def play() -> None:
        chosen = {"report": report, "monotonic": time.monotonic, **options}
        committer = Committer(writer.open, **chosen)
        async with asyncio.timeout(30):
            try:
                await scene(committer)
            finally:
                writer.let_go(all_of_them=True)
                await committer.close()

    asyncio.run(play())


def kept(committer: Committer, record: Record) -> "asyncio.Future[UnavailableError | None]":
    """What becomes of a record that is submitted now."""
    done: asyncio.Future[UnavailableError | None] = asyncio.get_running_loop().create_future()
    committer.submit(record, done.set_result)
    return done


async def under_way(writer: Writer) -> None:
    """Wait until an append has begun."""
    assert await asyncio.to_thread(writer.appending.acquire, timeout=30)


def test_an_answer_waits_until_the_append_has_returned() -> None:
    writer = Writer()
    writer.hold()

    async def scene(committer: Committer) -> None:
        done = kept(committer, record("a"))
        await under_way(writer)
        assert not done.done()
        assert writer.entries == []
        writer.let_go()
        assert await done is None
        assert writer.bodies == [b"a"]

    committing(writer, scene)


def test_requests_of_one_turn_of_the_loop_share_one_append() -> None:
    writer = Writer()

    async def scene(committer: Committer) -> None:
        results = await asyncio.gather(*[kept(committer, record(str(n))) for n in range(50)])
        assert results == [None] * 50

    committing(writer, scene)
    assert len(writer.entries) == 1
    assert writer.bodies == [str(n).encode() for n in range(50)]


def test_what_gathers_during_an_append_is_the_next_one() -> None:
    writer = Writer()
    writer.hold()

    async def scene(committer: Committer) -> None:
        first = kept(committer, record("first"))
        await under_way(writer)
        later = [kept(committer, record(f"later {n}")) for n in range(3)]
        writer.let_go()
        await first
        await under_way(writer)
        assert not any(done.done() for done in later)
        writer.let_go()
        await asyncio.gather(*later)

    committing(writer, scene)
    assert [len(entry.records[Stream.COLLECTED]) for entry in writer.entries] == [1, 3]


def test_an_entry_accounts_for_its_records_by_source_and_hour() -> None:
    records = [
        record("a", count=3),
        record("b", count=2),
        record("c", source="t"),
        record("d", hour=2, count=5),
    ]
    assert sorted(tallies(records)) == [
        Tally("s", 1, Outcome.ACCEPTED, "", 5),
        Tally("s", 2, Outcome.ACCEPTED, "", 5),
        Tally("t", 1, Outcome.ACCEPTED, "", 1),
    ]
    writer = Writer()

    async def scene(committer: Committer) -> None:
        await asyncio.gather(*[kept(committer, each) for each in records])

    committing(writer, scene)
    assert sorted(writer.tallies()) == sorted(tallies(records))


def test_a_full_disk_refuses_everyone_who_waits_and_recovers_by_itself() -> None:
    writer = Writer()
    writer.is_full = True

    async def scene(committer: Committer) -> None:
        refused = await asyncio.gather(*[kept(committer, record(str(n))) for n in range(3)])
        assert [error.code for error in refused if error] == ["log_full"] * 3
        assert all(error.retry_after_seconds >= 1 for error in refused if error)
        writer.is_full = False
        assert await kept(committer, record("after")) is None

    committing(writer, scene)
    assert writer.bodies == [b"after"]
    assert writer.opened == 1


@pytest.mark.parametrize("fault", [LogError("The file is broken."), RuntimeError("a fault")])
def test_a_broken_log_is_opened_anew(fault: Exception) -> None:
    writer = Writer()
    writer.fault = fault

    async def scene(committer: Committer) -> None:
        error = await kept(committer, record("lost"))
        assert isinstance(error, UnavailableError)
        assert error.code == "log_error"
        writer.fault = None
        assert await kept(committer, record("kept")) is None

    committing(writer, scene)
    assert writer.bodies == [b"kept"]
    assert (writer.opened, writer.closed) == (2, 2)


def test_too_many_waiting_bytes_are_refused_at_once() -> None:
    writer = Writer()
    writer.hold()

    async def scene(committer: Committer) -> None:
        first = kept(committer, record("a", size=5000))
        await under_way(writer)
        second = kept(committer, record("b", size=5000))
        with pytest.raises(UnavailableError) as caught:
            kept(committer, record("c", size=5000))
        assert caught.value.retry_after_seconds >= 1
        writer.let_go(all_of_them=True)
        assert await first is None
        assert await second is None
        assert await kept(committer, record("d", size=5000)) is None

    committing(writer, scene, queue_bytes=8000)


def test_a_large_backlog_is_committed_in_bounded_groups() -> None:
    writer = Writer()
    groups: list[Committed] = []

    async def scene(committer: Committer) -> None:
        await asyncio.gather(*[kept(committer, record(str(n), size=3_000_000)) for n in range(12)])

    committing(writer, scene, groups.append)
    assert len(writer.records) == 12
    assert len(groups) == 3
    assert all(group.bytes <= 16_000_000 for group in groups)


def test_a_probe_makes_the_log_write_and_keeps_nothing() -> None:
    writer = Writer()

    async def scene(committer: Committer) -> None:
        assert await committer.probe() is None
        writer.is_full = True
        error = await committer.probe()
        assert error is not None
        assert error.code == "log_full"

    committing(writer, scene)
    assert writer.records == []


def test_a_probe_remembers_a_failure_for_a_moment_and_a_success_ends_it() -> None:
    writer = Writer()
    now = [0.0]

    async def scene(committer: Committer) -> None:
        writer.is_full = True
        await kept(committer, record("refused"))
        writer.is_full = False
        assert await committer.probe() is not None
        now[0] += 5.0
        assert await committer.probe() is None
        writer.is_full = True
        await kept(committer, record("refused"))
        writer.is_full = False
        await kept(committer, record("kept"))
        assert await committer.probe() is None

    committing(writer, scene, monotonic=lambda: now[0])


def test_closing_commits_all_that_waits() -> None:
    writer = Writer()
    waiting = []

    async def scene(committer: Committer) -> None:
        waiting.extend([kept(committer, record(str(n))) for n in range(5)])

    committing(writer, scene)
    assert len(writer.records) == 5
    assert writer.closed == 1
    assert all(done.done() for done in waiting)


def test_groups_are_reported_with_their_counts() -> None:
    groups: list[Committed] = []

    async def scene(committer: Committer) -> None:
        await asyncio.gather(*[kept(committer, record("x", count=4)) for _ in range(3)])

    committing(Writer(), scene, groups.append)
    [group] = groups
    assert (group.records, group.error) == (3, None)
    assert group.tallies == [Tally("s", 1, Outcome.ACCEPTED, "", 12)]
