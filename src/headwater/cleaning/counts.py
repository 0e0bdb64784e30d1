"""How many events each rule has altered or decided on, by the ledger."""

from collections.abc import Iterator, Mapping

import msgspec

from headwater.kit.clock import hour_of
from headwater.ports import Log, Outcome, Owner, Stream, Tally

_DAY_HOURS = 24


class Touched(msgspec.Struct, frozen=True, rename="camel"):
    """The events that a rule touched: ever, and of those received in the last day."""

    total: int = 0
    last_day: int = 0


def touched(log: Log, *, now: int) -> Mapping[str, Touched]:
    """What every rule has touched, by its id."""
    first_hour = hour_of(now) - _DAY_HOURS + 1
    found: dict[str, Touched] = {}
    for tally in _tallies(log):
        before = found.get(tally.reason, Touched())
        lately = tally.count if tally.hour >= first_hour else 0
        found[tally.reason] = Touched(before.total + tally.count, before.last_day + lately)
    return found


def touched_by_hour(log: Log, *, now: int, hours: int) -> Mapping[str, list[int]]:
    """What every rule has touched in each of the last hours, the oldest first, by its id; one that
    touched nothing then is not there."""
    first_hour = hour_of(now) - hours + 1
    found: dict[str, list[int]] = {}
    for tally in _tallies(log):
        if first_hour <= tally.hour < first_hour + hours:
            counts = found.setdefault(tally.reason, [0] * hours)
            counts[tally.hour - first_hour] += tally.count
    return found


def _tallies(log: Log) -> Iterator[Tally]:
    snapshot = log.snapshot(Owner.PIPELINE, Stream.ACCEPTED, log.ends(Stream.ACCEPTED))
    return (tally for tally in snapshot.tallies if tally.outcome is Outcome.TOUCHED)
