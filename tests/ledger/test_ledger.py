"""The ledger accounts for every event, whatever happens and whenever it is read."""

import random

from hypothesis import given
from hypothesis import strategies as st

from headwater.ledger import rules
from headwater.ledger.model import Account
from headwater.ledger.read import read
from headwater.ledger.shown import shown
from headwater.logs.memory import MemoryLog, MemoryWriter
from headwater.ports import (
    Entry,
    LogSnapshot,
    Outcome,
    Owner,
    Record,
    Stream,
    Tally,
    add_tallies,
)
from headwater.testing.log_contract import HOUR, NOON

_EMPTY = LogSnapshot([], {}, [])


def tally(outcome: Outcome, count: int, reason: str = "", source: str = "a") -> Tally:
    return Tally(source, HOUR, outcome, reason, count)


def test_an_account_holds_every_outcome_by_its_reason() -> None:
    collector = LogSnapshot([tally(Outcome.ACCEPTED, 20)], {}, [tally(Outcome.ACCEPTED, 4)])
    pipeline = LogSnapshot(
        [
            tally(Outcome.PASSED, 10),
            tally(Outcome.FILTERED, 1, "bot"),
            tally(Outcome.DUPLICATE, 2),
            tally(Outcome.QUARANTINED, 3, "id_required"),
        ],
        {},
        [tally(Outcome.PASSED, 5)],
    )
    loader = [tally(Outcome.LOADED, 4), tally(Outcome.QUARANTINED, 1, "load_failed")]

    found = rules.ledger(collector, pipeline, loader)

    assert list(found.accounts) == [
        Account(
            source_id="a",
            hour=HOUR,
            accepted=20,
            loaded=4,
            duplicates=2,
            waiting=9,
            filtered={"bot": 1},
            rejected={"id_required": 3, "load_failed": 1},
        )
    ]
    assert found.is_balanced


def test_a_lost_event_shows_as_a_difference() -> None:
    collector = LogSnapshot([tally(Outcome.ACCEPTED, 5)], {}, [])
    found = rules.ledger(collector, _EMPTY, [tally(Outcome.LOADED, 4)])
    assert found.totals.difference == 1
    assert not found.is_balanced


def test_an_error_that_another_one_makes_up_for_is_still_seen() -> None:
    collector = LogSnapshot(
        [tally(Outcome.ACCEPTED, 5), tally(Outcome.ACCEPTED, 5, source="b")], {}, []
    )
    loader = [tally(Outcome.LOADED, 4), tally(Outcome.LOADED, 6, source="b")]
    found = rules.ledger(collector, _EMPTY, loader)
    assert found.totals.difference == 0
    assert not found.is_balanced


def test_hours_before_the_asked_one_are_left_out() -> None:
    collector = LogSnapshot([tally(Outcome.ACCEPTED, 5)], {}, [])
    assert rules.ledger(collector, _EMPTY, [], since_hour=HOUR + 1).accounts == []
    assert len(rules.ledger(collector, _EMPTY, [], since_hour=HOUR).accounts) == 1


def test_programs_read_names_hours_and_differences() -> None:
    collector = LogSnapshot([tally(Outcome.ACCEPTED, 5)], {}, [])
    seen = shown(rules.ledger(collector, _EMPTY, [tally(Outcome.LOADED, 5)]), {"a": "Shop"})
    assert seen.balanced
    assert seen.rows[0].source == "Shop"
    assert seen.rows[0].hour == "2023-11-14T22:00:00.000Z"
    assert seen.totals.accepted == 5


class _World:
    """A collector, a pipeline and a loader that do a random bit of their work at a time."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.log = MemoryLog()
        self.collector: MemoryWriter = self.log.writer(Owner.COLLECTOR)
        self.pipeline: MemoryWriter = self.log.writer(Owner.PIPELINE)
        self.loaded: list[Tally] = []
        self.loader_at = 0
        self.sent = 0

    def collect(self) -> None:
        count = self.chance.randint(1, 9)
        source = self.chance.choice("ab")
        self.sent += count
        record = Record(source, NOON, count, b"x")
        tallies = [tally(Outcome.ACCEPTED, count, source=source)]
        self.collector.append(Entry({Stream.COLLECTED: [record]}, tallies))

    def process(self) -> None:
        after = self.pipeline.consumed(Stream.COLLECTED)
        batch = self.log.read(Stream.COLLECTED, after, max_bytes=self.chance.randint(1, 4))
        records: list[Record] = []
        tallies: list[Tally] = []
        for stored in batch:
            source, left = stored.record.source_id, stored.record.count
            for outcome in (Outcome.DUPLICATE, Outcome.QUARANTINED, Outcome.FILTERED):
                taken = self.chance.randint(0, left)
                left -= taken
                tallies.append(tally(outcome, taken, "why", source))
            if left:
                records.append(Record(source, NOON, left, b"y"))
                tallies.append(tally(Outcome.PASSED, left, source=source))
        if batch:
            consumed = {Stream.COLLECTED: {"0": batch[-1].position}}
            self.pipeline.append(Entry({Stream.ACCEPTED: records}, tallies, consumed))

    def load(self) -> None:
        for stored in self.log.read(Stream.ACCEPTED, {"0": self.loader_at}, max_bytes=1):
            self.loader_at = stored.position
            count = tally(Outcome.LOADED, stored.record.count, source=stored.record.source_id)
            self.loaded = add_tallies([*self.loaded, count])


@given(
    seed=st.integers(), steps=st.lists(st.sampled_from(["collect", "process", "load"]), max_size=40)
)
def test_it_balances_at_every_moment(seed: int, steps: list[str]) -> None:
    world = _World(seed)
    for step in steps:
        getattr(world, step)()
        found = read(world.log, {"accepted": {"0": world.loader_at}}, world.loaded)
        assert found.is_balanced
        assert found.totals.accepted == world.sent


@given(
    seed=st.integers(), steps=st.lists(st.sampled_from(["collect", "process", "load"]), max_size=40)
)
def test_it_balances_also_when_all_goes_on_while_it_is_read(seed: int, steps: list[str]) -> None:
    """The loader is read first: what happens after that is in the later snapshots."""
    world = _World(seed)
    for step in steps:
        getattr(world, step)()
        positions, tallies = {"accepted": {"0": world.loader_at}}, list(world.loaded)
        world.collect()
        world.process()
        world.load()
        assert read(world.log, positions, tallies).is_balanced
