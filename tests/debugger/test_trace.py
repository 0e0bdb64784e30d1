"""An event's way, as far as it has come."""

import asyncio

import pytest

from headwater.debugger.debugger import Debugger
from headwater.debugger.model import KeptAside, StageState, Trace, Whereabouts
from headwater.errors import NotFoundError
from headwater.ports import Stream
from tests.debugger.world import CONFIGURATION, LIMITS, SOURCES, World, track


def trace(world: World, message_id: str, *ids: str) -> Trace:
    debugger = Debugger(world.log, world, lambda: CONFIGURATION, LIMITS)
    sources = [SOURCES[each] for each in ids or ("s1",)]
    return asyncio.run(debugger.trace("w", sources, message_id))


def states(found: Trace) -> list[str]:
    return [stage.state.value for stage in found.stages]


def test_an_event_is_followed_as_it_goes(world: World) -> None:
    world.send(track("a", userId=7), user_agent="Browser")
    found = trace(world, "a")
    assert (found.outcome, states(found)) == (
        "waiting",
        ["done", "waiting", "waiting", "waiting", "none"],
    )
    world.lead()
    found = trace(world, "a")
    assert (found.outcome, states(found)) == (
        "accepted",
        ["done", "done", "done", "waiting", "none"],
    )
    assert found.stages[0].facts["userAgent"] == "Browser"
    changes = {each.path: (each.before, each.after) for each in found.differences}
    assert changes["userId"] == (7, "7")
    assert "event" not in changes


def test_a_repetition_is_counted_and_not_followed(world: World) -> None:
    world.send(track("a"))
    world.send(track("a"))
    world.lead()
    found = trace(world, "a")
    assert (found.outcome, found.repeats) == ("accepted", 1)


def test_an_event_kept_aside_says_where_it_lies(world: World) -> None:
    world.send({"type": "track", "event": "Paid", "messageId": "b"})
    world.lead()
    at = world.clock.now() - 1_000_000
    kept = KeptAside("s1", "b", at, "no_user_anon_id", "Neither.", "key", "{}")
    world.held = Whereabouts([], [kept])
    found = trace(world, "b")
    assert (found.outcome, found.reason, found.quarantine_key) == (
        "quarantined",
        "no_user_anon_id",
        "key",
    )
    assert states(found) == ["done", "failed", "none", "none", "none"]


def test_what_the_log_no_longer_holds_is_told_by_the_warehouse(world: World) -> None:
    kept = KeptAside("s1", "old", 1_600_000_000_000_000, "id_required", "No.", "key", '{"a":1}')
    world.held = Whereabouts([], [kept])
    found = trace(world, "old")
    assert found.stages[0].state is StageState.GONE
    assert found.raw == '{"a":1}'


def test_another_sources_event_is_not_found(world: World) -> None:
    world.send(track("secret"), source_id="s2")
    world.lead()
    assert trace(world, "secret", "s2").outcome == "accepted"
    with pytest.raises(NotFoundError):
        trace(world, "secret", "s1")
    with pytest.raises(NotFoundError):
        trace(world, "nothing")


def test_an_old_event_is_found_by_its_time(world: World) -> None:
    for number in range(60):
        world.send(track(f"m{number}"))
    world.lead()
    positions = world.log.ends(Stream.COLLECTED)
    assert positions == {"0": 60}
    found = trace(world, "m3")
    assert found.stages[0].facts["position"] == 4
