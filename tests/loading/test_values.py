"""One value at a time: what kind of column it asks for, and how it stands in each."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.loading.model import ColumnType
from headwater.loading.values import MISFIT, fit, kind_of, parse_time

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (5, ColumnType.INTEGER),
        (5.0, ColumnType.INTEGER),
        (-0.0, ColumnType.INTEGER),
        (5.5, ColumnType.FLOAT),
        (9007199254740993, ColumnType.INTEGER),
        (2**63 - 1, ColumnType.INTEGER),
        (2**63, ColumnType.FLOAT),
        (-(2**63), ColumnType.INTEGER),
        (1e20, ColumnType.FLOAT),
        (10**400, ColumnType.TEXT),
        (True, ColumnType.BOOLEAN),
        ("true", ColumnType.TEXT),
        ("5", ColumnType.TEXT),
        ("5.5", ColumnType.TEXT),
        ("", ColumnType.TEXT),
        ([1, 2], ColumnType.TEXT),
        ([], ColumnType.TEXT),
        ("2023-06-14", ColumnType.TIME),
        ("2023-06-14T05:23:59+0530", ColumnType.TIME),
        ("2023-06-14 05:23", ColumnType.TIME),
        ("20230614", ColumnType.TEXT),
        ("2023", ColumnType.TEXT),
        ("2023-06", ColumnType.TEXT),
        ("05:23:59", ColumnType.TEXT),
        ("1686720239", ColumnType.TEXT),
        (1686720239, ColumnType.INTEGER),
        ("2023-02-30", ColumnType.TEXT),
        ("2023-W01", ColumnType.TEXT),
        ("+2023-01-01", ColumnType.TEXT),
        ("0000-01-01", ColumnType.TEXT),
        ("２０２３-06-14", ColumnType.TEXT),
        ("2023-06-14T24:00:00Z", ColumnType.TEXT),
        ("2023-06-14T05:23:60Z", ColumnType.TEXT),
        ("2023-06-14T05:23:59Z\n", ColumnType.TEXT),
        ("0001-01-01T00:00:00+01:00", ColumnType.TEXT),
        ("9999-12-31T23:59:59.999999Z", ColumnType.TIME),
    ],
)
def test_a_value_asks_for_one_kind_of_column(value: Any, kind: ColumnType) -> None:
    assert kind_of(value) is kind


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2023-06-14", datetime(2023, 6, 14, tzinfo=UTC)),
        ("2023-06-14T05:23:59+0530", datetime(2023, 6, 13, 23, 53, 59, tzinfo=UTC)),
        ("2023-06-14T05:23:59-05:30", datetime(2023, 6, 14, 10, 53, 59, tzinfo=UTC)),
        ("2023-06-14T05:23:59+08", datetime(2023, 6, 13, 21, 23, 59, tzinfo=UTC)),
        ("2023-06-14 05:23", datetime(2023, 6, 14, 5, 23, tzinfo=UTC)),
        ("2023-06-14T05:23:59.1Z", datetime(2023, 6, 14, 5, 23, 59, 100_000, tzinfo=UTC)),
        ("2023-06-14T05:23:59.123456789z", datetime(2023, 6, 14, 5, 23, 59, 123_456, tzinfo=UTC)),
        ("1969-12-31T23:59:59.5Z", EPOCH - timedelta(milliseconds=500)),
    ],
)
def test_iso_text_is_a_moment_in_utc(text: str, moment: datetime) -> None:
    assert parse_time(text) == (moment - EPOCH) // timedelta(microseconds=1)


@given(st.datetimes(min_value=datetime(2, 1, 1), max_value=datetime(9998, 12, 31)))  # noqa: DTZ001
def test_every_moment_that_python_writes_is_read_back(moment: datetime) -> None:
    micros = (moment - EPOCH.replace(tzinfo=None)) // timedelta(microseconds=1)
    assert parse_time(moment.isoformat()) == micros
    assert parse_time(f"{moment.isoformat()}+00:00") == micros


@given(st.text(alphabet="0123456789-:T +Z.", max_size=30))
def test_no_text_makes_the_reading_of_times_fail(text: str) -> None:
    parse_time(text)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("x", "x"),
        (5, "5"),
        (5.0, "5"),
        (5.5, "5.5"),
        (False, "false"),
        (["a", 1.0, None], '["a",1.0,null]'),
        (["é", "注"], '["é","注"]'),
    ],
)
def test_a_text_column_takes_anything_as_its_text(value: Any, text: str) -> None:
    assert fit(value, ColumnType.TEXT) == text


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("x", ColumnType.INTEGER),
        (True, ColumnType.INTEGER),
        (5.5, ColumnType.INTEGER),
        (2**63, ColumnType.INTEGER),
        ("5", ColumnType.FLOAT),
        (False, ColumnType.FLOAT),
        (10**400, ColumnType.FLOAT),
        ("true", ColumnType.BOOLEAN),
        (1, ColumnType.BOOLEAN),
        ("x", ColumnType.TIME),
        (1686720239, ColumnType.TIME),
        (["2023-06-14"], ColumnType.TIME),
    ],
)
def test_a_value_of_another_kind_is_a_misfit(value: Any, kind: ColumnType) -> None:
    assert fit(value, kind) is MISFIT
