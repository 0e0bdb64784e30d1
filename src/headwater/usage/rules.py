"""From counts to days. Pure."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Final

import msgspec

from headwater.errors import InvalidError
from headwater.kit.clock import MICROSECONDS_PER_HOUR, to_datetime, to_microseconds
from headwater.ledger.model import Account
from headwater.queries.times import moment
from headwater.usage.model import CallsOfDay, PeopleCount, PeopleOfDay

DAY: Final = 24 * MICROSECONDS_PER_HOUR


class Period(msgspec.Struct, frozen=True):
    """A month, as far as it has come: [start, end) in microseconds, by whole days."""

    start: int
    end: int
    month_end: int

    @property
    def days(self) -> range:
        return range(self.start // DAY, self.end // DAY)


def period(text: str, *, now: int) -> Period:
    """The month that a text names by one of its days. Raises InvalidError.

    >>> period("2023-11-01", now=1_700_000_000_000_000).days
    range(19662, 19676)
    """
    first = to_datetime(moment(text, name="period")).replace(
        day=1, hour=0, minute=0, second=0, microsecond=0
    )
    try:
        following = (first + timedelta(days=32)).replace(day=1)
    except OverflowError:
        raise InvalidError("period: is out of all bounds.", field="period") from None
    start, month_end = to_microseconds(first), to_microseconds(following)
    today_ends = (now // DAY + 1) * DAY
    return Period(start, max(start, min(month_end, today_ends)), month_end)


def calls(
    accounts: Iterable[Account], source_ids: Sequence[str], month: Period, *, by_source: bool
) -> list[CallsOfDay]:
    """Each day's accepted events, of each source or of all together, by the ledger."""
    groups = source_ids if by_source else [""]
    sums = {(group, day): 0 for day in month.days for group in groups}
    known = set(source_ids)
    for account in accounts:
        key = (account.source_id if by_source else "", account.hour // 24)
        if account.source_id in known and key in sums:
            sums[key] += account.accepted
    return [CallsOfDay(group, day, count) for (group, day), count in sums.items()]


def people(
    counts: Iterable[PeopleCount], slugs: Sequence[str], month: Period, *, by_source: bool
) -> list[PeopleOfDay]:
    """Each day's people since the month began, of each source or of all together."""
    first_seen = {(each.slug or "", each.day): each for each in counts}
    found = []
    sums = {slug: PeopleCount(None, 0, 0, 0, 0) for slug in (slugs if by_source else [""])}
    for day in month.days:
        for slug, so_far in sums.items():
            new = first_seen.get((slug, day), PeopleCount(None, 0, 0, 0, 0))
            now = PeopleCount(
                None,
                day,
                so_far.users + new.users,
                so_far.anonymous + new.anonymous,
                so_far.anonymous_identified + new.anonymous_identified,
            )
            sums[slug] = now
            found.append(PeopleOfDay(slug, day, now.users, now.anonymous, now.anonymous_identified))
    return found
