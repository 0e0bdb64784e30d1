"""Events that are led through again take the place of what they were, and nothing is doubled."""

from collections.abc import Callable

from headwater.plans.model import Governed, Published, PublishedPlan
from headwater.ports import Stream
from headwater.replays.model import Selection
from headwater.spec.again import Mode
from headwater.workspaces.source_settings import SourceSettingsOutputV1, TrackSourceSettingsV1
from tests.replays.world import EVERYTHING, ReplayWorld, identify, track

Make = Callable[..., ReplayWorld]


def test_under_the_same_rules_nothing_changes(world: ReplayWorld) -> None:
    world.send(track("m1", properties={"n": 1}), identify("m2", city="Rome"), track("m1"))
    world.send({"type": "track", "messageId": "bad"}, track("m3", "Viewed"))
    world.settle()
    before = world.tables()

    world.replay()

    assert world.tables() == before
    totals = world.totals()
    assert (totals.loaded, totals.duplicates, sum(totals.rejected.values())) == (3, 1, 1)
    assert (totals.waiting, dict(totals.filtered)) == (0, {})


def test_a_renamed_event_moves_to_the_other_table(world: ReplayWorld) -> None:
    world.send(track("m1", "Sold"), track("m2", "Kept"))
    world.settle()
    world.definitions = [{"condition": 'event = "Sold"', "new_event_name": "Bought"}]

    world.replay()

    assert world.rows("SELECT id FROM shop.bought") == [("m1",)]
    assert world.rows("SELECT count(*) FROM shop.sold") == [(0,)]
    assert world.loaded() == ["m1", "m2"]
    assert world.totals().loaded == 2


def test_what_a_rule_leaves_out_now_goes_and_comes_back(world: ReplayWorld) -> None:
    world.send(track("m1", "Spam"), track("m2"), identify("m3", "eve", city="Rome"))
    world.settle()
    world.rules = [("drop", {"where": 'event = "Spam" or type = "identify"'})]
    world.replay()

    assert world.loaded() == ["m2"]
    assert world.rows("SELECT count(*) FROM shop.users") == [(0,)]
    totals = world.totals()
    assert (totals.loaded, dict(totals.filtered)) == (1, {"rule:r0": 2})

    world.rules = []
    world.replay()

    assert world.loaded() == ["m1", "m2", "m3"]
    assert world.rows("SELECT id, city FROM shop.users") == [("eve", "Rome")]
    totals = world.totals()
    assert totals.loaded == 3
    assert dict(totals.filtered) == {"rule:r0": 2, "replayed": -2}


def test_what_is_kept_aside_now_lies_in_quarantine_and_is_released_later(
    world: ReplayWorld,
) -> None:
    world.send(track("m1"), track("m2", "Odd"))
    world.settle()
    world.rules = [("drop", {"where": 'event = "Odd"', "action": "quarantine"})]
    world.replay()
    world.replay()

    assert world.loaded() == ["m1"]
    assert dict(world.totals().rejected) == {"rule_violation": 1}
    assert len(world.tables()["quarantine"]) == 1

    world.rules = []
    world.replay()

    assert world.loaded() == ["m1", "m2"]
    assert dict(world.totals().rejected) == {}
    assert world.tables()["quarantine"] == []


def test_the_first_receipt_of_a_message_id_counts(world: ReplayWorld) -> None:
    world.rules = [("drop", {"where": "properties.v = 1"})]
    world.send(track("m1", properties={"v": 1}))
    world.clock.advance(seconds=7_200)
    world.send(track("m1", properties={"v": 2}))
    world.settle()
    assert world.rows("SELECT v FROM shop.sold") == [(2,)]

    world.rules = []
    world.replay()

    assert world.rows("SELECT v FROM shop.sold") == [(1,)]
    assert world.totals().loaded == 1


def test_a_person_is_what_the_calls_say_that_there_are(world: ReplayWorld) -> None:
    world.send(identify("m1", city="Rome", plan="a"))
    world.send(identify("m2", city="Oslo"))
    world.settle()
    world.rules = [("drop", {"where": 'traits.city = "Oslo"'})]
    world.replay()
    assert world.rows("SELECT city, plan FROM shop.users") == [("Rome", "a")]


def test_missing_sends_what_is_not_there_and_nothing_else(world: ReplayWorld) -> None:
    world.rules = [("drop", {"where": 'event = "Spam"'})]
    world.send(track("m1", "Spam"), track("m2", properties={"a": " x "}))
    world.settle()
    world.rules = [("trim", {"paths": ["properties.*"]})]

    run_id = world.replay(mode=Mode.MISSING)

    assert world.loaded() == ["m1", "m2"]
    assert world.rows("SELECT a FROM shop.sold") == [(" x ",)]
    run = world.asked(lambda replays: replays.run(world.owner, run_id))
    assert (run.read, run.sent, run.skipped) == (2, 1, 1)
    assert world.totals().loaded == 2


def test_only_what_the_selection_means_is_led_through(world: ReplayWorld) -> None:
    world.send(track("m1", properties={"n": 1}), track("m2", properties={"n": 2}))
    world.send(track("m3", properties={"n": 1}))
    world.settle()
    world.definitions = [{"new_event_name": "Other"}]
    chosen = Selection(source_ids=(), since=0, until=1 << 62, condition="properties.n = 1")
    world.replay(chosen)

    assert sorted(world.rows("SELECT id FROM shop.other")) == [("m1",), ("m3",)]
    assert world.rows("SELECT id FROM shop.sold") == [("m2",)]
    world.definitions = []
    world.replay(Selection(source_ids=(), since=0, until=1 << 62, events=("Other",)))
    assert len(world.rows("SELECT id FROM shop.other")) == 2
    assert world.totals().loaded == 3


def test_times_stay_as_they_were(world: ReplayWorld) -> None:
    world.send(track("m1", timestamp="2023-11-01T10:00:00Z"), sent_at="2023-11-01T10:00:09.000Z")
    world.settle()
    columns = "received_at, sent_at, original_timestamp, timestamp"
    before = world.rows(f"SELECT {columns} FROM shop.sold")
    world.clock.advance(seconds=86_400)
    world.archive()
    world.replay()

    assert world.rows(f"SELECT {columns} FROM shop.sold") == before


def test_an_event_without_an_id_is_told_again_by_its_first_place(world: ReplayWorld) -> None:
    world.send({"type": "track", "event": "Sold", "userId": "u"})
    world.settle()
    before = world.tables()
    world.archive()
    world.replay()
    world.replay(EVERYTHING)

    assert world.tables() == before


def test_a_late_repetition_of_a_replayed_event_is_a_duplicate(world: ReplayWorld) -> None:
    world.rules = [("drop", {"where": 'event = "Spam"'})]
    world.send(track("m1", "Spam"))
    world.settle()
    world.rules = []
    world.replay()
    world.send(track("m1", "Spam"))
    world.settle()

    assert world.loaded() == ["m1"]
    assert world.totals().duplicates == 1


def test_what_a_plan_forwards_now_is_forwarded_and_no_violation_counts_twice(
    world: ReplayWorld,
) -> None:
    world.send(track("m1"))
    world.settle()
    blocks = SourceSettingsOutputV1(
        track=TrackSourceSettingsV1(allow_unplanned_events=False),
        forwarding_blocked_events_to="another",
    )
    plan = {"tp": PublishedPlan("tp", "Nothing")}
    world.plans = Published(plan, {world.source.id: Governed("tp", blocks)})

    world.replay()

    assert world.loaded() == []
    assert dict(world.totals().filtered) == {"forwarded:another": 1}
    assert len(world.log.read(Stream.FORWARDED, {}, max_bytes=10**6)) == 1
    assert world.log.read(Stream.VIOLATIONS, {}, max_bytes=10**6) == []


def test_repetitions_lie_in_quarantine_and_leave_it_together(world: ReplayWorld) -> None:
    world.send(track("m1"))
    world.send(track("m1"))
    world.settle()
    world.rules = [("drop", {"where": 'event = "Sold"', "action": "quarantine"})]
    world.replay()
    assert [row[0] for row in world.tables()["quarantine"]] == ["m1", "m1"]
    assert world.totals().loaded == 0

    world.rules = []
    world.replay()
    assert world.tables()["quarantine"] == []
    assert world.loaded() == ["m1"]
    totals = world.totals()
    assert (totals.loaded, dict(totals.rejected)) == (1, {})
