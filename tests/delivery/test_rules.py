"""From counts to the delivery overview's series."""

import pytest
from msgspec import UNSET

from headwater.delivery import rules
from headwater.delivery.model import DeliveryCount, DeliveryWanted, Dimension, Granularity
from headwater.errors import InvalidError
from headwater.ledger.model import Account

HOUR = 3_600_000_000


def wanted(*groups: Dimension, hours: int = 3, **more: object) -> DeliveryWanted:
    values = {"granularity": Granularity.HOUR, "start": 0, "end": hours * HOUR, **more}
    return DeliveryWanted(group_by=groups, **values)  # type: ignore[arg-type]


def test_a_series_has_no_gap_and_the_largest_group_comes_first() -> None:
    counts = [
        DeliveryCount("A", None, None, None, 0, 2),
        DeliveryCount("B", None, None, None, 2, 5),
        DeliveryCount("A", None, None, None, 0, 1),
    ]
    largest, other = rules.datasets(counts, wanted(Dimension.EVENT_NAME))
    assert (largest.event_name, largest.total) == ("B", 5)
    assert [point.count for point in other.series] == [3, 0, 0]
    assert other.series[1].time == "1970-01-01T01:00:00.000Z"
    assert other.discard_reason is UNSET


def test_without_groups_there_is_one_series_also_of_nothing() -> None:
    [only] = rules.datasets([], wanted())
    assert (only.total, [point.count for point in only.series]) == (0, [0, 0, 0])
    assert rules.datasets([], wanted(Dimension.EVENT_NAME)) == []


def test_filtered_events_are_the_ledgers_by_hour_and_reason() -> None:
    accounts = [
        Account(source_id="s", hour=0, filtered={"plan": 2, "rule": 1}),
        Account(source_id="s", hour=3, filtered={"plan": 9}),
        Account(source_id="t", hour=1, filtered={"plan": 9}),
    ]
    assert sum(each.count for each in rules.filtered(accounts, "s", wanted())) == 3
    by_reason = rules.filtered(accounts, "s", wanted(Dimension.DISCARD_REASON))
    assert {each.reason: each.count for each in by_reason} == {"plan": 2, "rule": 1}
    [one] = rules.filtered(accounts, "s", wanted(reasons=("rule",)))
    assert one.count == 1


@pytest.mark.parametrize("asked", [wanted(hours=0), wanted(hours=1501), wanted(start=5 * HOUR)])
def test_a_time_that_cannot_be_shown_is_refused(asked: DeliveryWanted) -> None:
    with pytest.raises(InvalidError):
        rules.check(asked)


@pytest.mark.parametrize(
    "asked", [wanted(granularity=Granularity.MINUTE), wanted(Dimension.EVENT_NAME)]
)
def test_what_is_not_kept_of_filtered_events_is_refused(asked: DeliveryWanted) -> None:
    rules.check(asked)
    with pytest.raises(InvalidError):
        rules.check_filtered(asked)
