"""From counts to series without gaps. Pure."""

from collections.abc import Iterable, Mapping, Sequence

from msgspec import UNSET

from headwater.delivery.model import (
    MOST_GROUPS,
    MOST_POINTS,
    DeliveryCount,
    DeliveryOverviewMetricsDatapoint,
    DeliveryOverviewMetricsDataset,
    DeliveryWanted,
    Dimension,
    Granularity,
)
from headwater.errors import InvalidError
from headwater.kit.clock import MICROSECONDS_PER_HOUR, isoformat
from headwater.ledger.model import Account

_Group = tuple[str | None, str | None, str | None, str | None]


def check(wanted: DeliveryWanted) -> None:
    """Raises InvalidError for a time that ends before it begins or has too many points."""
    if wanted.end <= wanted.start:
        raise InvalidError("endTime: must be later than startTime.", field="endTime")
    if len(buckets(wanted)) > MOST_POINTS:
        raise InvalidError(
            f"granularity: that is more than {MOST_POINTS:,} points.",
            field="granularity",
            hint="Ask for a shorter time, or for a coarser granularity.",
        )


def check_filtered(wanted: DeliveryWanted) -> None:
    """Raises InvalidError for what is not kept of filtered events: the ledger counts them by hour
    and reason, and nothing else is kept of them."""
    if wanted.granularity is Granularity.MINUTE:
        raise InvalidError(
            "granularity: filtered events are counted by the hour.",
            field="granularity",
            hint="Ask for HOUR or DAY.",
        )
    if set(wanted.group_by) - {Dimension.DISCARD_REASON}:
        raise InvalidError(
            "groupBy: of filtered events only the reason is kept.",
            field="groupBy",
            hint="Group by discardReason, or by nothing.",
        )


def filtered(
    accounts: Iterable[Account], source_id: str, wanted: DeliveryWanted
) -> list[DeliveryCount]:
    """The counts of a source's filtered events, by the ledger's accounts. What a replay has taken
    back is no reason."""
    width = wanted.granularity.microseconds
    by_reason = Dimension.DISCARD_REASON in wanted.group_by
    return [
        DeliveryCount(None, None, None, reason if by_reason else None, at // width, count)
        for account in accounts
        if account.source_id == source_id
        and wanted.start <= (at := account.hour * MICROSECONDS_PER_HOUR) < wanted.end
        for reason, count in account.filtered.items()
        if count > 0
        if not wanted.reasons or reason in wanted.reasons
    ]


def datasets(
    counts: Iterable[DeliveryCount], wanted: DeliveryWanted
) -> list[DeliveryOverviewMetricsDataset]:
    """A series for each group, the largest first; all of one group where there is none."""
    groups: dict[_Group, dict[int, int]] = {} if wanted.group_by else {(None,) * 4: {}}
    for each in counts:
        group = groups.setdefault((each.event, each.type, each.version, each.reason), {})
        group[each.bucket] = group.get(each.bucket, 0) + each.count
    width = wanted.granularity.microseconds
    times = {bucket: isoformat(bucket * width) for bucket in buckets(wanted)}
    found = [
        DeliveryOverviewMetricsDataset(
            event_name=event or UNSET,
            event_type=kind or UNSET,
            app_version=version or UNSET,
            discard_reason=reason or UNSET,
            total=sum(group.values()),
            series=_series(group, times),
        )
        for (event, kind, version, reason), group in groups.items()
    ]
    found.sort(key=lambda each: -each.total)
    return found[:MOST_GROUPS]


def buckets(wanted: DeliveryWanted) -> range:
    """The numbers of the times from start to end."""
    width = wanted.granularity.microseconds
    return range(wanted.start // width, (wanted.end - 1) // width + 1)


def _series(
    group: Mapping[int, int], times: Mapping[int, str]
) -> Sequence[DeliveryOverviewMetricsDatapoint]:
    return [
        DeliveryOverviewMetricsDatapoint(time, group.get(bucket, 0))
        for bucket, time in times.items()
    ]
