"""From counts to the days of a month."""

import pytest

from headwater.errors import InvalidError
from headwater.kit.clock import isoformat
from headwater.ledger.model import Account
from headwater.usage import rules
from headwater.usage.model import PeopleCount
from headwater.usage.rules import DAY, Period

NOW = 1_700_000_000_000_000  # 2023-11-14
MONTH = rules.period("2023-11-30T23:59:59Z", now=NOW)


def test_a_month_goes_to_its_end_or_as_far_as_it_has_come() -> None:
    assert isoformat(MONTH.start)[:10] == "2023-11-01"
    assert isoformat(MONTH.month_end)[:10] == "2023-12-01"
    assert len(MONTH.days) == 14
    assert len(rules.period("2023-02-10", now=NOW).days) == 28
    assert len(rules.period("2024-01-01", now=NOW).days) == 0


@pytest.mark.parametrize("text", ["soon", "", "9999-12-31", "2023-13-01"])
def test_what_is_no_month_is_refused(text: str) -> None:
    with pytest.raises(InvalidError):
        rules.period(text, now=NOW)


def test_calls_are_the_accepted_events_of_each_day_with_days_of_none() -> None:
    first = MONTH.days[0]
    accounts = [
        Account(source_id="s", hour=first * 24, accepted=2),
        Account(source_id="s", hour=first * 24 + 23, accepted=3),
        Account(source_id="t", hour=first * 24, accepted=5),
        Account(source_id="others", hour=first * 24, accepted=7),
        Account(source_id="s", hour=(first - 1) * 24, accepted=9),
    ]
    total = rules.calls(accounts, ["s", "t"], MONTH, by_source=False)
    assert [each.calls for each in total] == [10] + [0] * 13
    each = rules.calls(accounts, ["s", "t"], MONTH, by_source=True)
    assert [(e.source_id, e.calls) for e in each[:4]] == [("s", 5), ("t", 5), ("s", 0), ("t", 0)]


def test_people_add_up_over_the_month() -> None:
    days = MONTH.days
    counts = [PeopleCount(None, days[0], 2, 3, 1), PeopleCount(None, days[2], 1, 0, 1)]
    found = rules.people(counts, ["s"], MONTH, by_source=False)
    assert [each.identified for each in found[:4]] == [2, 2, 3, 3]
    assert (found[3].anonymous, found[3].anonymous_identified) == (3, 2)
    assert found[3].never_identified == 1
    assert rules.people([], ["s", "t"], Period(0, DAY, DAY), by_source=True)[1].slug == "t"
