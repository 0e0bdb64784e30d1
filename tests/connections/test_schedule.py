"""When connections run."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.connections.model import Schedule
from headwater.connections.schedule import after_failure, next_run, require_sound
from headwater.errors import InvalidError

NOW = round(datetime(2026, 3, 28, 12, 0, tzinfo=UTC).timestamp() * 1e6)
MINUTE = 60_000_000


def at(*moment: int) -> int:
    return round(datetime(*moment, tzinfo=UTC).timestamp() * 1e6)  # type: ignore[misc]


def test_it_runs_so_long_after_the_last_began():
    assert next_run(Schedule(every_seconds=600), NOW - MINUTE, NOW) == NOW + 9 * MINUTE
    assert next_run(Schedule(every_seconds=600), None, NOW) == NOW


def test_what_was_missed_is_one_run_at_once():
    assert next_run(Schedule(every_seconds=600), NOW - 100 * MINUTE, NOW) == NOW


def test_without_a_schedule_it_waits_to_be_told():
    assert next_run(Schedule(), NOW, NOW) is None
    assert after_failure(Schedule(), 1, NOW, NOW) is None


def test_cron_keeps_to_the_clock_of_its_zone_over_the_change_of_summer_time():
    berlin = Schedule(cron="30 6 * * *", zone="Europe/Berlin")
    assert next_run(berlin, NOW, NOW) == at(2026, 3, 29, 4, 30)
    assert next_run(Schedule(cron="30 6 * * *", zone="Asia/Shanghai"), NOW, NOW) == at(
        2026, 3, 28, 22, 30
    )


def test_a_failure_is_tried_again_soon_and_then_more_and_more_seldom():
    daily = Schedule(every_seconds=86_400)
    waits = [after_failure(daily, n, NOW, NOW) for n in range(1, 12)]
    assert [(wait - NOW) // 1_000_000 for wait in waits if wait] == [
        *(30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600, 3600)
    ]
    assert after_failure(Schedule(every_seconds=60), 9, NOW, NOW) == NOW + MINUTE
    assert after_failure(Schedule(), 2, NOW, NOW, is_stream=True) == NOW + MINUTE


@pytest.mark.parametrize(
    ("schedule", "field"),
    [
        (Schedule(every_seconds=60, cron="* * * * *"), "schedule.cron"),
        (Schedule(every_seconds=3), "schedule.everySeconds"),
        (Schedule(cron="61 * * * *"), "schedule.cron"),
        (Schedule(cron="0 0 31 2 *"), "schedule.cron"),
        (Schedule(cron="every day"), "schedule.cron"),
        (Schedule(zone="Mars/Olympus"), "schedule.zone"),
        (Schedule(zone="../../etc/passwd"), "schedule.zone"),
    ],
)
def test_a_schedule_that_cannot_be_kept_is_refused(schedule: Schedule, field: str):
    with pytest.raises(InvalidError) as refused:
        require_sound(schedule)
    assert refused.value.field == field


@given(st.text(max_size=30), st.text(max_size=20))
def test_any_text_is_a_schedule_or_is_refused(cron: str, zone: str):
    schedule = Schedule(cron=cron, zone=zone)
    try:
        require_sound(schedule)
    except InvalidError:
        return
    assert not cron or (next_run(schedule, None, NOW) or 0) > NOW
