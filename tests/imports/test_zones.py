"""Times of several zones in one column, by offsets, names and the clocks of a zone."""

import pytest

BERLIN = 'type = "time", zone = "Europe/Berlin"'


def times(convert, rule, *written):
    mapping = f"[columns]\nt = {{ {rule} }}\n"
    mapping += '[[events]]\nevent = "E"\nuserId = "u"\ntimestamp = "{t}"\n'
    return convert("t\n" + "".join(f'"{each}"\n' for each in written), mapping)


def test_offsets_names_and_local_times_stand_in_one_column(convert):
    found = times(
        convert,
        BERLIN,
        *("2024-06-01T12:00:00Z", "2024-06-01 12:00:00+08:00", "2024-06-01T12:00:00 -0330"),
        *("2024-06-01 12:00 UTC", "2024-06-01T12:00:00[Asia/Shanghai]", "2024-06-01 12:00:00"),
        "2024-06-01 12:00 America/New_York",
    )
    assert found.rejects == []
    assert [each["timestamp"][11:16] for each in found.events] == [
        *("12:00", "04:00", "15:30", "12:00", "04:00", "10:00", "16:00")
    ]


def test_short_names_of_zones_mean_what_the_mapping_says_and_nothing_else(convert):
    rule = BERLIN + ', zones = { CST = "Asia/Shanghai" }'
    found = times(convert, rule, "2024-06-01 12:00 CST", "2024-06-01 12:00 PST")
    assert [each["timestamp"] for each in found.events] == ["2024-06-01T04:00:00.000Z"]
    ((line, reason, _),) = found.rejects
    assert line == 3
    assert "what the zone PST means has to be said by `zones`" in reason


@pytest.mark.parametrize(
    ("twice", "gap", "fold"),
    [("first", "01:30", "00:30"), ("second", "00:30", "01:30")],
)
def test_a_local_time_that_came_twice_or_never_is_read_as_the_mapping_says(
    convert, twice, gap, fold
):
    rule = f'{BERLIN}, twice = "{twice}"'
    found = times(convert, rule, "2024-03-31 02:30", "2024-10-27 02:30")
    assert [each["timestamp"][11:16] for each in found.events] == [gap, fold]


def test_a_local_time_that_came_twice_or_never_can_be_rejected(convert):
    rule = BERLIN + ', twice = "reject"'
    found = times(convert, rule, "2024-03-31 02:30", "2024-10-27 02:30", "2024-10-27 04:30")
    assert [each["timestamp"] for each in found.events] == ["2024-10-27T03:30:00.000Z"]
    never, twice = (reason for _, reason, _ in found.rejects)
    assert "never" in never
    assert "twice" in twice


def test_serial_days_of_spreadsheets_and_seconds_since_1970_are_times(convert):
    serial = 'type = "time", unit = "days", since = "1899-12-30"'
    found = times(convert, serial, "45444.5", "45444")
    assert [each["timestamp"] for each in found.events] == [
        *("2024-06-01T12:00:00.000Z", "2024-06-01T00:00:00.000Z")
    ]
    found = times(convert, 'type = "time", unit = "milliseconds"', "1717243200000")
    assert found.events[0]["timestamp"] == "2024-06-01T12:00:00.000Z"
