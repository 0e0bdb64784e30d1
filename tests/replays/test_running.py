"""Replays on their way: paced, paused, cut off and gone on with, each event once."""

import asyncio
from typing import Any

import pytest

from headwater.access.model import Principal
from headwater.errors import ConflictError, ForbiddenError, FqlError, InvalidError, NotFoundError
from headwater.ports import Stream
from headwater.replays.model import RunState, Selection
from headwater.replays.replays import Replays
from headwater.spec.again import Mode
from tests.quarantine.world import CutError
from tests.replays.world import EVERYTHING, ReplayWorld, identify, track


def collected(world: ReplayWorld, requests: int = 6) -> None:
    for number in range(requests):
        world.send(track(f"m{number}"), identify(f"i{number}", n=number))
    world.settle()


def begun(world: ReplayWorld, selection: Selection = EVERYTHING, **options: Any) -> str:
    run = world.asked(lambda replays: replays.start(world.owner, selection, **options))
    return str(run.id)


def steps(world: ReplayWorld, count: int) -> None:
    """Turn the runner's loop so many times."""

    async def turn() -> None:
        runner = world.replays.runner
        for _ in range(count):
            runner.settle()
            run = runner._next()
            if run is not None:
                await runner.step(run)

    asyncio.run(turn())


def state(world: ReplayWorld, run_id: str) -> Any:
    return world.asked(lambda replays: replays.run(world.owner, run_id))


@pytest.mark.parametrize("cut", ["before", "after"])
def test_a_replay_that_was_cut_off_goes_on_and_sends_each_event_once(
    world: ReplayWorld, cut: str
) -> None:
    collected(world)
    before = world.tables()
    run_id = begun(world, rate=2)
    steps(world, 3)
    world.log.cut = cut
    with pytest.raises(CutError):
        steps(world, 4)
    world.restart_control()
    asyncio.run(world.replays.runner.until_done())
    world.settle()

    found = state(world, run_id)
    assert (found.state, found.read, found.sent, found.total) == (RunState.DONE, 12, 12, 12)
    sent = [
        r for r in world.log.read(Stream.COLLECTED, {}, max_bytes=10**9) if r.partition == "replays"
    ]
    assert sum(each.record.count for each in sent) == 12
    assert world.tables() == before
    assert world.totals().loaded == 12


def test_a_rate_is_kept_by_the_clock(world: ReplayWorld) -> None:
    collected(world)
    began = world.clock.now()
    world.replay(rate=4)

    # Twelve events at four a second; nothing waits after the last.
    assert 2.0 <= (world.clock.now() - began) / 1e6 <= 3.0
    assert all(seconds <= 1 for seconds in world.slept)


def test_a_paused_replay_stands_still_and_goes_on_where_it_was(world: ReplayWorld) -> None:
    collected(world)
    run_id = begun(world, rate=2)
    steps(world, 1)
    world.asked(lambda replays: replays.pause(world.owner, run_id))
    steps(world, 5)
    paused = state(world, run_id)
    assert (paused.state, paused.sent) == (RunState.PAUSED, 2)

    world.asked(lambda replays: replays.resume(world.owner, run_id))
    asyncio.run(world.replays.runner.until_done())
    assert state(world, run_id).sent == 12


def test_a_cancelled_replay_sends_no_more_and_cannot_be_taken_up(world: ReplayWorld) -> None:
    collected(world)
    run_id = begun(world, rate=2)
    steps(world, 1)
    world.asked(lambda replays: replays.cancel(world.owner, run_id))
    steps(world, 5)
    world.settle()

    assert (state(world, run_id).state, state(world, run_id).sent) == (RunState.CANCELLED, 2)
    assert world.totals().loaded == 12
    with pytest.raises(ConflictError, match="cancelled"):
        world.asked(lambda replays: replays.resume(world.owner, run_id))


def test_a_preview_counts_what_would_be_sent(world: ReplayWorld) -> None:
    world.rules = [("drop", {"where": 'event = "Spam"'})]
    world.send(track("m1"), track("m2", "Spam"))
    world.clock.advance(seconds=86_400)
    world.send(identify("m3"))
    world.archive()
    world.settle()

    async def look(replays: Replays) -> Any:
        everything = await replays.preview(world.owner, EVERYTHING)
        spam = Selection(source_ids=(), since=0, until=1 << 62, condition='event = "Spam"')
        return everything, await replays.preview(world.owner, spam, Mode.MISSING)

    everything, spam = world.asked(look)
    assert (everything.read, everything.events, everything.requests) == (3, 3, 2)
    assert {each.name: each.events for each in everything.by_event} == {
        "Sold": 1,
        "Spam": 1,
        "identify": 1,
    }
    assert [each.events for each in everything.by_source] == [3]
    assert everything.is_complete
    assert everything.available_from == everything.first_at
    assert everything.archived_until == everything.last_at
    assert (spam.events, spam.missing) == (1, 1)


def test_what_cannot_be_is_refused_before_anything_is_done(world: ReplayWorld) -> None:
    async def start(replays: Replays, selection: Selection = EVERYTHING, **options: Any) -> Any:
        return await replays.start(world.owner, selection, **options)

    with pytest.raises(InvalidError, match="cannot be replayed to 'braze'"):
        world.asked(lambda replays: start(replays, target="braze"))
    with pytest.raises(InvalidError, match="since"):
        world.asked(lambda replays: start(replays, Selection(source_ids=(), since=9, until=9)))
    wrong = Selection(source_ids=(), since=0, until=9, condition="event = (")
    with pytest.raises(FqlError):
        world.asked(lambda replays: start(replays, wrong))
    unknown = Selection(source_ids=("none",), since=0, until=9)
    with pytest.raises(NotFoundError):
        world.asked(lambda replays: start(replays, unknown))
    assert world.asked(lambda replays: replays.runs(world.owner)) == []


def test_who_may_not_change_a_source_may_not_replay_its_events(world: ReplayWorld) -> None:
    reader = Principal("user:r", world.owner.workspace_id, ())
    with pytest.raises(ForbiddenError, match=r"source\.admin"):
        world.asked(lambda replays: replays.start(reader, EVERYTHING))


def test_quarantines_own_replays_and_these_share_a_partition(world: ReplayWorld) -> None:
    world.rules = [("drop", {"where": "true", "action": "quarantine"})]
    world.send(track("m1"))
    world.settle()
    world.rules = []
    chosen = world.quarantine_selection()
    world.run(lambda quarantine: quarantine.replay(world.owner, chosen))
    world.settle()
    world.replay()
    world.replay()

    assert world.loaded() == ["m1"]
    assert world.totals().loaded == 1
