"""The only place that asks what time it is."""

import time
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Protocol

MICROSECONDS_PER_HOUR = 3_600_000_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Clock(Protocol):
    """Says what time it is, in whole microseconds since 1970-01-01T00:00:00Z."""

    def now(self) -> int: ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> int:
        return time.time_ns() // 1000


class FakeClock:
    """A clock for tests, which moves only when told to."""

    def __init__(self, start: int = 1_700_000_000_000_000) -> None:
        self.at = start

    def now(self) -> int:
        return self.at

    def advance(self, *, seconds: float) -> None:
        self.at += round(seconds * 1_000_000)


def hour_of(microseconds: int) -> int:
    """The whole hours since the epoch that a time falls in: the ledger's unit of time."""
    return microseconds // MICROSECONDS_PER_HOUR


def to_datetime(microseconds: int) -> datetime:
    """The aware UTC datetime of microseconds since the epoch, exactly."""
    return EPOCH + timedelta(microseconds=microseconds)


def to_microseconds(moment: datetime) -> int:
    """Microseconds since the epoch of an aware datetime, exactly."""
    span = moment - EPOCH
    return (span.days * 86_400 + span.seconds) * 1_000_000 + span.microseconds


def isoformat(microseconds: int) -> str:
    """ISO 8601 in UTC as Segment writes it: milliseconds, or microseconds where they matter.

    >>> isoformat(1_700_000_000_123_000)
    '2023-11-14T22:13:20.123Z'
    """
    second, fraction = divmod(microseconds, 1_000_000)
    milliseconds, rest = divmod(fraction, 1000)
    if rest:
        return f"{_to_the_second(second)}.{fraction:06d}Z"
    return f"{_to_the_second(second)}.{milliseconds:03d}Z"


@lru_cache(maxsize=4096)
def _to_the_second(second: int) -> str:
    """The times that are written are mostly of the same few seconds."""
    return (EPOCH + timedelta(seconds=second)).isoformat(timespec="seconds")[:-6]
