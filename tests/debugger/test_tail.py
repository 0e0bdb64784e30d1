"""The live tail: what each event is shown as, when, and to whom."""

import asyncio
import threading

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headwater.debugger.debugger import Debugger
from headwater.debugger.filters import Filter
from headwater.debugger.model import Outcome, Seen
from headwater.ports import Stream
from tests.debugger.world import CONFIGURATION, LIMITS, SOURCES, World, track


def test_each_event_is_shown_once_with_what_became_of_it(world: World) -> None:
    world.send(track("a"), track("a"), {"type": "track", "messageId": "b"}, 5)
    world.lead()
    assert world.outcomes() == [
        ("a", "accepted"),
        ("a", "duplicate"),
        ("b", "quarantined"),
        ("", "quarantined"),
    ]
    assert world.outcomes() == []


def test_an_event_waits_until_the_pipeline_has_been_past_it(world: World) -> None:
    world.send(track("a"))
    assert world.outcomes() == [("a", "waiting")]
    assert world.outcomes() == []
    world.lead()
    assert world.outcomes() == [("a", "accepted")]


def test_the_same_id_says_that_it_is_the_same_event(world: World) -> None:
    world.send(track("a", properties={"total": 5}), ip="203.0.113.7")
    [[waiting], _] = world.take()
    world.lead()
    [[accepted], _] = world.take()
    assert waiting.id == accepted.id
    assert waiting.normalised is None
    assert accepted.normalised is not None
    assert accepted.normalised["properties"] == {"total": 5}
    assert (accepted.ip, accepted.event, accepted.user_id) == ("203.0.113.7", "Paid", "u")


def test_a_repetition_of_what_came_before_the_watching_is_a_duplicate(world: World) -> None:
    world.send(track("old"))
    world.lead()
    world.take()
    world.send(track("old"))
    world.lead()
    assert world.outcomes() == [("old", "duplicate")]


def test_only_the_watched_sources_are_unfolded(world: World) -> None:
    world.send(track("a"))
    world.send(track("b"), source_id="s2")
    world.lead()
    assert world.outcomes(["s2"]) == [("b", "accepted")]


def test_what_comes_too_fast_is_counted_and_left_out(world: World) -> None:
    for first in range(0, 3000, 600):
        world.send(*[track(f"m{first + number}") for number in range(600)])
    world.lead()
    seen, skipped = world.take()
    assert len(seen) + skipped["s1"] == 3000
    assert len(seen) <= 1_600


OPERATIONS = st.lists(
    st.sampled_from(["send", "repeat", "broken", "lead", "take"]), min_size=1, max_size=20
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(operations=OPERATIONS)
def test_in_whatever_order_it_is_read_the_outcomes_are_those_of_the_pipeline(
    tmp_path_factory: "object", operations: list[str]
) -> None:
    world = World(tmp_path_factory.mktemp("tail"))  # type: ignore[attr-defined]
    sent = 0
    last: dict[str, Seen] = {}
    for operation in [*operations, "lead", "take"]:
        if operation == "take":
            seen, _ = world.take()
            last.update({each.id: each for each in seen})
        elif operation == "lead":
            world.pipeline.run_once()
        else:
            event = track("same" if operation == "repeat" else f"m{sent}")
            if operation == "broken":
                del event["userId"]
            world.send(event)
            sent += 1
    world.lead()
    seen, _ = world.take()
    last.update({each.id: each for each in seen})
    assert len(last) == sent
    outcomes = [each.outcome for each in last.values()]
    assert Outcome.WAITING not in outcomes
    repeats = operations.count("repeat")
    assert outcomes.count(Outcome.QUARANTINED) == operations.count("broken")
    assert outcomes.count(Outcome.DUPLICATE) == max(repeats - 1, 0)
    world.close()


def test_many_watchers_share_a_tail_and_each_sees_what_it_asked_for(world: World) -> None:
    stop = threading.Event()
    debugger = Debugger(world.log, world, lambda: CONFIGURATION, LIMITS, stop)

    async def watch() -> tuple[list[Seen], list[Seen]]:
        async with (
            debugger.watch({"s1"}, Filter.of('event = "Paid"')) as one,
            debugger.watch({"s1", "s2"}, Filter.of(text="NEEDLE")) as other,
        ):
            world.send(track("a"), track("b", event="Other", properties={"x": "needle"}))
            world.lead()
            first = [each async for each in _until_settled(one)]
            second = [each async for each in _until_settled(other)]
            stop.set()
            assert [batch async for batch in one] == []
            return first, second

    first, second = asyncio.run(asyncio.wait_for(watch(), 30))
    assert [each.message_id for each in first] == ["a"]
    assert [each.message_id for each in second] == ["b"]


async def _until_settled(watcher: "object"):  # type: ignore[no-untyped-def]
    async for batch in watcher:  # type: ignore[attr-defined]
        for each in batch:
            if each.outcome is not Outcome.WAITING:
                yield each
                return


def test_the_last_events_are_told_with_what_the_warehouse_holds(world: World) -> None:
    world.send(track("a"))
    world.send(track("b"), source_id="s2")
    world.send(track("c"), track("c"))
    world.lead()
    debugger = Debugger(world.log, world, lambda: CONFIGURATION, LIMITS)

    def recent(*ids: str) -> list[tuple[str, str]]:
        sources = [SOURCES[each] for each in ids]
        found = asyncio.run(debugger.recent("w", sources))
        return [(each.message_id, each.outcome.value) for each in found]

    accepted = [("c", "duplicate"), ("c", "accepted"), ("a", "accepted")]
    assert recent("s1") == accepted
    assert len(recent("s1", "s2")) == 4
    world.log.acknowledge("loader", Stream.ACCEPTED, world.log.ends(Stream.ACCEPTED))
    # The log need not hold them any more, and the warehouse knows of none: all had passed before.
    assert {outcome for _, outcome in recent("s1")} == {"duplicate"}
