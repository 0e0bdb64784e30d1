"""From the accounts of one moment to what pages show of it. Pure."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

from headwater.kit.clock import MICROSECONDS_PER_HOUR, hour_of, isoformat
from headwater.ledger import rules
from headwater.ledger.model import Account, Ledger
from headwater.ports import Tally
from headwater.volumes import rhythm
from headwater.volumes.model import Freshness, Point, SourceVolume
from headwater.volumes.moment import Moment


def of_sources(moment: Moment, source_ids: Collection[str]) -> Ledger:
    """The accounts of some sources alone."""
    accounts = [each for each in moment.ledger.accounts if each.source_id in source_ids]
    return Ledger(accounts, rules.total(accounts))


def window(ledger: Ledger, hours: int, now: int) -> list[Account]:
    """The accounts of the last whole hours, the present one included."""
    first = hour_of(now) - hours + 1
    return [account for account in ledger.accounts if account.hour >= first]


def hourly(accounts: Iterable[Account], hours: int, now: int) -> list[Point]:
    """The accepted events of each hour of a window, without a gap."""
    counts: Counter[int] = Counter()
    for account in accounts:
        counts[account.hour] += account.accepted
    return [
        Point(isoformat(hour * MICROSECONDS_PER_HOUR), counts[hour]) for hour in _hours(hours, now)
    ]


def totals(account: Account) -> dict[str, int]:
    """An account's counts, reasons added up."""
    return {
        "accepted": account.accepted,
        "loaded": account.loaded,
        "filtered": max(0, sum(account.filtered.values())),  # below 0 while a replay is under way
        "duplicates": account.duplicates,
        "rejected": sum(account.rejected.values()),
        "waiting": account.waiting,
    }


def by_source(
    moment: Moment,
    source_ids: Sequence[str],
    last_loaded: Mapping[str, int],
    hours: int,
    now: int,
) -> dict[str, SourceVolume]:
    """Each source's volume; `last_loaded` are the times of their newest loaded events."""
    accounts: dict[str, list[Account]] = defaultdict(list)
    for account in moment.ledger.accounts:
        accounts[account.source_id].append(account)
    return {
        source_id: _volume(
            source_id,
            accounts[source_id],
            max(moment.last_accepted.get(source_id, 0), last_loaded.get(source_id, 0)),
            hours,
            now,
        )
        for source_id in source_ids
    }


def _volume(
    source_id: str, accounts: list[Account], last_event: int, hours: int, now: int
) -> SourceVolume:
    by_hour = {account.hour: account.accepted for account in accounts if account.accepted}
    if by_hour:  # an event may have been received that neither is loaded nor among the last
        last_event = max(last_event, max(by_hour) * MICROSECONDS_PER_HOUR)
    first = hour_of(now) - hours + 1
    recent = totals(rules.total(each for each in accounts if each.hour >= first))
    is_silent = bool(last_event) and rhythm.is_silent(by_hour, last_event, now)
    return SourceVolume(
        source_id=source_id,
        **recent,
        sparkline=[by_hour.get(hour, 0) for hour in _hours(hours, now)],
        total=sum(by_hour.values()),
        last_event_at=isoformat(last_event) if last_event else None,
        usual_gap_seconds=rhythm.usual_gap_seconds(by_hour, now),
        is_silent=is_silent,
        silent_since=isoformat(last_event) if is_silent else None,
    )


def freshness(
    moment: Moment, source_ids: Collection[str], last_loaded: Mapping[str, int], now: int
) -> Freshness:
    """How far the warehouse is behind, as far as these sources go."""
    pipeline, loader = (
        [tally for tally in tallies if tally.source_id in source_ids]
        for tallies in (moment.for_pipeline, moment.for_loader)
    )
    oldest = _oldest(moment, [*pipeline, *loader], now)
    last_accepted = max(
        (at for source_id, at in moment.last_accepted.items() if source_id in source_ids), default=0
    )
    newest = max(last_loaded.values(), default=0)
    last_accepted = max(last_accepted, newest)
    waiting = (sum(tally.count for tally in pipeline), sum(tally.count for tally in loader))
    return Freshness(
        waiting=sum(waiting),
        waiting_pipeline=waiting[0],
        waiting_loader=waiting[1],
        oldest_waiting_at=None if oldest is None else isoformat(oldest),
        lag_seconds=0.0 if oldest is None else max(0.0, (now - oldest) / 1e6),
        last_accepted_at=isoformat(last_accepted) if last_accepted else None,
        last_loaded_at=isoformat(newest) if newest else None,
    )


def _oldest(moment: Moment, waiting: Sequence[Tally], now: int) -> int | None:
    """When the oldest waiting event was received: as far as it is told, else by its hour."""
    times = [
        moment.oldest_waiting.get(tally.source_id, min(now, tally.hour * MICROSECONDS_PER_HOUR))
        for tally in waiting
    ]
    return min(times, default=None)


def _hours(hours: int, now: int) -> range:
    return range(hour_of(now) - hours + 1, hour_of(now) + 1)
