"""From the counts of the collector, the pipeline and the loader to accounts. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from headwater.ledger.model import Account, Ledger
from headwater.ports import LogSnapshot, Outcome, Tally
from headwater.spec.again import AGAIN, REPLAYED

_FROM_THE_DOOR: Final = frozenset({Outcome.ACCEPTED, Outcome.REPLAYED})
_FROM_THE_PIPELINE: Final = frozenset({Outcome.FILTERED, Outcome.DUPLICATE, Outcome.QUARANTINED})
_FROM_THE_LOADER: Final = frozenset(
    {Outcome.LOADED, Outcome.QUARANTINED, Outcome.FILTERED, Outcome.DUPLICATE}
)
"""The last two where a replay changed what became of an event."""


class _Sums:
    """An account while it is added up."""

    def __init__(self) -> None:
        self.by_outcome: dict[Outcome, dict[str, int]] = {}
        self.waiting = 0

    def add(self, tally: Tally) -> None:
        reasons = self.by_outcome.setdefault(tally.outcome, {})
        reasons[tally.reason] = reasons.get(tally.reason, 0) + tally.count

    def total(self, outcome: Outcome) -> int:
        return sum(self.by_outcome.get(outcome, {}).values())

    def reasons(self, outcome: Outcome) -> Mapping[str, int]:
        return dict(sorted(self.by_outcome.get(outcome, {}).items()))

    def filtered(self) -> Mapping[str, int]:
        """What was left out. What replays sent again counts below zero until it is known what
        became of it: it waits, or is loaded now and was left out before."""
        filtered = dict(self.reasons(Outcome.FILTERED))
        again = self.by_outcome.get(Outcome.REPLAYED, {}).get(AGAIN, 0)
        filtered[REPLAYED] = filtered.get(REPLAYED, 0) - again
        return {reason: count for reason, count in filtered.items() if count}

    def rejected(self) -> Mapping[str, int]:
        """What lies in quarantine: what came there, without what was sent on from there."""
        replayed = self.by_outcome.get(Outcome.REPLAYED, {})
        rejected = dict(self.reasons(Outcome.QUARANTINED))
        for reason, count in replayed.items():
            if reason == AGAIN:
                continue
            rejected[reason] = rejected.get(reason, 0) - count
        return {reason: count for reason, count in rejected.items() if count}


def ledger(
    collector: LogSnapshot,
    pipeline: LogSnapshot,
    loader: Sequence[Tally],
    *,
    since_hour: int | None = None,
) -> Ledger:
    """The ledger of three snapshots, each taken no later than the one before it in this list.

    A replayed event is rejected no more: it waits, or what became of it is counted anew, in the
    hour of its first receipt. PASSED is left out: an event that passed is loaded, kept aside by
    the loader, or waiting.
    """
    sums: dict[tuple[int, str], _Sums] = {}

    def place(tally: Tally) -> _Sums:
        return sums.setdefault((tally.hour, tally.source_id), _Sums())

    for tallies, wanted in (
        (collector.tallies, _FROM_THE_DOOR),
        (pipeline.tallies, _FROM_THE_PIPELINE),
        (loader, _FROM_THE_LOADER),
    ):
        for tally in tallies:
            if tally.outcome in wanted:
                place(tally).add(tally)
    for tally in (*collector.waiting, *pipeline.waiting):
        place(tally).waiting += tally.count
    accounts = [
        _account(hour, source_id, sums[hour, source_id])
        for hour, source_id in sorted(sums)
        if since_hour is None or hour >= since_hour
    ]
    return Ledger(accounts, total(accounts))


def _account(hour: int, source_id: str, found: _Sums) -> Account:
    return Account(
        source_id=source_id,
        hour=hour,
        accepted=found.total(Outcome.ACCEPTED),
        loaded=found.total(Outcome.LOADED),
        duplicates=found.total(Outcome.DUPLICATE),
        waiting=found.waiting,
        filtered=found.filtered(),
        rejected=found.rejected(),
    )


def total(accounts: Iterable[Account]) -> Account:
    """The sum of accounts, of no source and hour."""
    accounts = list(accounts)
    return Account(
        accepted=sum(account.accepted for account in accounts),
        loaded=sum(account.loaded for account in accounts),
        duplicates=sum(account.duplicates for account in accounts),
        waiting=sum(account.waiting for account in accounts),
        filtered=_added(account.filtered for account in accounts),
        rejected=_added(account.rejected for account in accounts),
    )


def _added(counts: Iterable[Mapping[str, int]]) -> Mapping[str, int]:
    added: dict[str, int] = {}
    for reasons in counts:
        for reason, count in reasons.items():
            added[reason] = added.get(reason, 0) + count
    return dict(sorted(added.items()))
