"""Reading the ledger of a log and a loader, exactly, also while both go on."""

from collections.abc import Mapping, Sequence

from headwater.ledger import rules
from headwater.ledger.model import Ledger
from headwater.ports import Log, Owner, Positions, Stream, Tally


def read(
    log: Log,
    loader_positions: Mapping[str, Positions],
    loader_tallies: Sequence[Tally],
    *,
    since_hour: int | None = None,
) -> Ledger:
    """The ledger, given what the loader had counted at one moment, and how far it had read.

    The pipeline is read after the loader and the collector last: whatever an earlier snapshot
    counts as done, a later one has as begun, and what lies between is counted as waiting. So the
    accounts balance at any moment, unless an event was really lost or doubled.
    """
    accepted = loader_positions.get(Stream.ACCEPTED.value, {})
    pipeline = log.snapshot(Owner.PIPELINE, Stream.ACCEPTED, accepted)
    collected = pipeline.consumed.get(Stream.COLLECTED, {})
    collector = log.snapshot(Owner.COLLECTOR, Stream.COLLECTED, collected)
    return rules.ledger(collector, pipeline, loader_tallies, since_hour=since_hour)
