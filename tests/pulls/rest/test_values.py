"""The pure parts of REST pulls: members, cursors, and what is filled into requests."""

import pytest

from headwater.errors import PullError
from headwater.pulls.rest import cursors
from headwater.pulls.rest.definition import Cursor
from headwater.pulls.rest.filling import filled
from headwater.pulls.rest.members import at, condition_of, selected

NOW = 1_760_000_000.0
RECORD = {
    "id": 7,
    "a.b": "whole",
    "a": {"b": "inner", "c": None},
    "list": [{"name": "x", "value": 1}, {"name": "y", "value": 2}],
}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("", RECORD),
        ("id", 7),
        ("a.b", "whole"),
        ("a.c", None),
        ("a.none.deep", None),
        ("list.1.value", 2),
        ("list.9.value", None),
        ("list[name=y].value", 2),
        ("list[name=z].value", None),
        ("id.deep", None),
    ],
)
def test_a_path_finds_a_member(path: str, value: object) -> None:
    assert at(RECORD, path) == value


def test_the_members_that_count_are_chosen() -> None:
    assert selected(RECORD, ("id", "a.c")) == {"id": 7, "a.c": None}
    assert selected(RECORD, {"y": "list[name=y].value"}) == {"y": 2}
    assert selected(RECORD, ()) == RECORD


def test_conditions_look_at_members() -> None:
    assert condition_of({"list.0.value": 1, "id": [6, 7]})(RECORD)
    assert not condition_of({"id": 8})(RECORD)
    assert condition_of([{"id": 8}, {"a.b": "whole"}])(RECORD)
    assert not condition_of({})(RECORD)


@pytest.mark.parametrize(
    ("cursor", "last", "begins"),
    [
        (Cursor("t"), None, None),
        (Cursor("t"), "any text", "any text"),
        (Cursor("t", start=5), None, "5"),
        (Cursor("t", format="seconds"), "2025-10-09T08:53:20Z", "1760000000"),
        (Cursor("t", format="milliseconds"), "2025-10-09T10:53:20.5+0200", "1760000000500"),
        (Cursor("t", format="iso"), 1_760_000_000, "2025-10-09T08:53:20.000Z"),
        (Cursor("t", format="iso"), 1_760_000_000_000, "2025-10-09T08:53:20.000Z"),
        (Cursor("t", overlap_seconds=20), 1_760_000_000, "1759999980"),
        (Cursor("t", overlap_seconds=20), "2025-10-09T08:53:20Z", "2025-10-09T08:53:00.000Z"),
        (Cursor("t", start=5, overlap_seconds=20), None, "5"),
        (Cursor("t", format="seconds", oldest_days=1), None, "1759913600"),
        (Cursor("t", format="seconds", oldest_days=1), 1_700_000_000, "1759913600"),
        (Cursor("t", format="seconds", oldest_days=1), 1_759_999_999, "1759999999"),
    ],
)
def test_a_run_begins_where_the_last_one_came_to(
    cursor: Cursor, last: str | int | None, begins: str | None
) -> None:
    assert cursors.begin(cursor, last, NOW) == begins


def test_the_later_of_two_values_is_told_by_what_they_are() -> None:
    assert cursors.later(9, 10) == 10
    assert cursors.later("2025-10-09T12:00:00+02:00", "2025-10-09T11:00:00Z") == (
        "2025-10-09T11:00:00Z"
    )
    assert cursors.later("b", "a") == "b"
    assert cursors.later(None, "a") == cursors.later("a", None) == "a"


def test_a_value_that_is_no_time_is_told_where_one_is_needed() -> None:
    with pytest.raises(PullError, match="'x', which is no time"):
        cursors.begin(Cursor("t", format="seconds"), "x", NOW)
    with pytest.raises(PullError, match="orders: the cursor 't' has the value"):
        cursors.of({"t": {}}, Cursor("t"), "orders")


def test_what_has_no_value_yet_is_left_out() -> None:
    written = {"since": "{cursor}", "of": ["{parent.id}", "{cursor}"], "limit": 5, "q": "{other}"}
    assert filled(written, {"parent.id": 3}) == {"of": ["3"], "limit": 5, "q": "{other}"}
    assert filled("x >= {cursor}", {}) is None
