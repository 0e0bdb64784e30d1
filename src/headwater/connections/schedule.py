"""When a connection runs next. Pure."""

from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

from headwater.connections.model import Schedule
from headwater.errors import InvalidError

SHORTEST_SECONDS: Final = 10
FIRST_WAIT_SECONDS: Final = 30
LONGEST_WAIT_SECONDS: Final = 3_600


def require_sound(schedule: Schedule) -> None:
    """Raise InvalidError, which names the member, for a schedule that cannot be kept."""
    if schedule.cron and schedule.every_seconds:
        raise InvalidError(
            "schedule.cron: there is everySeconds too; one of them decides.", field="schedule.cron"
        )
    if 0 < schedule.every_seconds < SHORTEST_SECONDS:
        raise InvalidError(
            f"schedule.everySeconds: must be 0 or at least {SHORTEST_SECONDS}.",
            field="schedule.everySeconds",
        )
    zone = _zone(schedule.zone)
    if not schedule.cron:
        return
    try:
        next(CronSim(schedule.cron, datetime(2026, 1, 1, tzinfo=zone)))
    except (CronSimError, StopIteration):
        raise InvalidError(
            f"schedule.cron: {schedule.cron[:100]!r} is no cron expression that comes to pass.",
            hint="Five parts: minute, hour, day of the month, month, day of the week. "
            "`0 6 * * 1-5` is six o'clock on workdays.",
            field="schedule.cron",
        ) from None


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InvalidError(
            f"schedule.zone: there is no time zone {name[:100]!r}.",
            hint="Write it as in Europe/Berlin or Asia/Shanghai.",
            field="schedule.zone",
        ) from None


def next_run(schedule: Schedule, last: int | None, now: int) -> int | None:
    """The moment (microseconds) of the next run, after one that began at `last`; None where it
    waits to be told. What was missed meanwhile is one run, at once."""
    if schedule.cron:
        begin = datetime.fromtimestamp(now / 1e6, UTC).astimezone(_zone(schedule.zone))
        due: datetime = next(CronSim(schedule.cron, begin))
        return round(due.timestamp() * 1e6)
    if not schedule.every_seconds:
        return None
    return now if last is None else max(now, last + schedule.every_seconds * 1_000_000)


def after_failure(
    schedule: Schedule, failures: int, last: int, now: int, *, is_stream: bool = False
) -> int | None:
    """The moment of the next attempt after so many failures in a row: soon, then more and more
    seldom, and never later than the schedule says. What runs only when it is told to is not tried
    again by itself."""
    due = now if is_stream else next_run(schedule, last, now)
    if due is None:
        return None
    wait = min(FIRST_WAIT_SECONDS * (1 << min(failures - 1, 10)), LONGEST_WAIT_SECONDS)
    again = now + wait * 1_000_000
    return again if due <= now else min(again, due)
