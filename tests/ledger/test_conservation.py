"""The account balances in a durable log too, over restarts, new segments and their removal."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.ledger.read import read
from headwater.logs.sqlite import SqliteLog
from headwater.ports import (
    Entry,
    Log,
    Outcome,
    Owner,
    Positions,
    Record,
    Retention,
    Stream,
    Tally,
    add_tallies,
)
from headwater.testing.log_contract import HOUR, NOON

_MUCH_LATER = NOON + 10**12
_OF_THE_PIPELINE = (Outcome.PASSED, Outcome.DUPLICATE, Outcome.FILTERED, Outcome.QUARANTINED)
_EVERYTHING = 10**9

Split = tuple[int, int, int, int]
"""How many events of a request pass, are duplicates, are filtered and are kept aside."""


class _Site:
    """Three roles over a log on disk. A role that is killed loses all that it had in mind."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.sent = 0
        self.positions: dict[str, Positions] = {}
        self.loaded: list[Tally] = []
        self._start()

    def _start(self) -> None:
        self.log: Log = SqliteLog(
            self._folder,
            segment_bytes=1,
            consumers={Stream.COLLECTED: ["pipeline"], Stream.ACCEPTED: ["loader"]},
        )
        self._collector = self.log.writer(Owner.COLLECTOR)
        self._pipeline = self.log.writer(Owner.PIPELINE)

    def stop(self) -> None:
        self._collector.close()
        self._pipeline.close()
        self.log.close()

    def restart(self, _: Split) -> None:
        self.stop()
        self._start()

    def collect(self, split: Split) -> None:
        """The split goes along as the body, for the pipeline to act on."""
        self.sent += sum(split)
        record = Record("a", NOON, sum(split), bytes(split))
        tallies = [Tally("a", HOUR, Outcome.ACCEPTED, "", sum(split))]
        self._collector.append(Entry({Stream.COLLECTED: [record]}, tallies))

    def process(self, _: Split) -> None:
        after = self._pipeline.consumed(Stream.COLLECTED)
        for stored in self.log.read(Stream.COLLECTED, after, max_bytes=1):
            counts = dict(zip(_OF_THE_PIPELINE, stored.record.body, strict=True))
            passed = counts[Outcome.PASSED]
            self._pipeline.append(
                Entry(
                    {Stream.ACCEPTED: [Record("a", NOON, passed, b"rows")] if passed else []},
                    [Tally("a", HOUR, outcome, "", count) for outcome, count in counts.items()],
                    {Stream.COLLECTED: {stored.partition: stored.position}},
                )
            )

    def load(self, _: Split) -> None:
        after = self.positions.get(Stream.ACCEPTED.value, {})
        for stored in self.log.read(Stream.ACCEPTED, after, max_bytes=1):
            self.positions = {Stream.ACCEPTED.value: {stored.partition: stored.position}}
            rows = Tally("a", HOUR, Outcome.LOADED, "", stored.record.count)
            self.loaded = add_tallies([*self.loaded, rows])

    def retain(self, _: Split) -> None:
        """A consumer acknowledges what it has made durable, and no more."""
        consumed = self._pipeline.consumed(Stream.COLLECTED)
        self.log.acknowledge("pipeline", Stream.COLLECTED, consumed)
        loaded = self.positions.get(Stream.ACCEPTED.value, {})
        self.log.acknowledge("loader", Stream.ACCEPTED, loaded)
        self.log.retain(Retention(0.001, 1), now=_MUCH_LATER)


_STEPS: dict[str, Callable[[_Site, Split], None]] = {
    "collect": _Site.collect,
    "process": _Site.process,
    "load": _Site.load,
    "retain": _Site.retain,
    "restart": _Site.restart,
}
_counts = st.integers(0, 9)
_split = st.tuples(_counts, _counts, _counts, _counts).filter(any)
_history = st.lists(st.tuples(st.sampled_from(sorted(_STEPS)), _split), max_size=30)


@settings(max_examples=25, deadline=None)
@given(history=_history)
def test_every_event_is_accounted_for_in_any_history(
    tmp_path_factory: pytest.TempPathFactory, history: list[tuple[str, Split]]
) -> None:
    site = _Site(tmp_path_factory.mktemp("log"))
    for step, split in history:
        before = site.positions, list(site.loaded)
        _STEPS[step](site, split)
        for positions, loaded in (before, (site.positions, site.loaded)):
            found = read(site.log, positions, loaded)
            assert found.totals.accepted == site.sent
            assert found.is_balanced
    for _ in range(len(history)):
        site.process((0, 0, 0, 0))
        site.load((0, 0, 0, 0))
    done = read(site.log, site.positions, site.loaded)
    assert done.is_balanced
    assert done.totals.waiting == 0
    site.stop()
