"""Sending on, dismissing and restoring: once each, at their own time, and on the account."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headwater.access import audit, tokens
from headwater.access.admission import by_token
from headwater.access.model import Grant
from headwater.access.roles import Role
from headwater.access.sources import update
from headwater.errors import BadRequestError, ConflictError, ForbiddenError, UnavailableError
from headwater.kit.clock import isoformat
from headwater.ports import REPLAYS, Owner
from headwater.quarantine.model import Fix, Operation, RunState, Selection, State
from tests.quarantine.world import CutError, World

SET_ID = Fix(op=Operation.SET, path="userId", value="mended")
NO_ID = Selection(reason="no_user_anon_id")


def nameless(number: int, **more: Any) -> dict[str, Any]:
    """A track call that nobody made."""
    return {"type": "track", "event": "Paid", "messageId": f"m{number}", **more}


def good(number: int) -> dict[str, Any]:
    return {**nameless(number), "userId": "u"}


def replay(world: World, selection: Selection = NO_ID, *fixes: Fix, raw: str | None = None) -> Any:
    return world.run(lambda q: q.replay(world.owner, selection, fixes or (SET_ID,), raw))


def open_ids(world: World, state: State = State.OPEN) -> list[str]:
    page = world.run(
        lambda q: q.events(world.owner.workspace_id, Selection(state=state), count=200)
    )
    return [each.message_id for each in page.events]


def test_a_replayed_event_is_loaded_as_if_it_had_been_right_at_first(world: World) -> None:
    received = world.clock.now()
    world.send(
        nameless(1, timestamp=isoformat(received - 90_000_000)),
        ip="203.0.113.7",
        user_agent="Browser",
        shared={
            "context": {"app": {"name": "till"}},
            "sentAt": isoformat(received - 60_000_000),
        },
    )
    world.settle()
    assert world.totals().rejected == {"no_user_anon_id": 1}
    world.clock.advance(seconds=7200)

    run = replay(world)

    assert (run.events, run.total, run.state) == (1, 1, RunState.DONE)
    waiting = world.totals()
    assert (waiting.accepted, waiting.waiting, waiting.rejected) == (1, 1, {})
    world.settle()
    after = world.totals()
    assert (after.accepted, after.loaded, after.rejected) == (1, 1, {})
    [(at, happened, context)] = world.rows(
        'SELECT epoch_us(received_at), epoch_us("timestamp"), context'
        ' FROM "_headwater"."events_shop"'
    )
    assert at == received
    assert happened == received - 30_000_000  # corrected by the batch's sentAt
    assert msgspec.json.decode(context) == {
        "app": {"name": "till"},
        "ip": "203.0.113.7",
        "userAgent": "Browser",
    }
    assert open_ids(world) == []
    assert open_ids(world, State.REPLAYED) == ["m1"]


def test_an_event_is_sent_on_once_and_a_resent_one_is_not_doubled(world: World) -> None:
    world.send(nameless(1))
    world.settle()
    replay(world)
    with pytest.raises(ConflictError):
        replay(world)
    world.send(good(1))  # the sender mended it too
    world.settle()
    assert world.loaded() == ["m1"]
    assert world.totals().duplicates == 1


def test_what_is_still_wrong_is_kept_aside_again_as_another(world: World) -> None:
    world.send(nameless(1))
    world.settle()
    fix = Fix(op=Operation.SET, path="properties", value=[])
    replay(world, NO_ID, fix, SET_ID)
    world.settle()
    assert world.totals().rejected == {"properties_not_object": 1}
    again = Selection(reason="properties_not_object")
    replay(world, again, Fix(op=Operation.REMOVE, path="properties"))
    world.settle()
    assert world.loaded() == ["m1"]
    assert world.totals().rejected == {}


def test_an_event_without_an_id_gets_the_same_one_each_time(world: World) -> None:
    world.send({"type": "track", "event": "Paid"}, {"type": "track", "messageId": ["no"]})
    world.settle()
    replay(world)
    fixes = (
        Fix(op=Operation.REMOVE, path="messageId"),
        Fix(op=Operation.SET, path="event", value="Paid"),
        SET_ID,
    )
    replay(world, Selection(reason="message_id_invalid"), *fixes)
    world.settle()
    assert len(set(world.loaded())) == 2


def test_what_is_no_event_is_left_and_counted(world: World) -> None:
    world.send(nameless(1))
    world.send(5, "text")  # type: ignore[arg-type]
    world.settle()
    run = replay(world, Selection())
    assert (run.events, run.skipped, run.total) == (1, 2, 3)
    world.settle()
    assert world.loaded() == ["m1"]
    assert world.totals().rejected == {"not_an_object": 2}


def test_events_of_a_disabled_source_pass_once_it_is_enabled(world: World) -> None:
    update(world.changes, world.owner, world.source.id, enabled=False)
    world.send(good(1))
    world.settle()
    assert world.totals().rejected == {"source_disabled": 1}
    update(world.changes, world.owner, world.source.id, enabled=True)
    replay(world, Selection(reason="source_disabled"), Fix(op=Operation.REMOVE, path="none"))
    world.settle()
    assert world.loaded() == ["m1"]


def test_an_edited_event_replaces_what_came(world: World) -> None:
    world.send(nameless(1), nameless(2))
    world.settle()
    page = world.run(lambda q: q.events(world.owner.workspace_id, NO_ID))
    keys = {each.message_id: each.key for each in page.events}
    raw = '{"type":"page","userId":"u","name":"Edited","messageId":"m2"}'
    replay(world, Selection(keys=(keys["m2"],)), Fix(op=Operation.REMOVE, path="none"), raw=raw)
    world.settle()
    rows = world.rows('SELECT id, "type", name FROM "_headwater"."events_shop"')
    assert rows == [("m2", "page", "Edited")]
    with pytest.raises(BadRequestError):
        replay(world, NO_ID, raw=raw)
    with pytest.raises(BadRequestError):
        replay(world, Selection(keys=(keys["m1"],)), raw="[]")


def test_a_dismissal_is_taken_back(world: World) -> None:
    world.send(*[nameless(number) for number in range(4)])
    world.settle()
    before = world.totals()
    run = world.run(lambda q: q.dismiss(world.owner, NO_ID))
    assert open_ids(world) == []
    assert world.quarantine.dismissed(world.owner.workspace_id) == 4
    assert world.totals() == before
    back = world.run(lambda q: q.restore(world.owner, run.id))
    assert (back.events, back.state) == (4, RunState.DONE)
    assert len(open_ids(world)) == 4
    with pytest.raises(ConflictError):
        world.run(lambda q: q.restore(world.owner, back.id))


def test_more_events_than_are_decided_at_once_all_get_through(world: World) -> None:
    for first in range(0, 1200, 400):
        world.send(*[nameless(first + number) for number in range(400)])
    world.settle()
    replay(world)
    [run] = world.run(lambda q: q.runs(world.owner.workspace_id))
    assert (run.events, run.state) == (1200, RunState.DONE)
    world.settle()
    assert len(world.loaded()) == 1200
    assert world.totals().loaded == 1200


def test_who_may_not_change_a_source_decides_nothing_about_its_events(world: World) -> None:
    world.send(nameless(1))
    world.settle()
    grants = [Grant(Role.WORKSPACE_MEMBER)]
    _, secret = tokens.create(world.changes, world.owner, name="Eve", grants=grants)
    eve = by_token(world.changes, secret)
    with pytest.raises(ForbiddenError):
        world.run(lambda q: q.replay(eve, NO_ID))
    with pytest.raises(ForbiddenError):
        world.run(lambda q: q.dismiss(eve, NO_ID))


def test_the_audit_trail_has_who_sent_on_what(world: World) -> None:
    world.send(nameless(1))
    world.settle()
    run = replay(world)
    with world.changes.reading() as connection:
        entry = list(audit.entries(connection))[-1]
    assert (entry.action, entry.subject_id) == ("Quarantined Events Replayed", run.id)
    assert entry.actor == world.owner.actor


def test_a_preview_changes_nothing(world: World) -> None:
    world.send(nameless(1), nameless(2))
    world.settle()
    before = world.totals()
    workspace_id = world.owner.workspace_id
    tried = world.run(lambda q: q.preview(workspace_id, NO_ID, [SET_ID]))
    assert (tried.total, tried.checked, tried.passes, tried.fails) == (2, 2, 2, 0)
    assert msgspec.json.decode(tried.examples[0].after)["userId"] == "mended"
    tried = world.run(lambda q: q.preview(workspace_id, NO_ID))
    assert tried.examples[0].verdict == "no_user_anon_id"
    assert world.totals() == before
    assert len(open_ids(world)) == 2


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_cut_at_the_append_neither_loses_nor_doubles(world: World, moment: str) -> None:
    world.send(nameless(1), nameless(2))
    world.settle()
    world.log.cut = moment
    with pytest.raises(CutError):
        replay(world)
    world.restart()
    world.settle()
    assert world.loaded() == ["m1", "m2"]
    assert world.totals().loaded == 2
    assert open_ids(world) == []
    asyncio.run(world.quarantine.aclose())
    writer = world.log.writer(Owner.COLLECTOR, REPLAYS)
    assert list(writer.marks()) == []  # so nothing holds back retention
    writer.close()


def test_what_the_warehouse_could_not_be_told_it_is_told_later(world: World) -> None:
    world.send(nameless(1))
    world.settle()
    world.is_away = True
    with pytest.raises(UnavailableError):
        replay(world)
    world.is_away = False
    replay(world)
    world.settle()
    assert world.loaded() == ["m1"]


ACTIONS = st.lists(
    st.sampled_from(
        ["good", "bad", "again", "settle", "replay", "dismiss", "cut before", "cut after"]
    ),
    min_size=3,
    max_size=14,
)


@settings(
    max_examples=15,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(actions=ACTIONS)
def test_whatever_is_done_the_account_balances_and_nothing_is_doubled(
    make_world: Callable[[], World], actions: list[str]
) -> None:
    world, number = make_world(), 0
    for action in actions:
        if action in ("good", "bad"):
            number += 1
            world.send((good if action == "good" else nameless)(number))
        elif action == "again" and number:
            world.send(good(number))
        elif action == "settle":
            world.settle()
        elif action.startswith("cut"):
            world.log.cut = action.removeprefix("cut ")
            with suppress(CutError, ConflictError):
                replay(world)
            world.restart()
        else:
            decide = replay if action == "replay" else _dismiss
            with suppress(ConflictError):
                decide(world)
        world.totals()
    world.settle()
    totals = world.totals()
    loaded = world.loaded()
    assert len(loaded) == len(set(loaded)) == totals.loaded
    assert totals.waiting == 0


def _dismiss(world: World) -> None:
    world.run(lambda q: q.dismiss(world.owner, NO_ID))
