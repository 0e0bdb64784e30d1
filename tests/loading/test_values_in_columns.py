"""Values on their way into typed columns: each decision about a value, by name."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from headwater.loading.model import AlterColumn, ColumnType, WidenColumn

Call = Callable[..., dict[str, Any]]


def test_a_whole_number_is_an_integer_however_it_is_written(warehouse: Any, call: Call) -> None:
    warehouse.load(call(a=5, b=5.0))
    assert warehouse.types() == {"a": ColumnType.INTEGER, "b": ColumnType.INTEGER}
    assert warehouse.column("b") == [5]


@pytest.mark.parametrize("together", [True, False])
def test_an_integer_column_widens_to_float_for_a_fraction(
    warehouse: Any, call: Call, together: bool
) -> None:
    if together:
        warehouse.load(call(v=5), call(v=5.5), call(v=6))
    else:
        for value in (5, 5.5, 6):
            warehouse.load(call(v=value))
        assert [type(c) for c in warehouse.loads[1].changes] == [WidenColumn]
    assert warehouse.types() == {"v": ColumnType.FLOAT}
    assert warehouse.column("v") == [5.0, 5.5, 6.0]
    assert warehouse.losses == []


def test_a_float_column_takes_integers(warehouse: Any, call: Call) -> None:
    warehouse.load(call(v=5.5))
    warehouse.load(call(v=5))
    assert warehouse.column("v") == [5.5, 5.0]
    assert warehouse.loads[1].changes == []


def test_text_in_an_integer_column_is_null_and_a_conflict(warehouse: Any, call: Call) -> None:
    warehouse.load(call(v=5), call(v="x"))
    assert warehouse.column("v") == [5, None]
    (conflict,) = warehouse.conflicts
    assert (conflict.schema, conflict.table, conflict.column) == ("shop", "thing_done", "v")
    assert (conflict.row_id, conflict.value, conflict.reason) == ("m1", '"x"', "type")
    assert conflict.received_at == 1_700_000_001_000_000


def test_a_conflict_leaves_the_rest_of_its_row(warehouse: Any, call: Call) -> None:
    warehouse.load(call(v=5, w=1), call(v="x", w=2))
    assert warehouse.column("w") == [1, 2]


def test_the_value_of_a_conflict_stays_in_the_json(warehouse: Any, call: Call) -> None:
    warehouse.load(call(v=5), call(v="x"))
    assert warehouse.events()[1]["properties"] == '{"v":"x"}'


@pytest.mark.parametrize(
    ("value", "text"), [(5, "5"), (5.5, "5.5"), (True, "true"), ([1, "é"], '[1,"é"]')]
)
def test_a_text_column_takes_every_value_as_text(
    warehouse: Any, call: Call, value: Any, text: str
) -> None:
    warehouse.load(call(v="x"), call(v=value))
    warehouse.load(call(v=value))
    assert warehouse.column("v") == ["x", text, text]
    assert warehouse.losses == []


def test_a_boolean_and_its_word_do_not_mix(warehouse: Any, call: Call) -> None:
    warehouse.load(call(v=True), call(v="true"))
    assert warehouse.column("v") == [True, None]
    assert warehouse.losses == [("v", '"true"', "type")]


@pytest.mark.parametrize("text", ["true", "5", "5.5", "20230614", "2023-06", "2023-02-30"])
def test_text_is_never_guessed_to_be_something_else(warehouse: Any, call: Call, text: str) -> None:
    warehouse.load(call(v=text))
    assert warehouse.types() == {"v": ColumnType.TEXT}
    assert warehouse.column("v") == [text]


def test_a_text_column_keeps_times_as_they_were_written(warehouse: Any, call: Call) -> None:
    warehouse.load(call(v="x"), call(v="2023-06-14"))
    assert warehouse.column("v") == ["x", "2023-06-14"]


def test_other_text_in_a_time_column_is_a_conflict(warehouse: Any, call: Call) -> None:
    warehouse.load(call(v="2023-06-14"), call(v="soon"))
    assert warehouse.column("v") == [datetime(2023, 6, 14), None]  # noqa: DTZ001
    assert warehouse.losses == [("v", '"soon"', "type")]


def test_times_of_every_spelling_share_a_column(warehouse: Any, call: Call) -> None:
    warehouse.load(call(v="2023-06-14T05:23:59+0530"), call(v="2023-06-14 05:23"))
    assert warehouse.column("v") == [
        datetime(2023, 6, 13, 23, 53, 59),  # noqa: DTZ001
        datetime(2023, 6, 14, 5, 23),  # noqa: DTZ001
    ]


def test_a_day_that_does_not_exist_is_no_time(warehouse: Any, call: Call) -> None:
    warehouse.load(call(v="2023-06-14T00:00:00Z"))
    warehouse.load(call(v="2023-02-30T00:00:00Z"))
    assert warehouse.column("v")[1] is None
    assert warehouse.losses == [("v", '"2023-02-30T00:00:00Z"', "type")]


def test_an_integer_beyond_64_bits_is_a_float(warehouse: Any, call: Call) -> None:
    warehouse.load(call(v=2**70))
    assert warehouse.types() == {"v": ColumnType.FLOAT}
    assert warehouse.column("v") == [float(2**70)]


def test_an_integer_beyond_doubles_is_kept_to_the_digit(warehouse: Any, call: Call) -> None:
    warehouse.load(call(v=9007199254740993))
    assert warehouse.column("v") == [9007199254740993]


def test_a_key_that_is_only_ever_null_makes_no_column(warehouse: Any, call: Call) -> None:
    for _ in range(3):
        warehouse.load(call(v=None, w=1))
    assert warehouse.types() == {"w": ColumnType.INTEGER}


def test_empty_text_is_a_value(warehouse: Any, call: Call) -> None:
    warehouse.load(call(v=""))
    assert warehouse.column("v") == [""]


def test_an_empty_object_makes_no_column(warehouse: Any, call: Call) -> None:
    warehouse.load(call(v={}, w={"x": {}}))
    warehouse.load(call(v={}, w={"x": {}}))
    assert warehouse.types() == {}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ([], "[]"),
        ([1, 2], "[1,2]"),
        ([[1], [2]], "[[1],[2]]"),
        ([{"a": "注"}], '[{"a":"注"}]'),
        ([None, ""], '[null,""]'),
    ],
)
def test_an_array_is_json_text_without_spaces_or_escapes(
    warehouse: Any, call: Call, value: Any, text: str
) -> None:
    warehouse.load(call(v=value))
    warehouse.load(call(v=value))
    assert warehouse.types() == {"v": ColumnType.TEXT}
    assert warehouse.column("v") == [text, text]


def test_objects_are_flattened_to_any_depth(warehouse: Any, call: Call) -> None:
    warehouse.load(call(x={"y": {"z": {"w": {"v": {"u": 1}}}}}))
    assert warehouse.column("x_y_z_w_v_u") == [1]


def test_long_text_is_kept_whole(warehouse: Any, call: Call) -> None:
    warehouse.load(call(v="x" * 60_000))
    assert warehouse.column("v") == ["x" * 60_000]


def test_a_key_may_hold_a_value_here_and_an_object_there(warehouse: Any, call: Call) -> None:
    warehouse.load(call(v=1), call(v={"w": 2}))
    warehouse.load(call(v={"w": 3}), call(v=4))
    assert warehouse.column("v") == [1, None, None, 4]
    assert warehouse.column("v_w") == [None, 2, 3, None]
    assert warehouse.losses == []


def test_two_spellings_of_a_key_share_a_column(warehouse: Any, call: Call) -> None:
    warehouse.load(call(fooBar=1), call(foo_bar=2))
    warehouse.load(call(fooBar=3), call(foo_bar=4))
    assert warehouse.column("foo_bar") == [1, 2, 3, 4]
    assert warehouse.losses == []


@pytest.mark.parametrize("order", [("fooBar", "foo_bar"), ("foo_bar", "fooBar")])
def test_of_two_spellings_in_one_event_the_exact_one_stands(
    warehouse: Any, call: Call, order: tuple[str, str]
) -> None:
    sent = {"fooBar": 1, "foo_bar": 2}
    warehouse.load(call(**{key: sent[key] for key in order}))
    warehouse.load(call(**{key: sent[key] for key in order}))
    assert warehouse.column("foo_bar") == [2, 2]
    assert warehouse.losses == [("foo_bar", "1", "name_collision")] * 2


@pytest.mark.parametrize("turned", [True, False])
def test_of_two_inexact_spellings_the_first_by_code_point_stands(
    warehouse: Any, call: Call, turned: bool
) -> None:
    sent = [("a.b", 1), ("a", {"b": 2})]
    warehouse.load(call(**dict(reversed(sent) if turned else sent)))
    assert warehouse.column("a_b") == [2]
    assert warehouse.losses == [("a_b", "1", "name_collision")]


def test_two_spellings_that_say_the_same_are_no_conflict(warehouse: Any, call: Call) -> None:
    warehouse.load(call(fooBar=1, foo_bar=1))
    assert warehouse.losses == []


def test_a_null_spelling_leaves_the_column_to_the_other(warehouse: Any, call: Call) -> None:
    warehouse.load(call(fooBar=1, foo_bar=None))
    assert warehouse.column("foo_bar") == [1]


def test_a_property_named_like_a_standard_column_keeps_its_value(
    warehouse: Any, call: Call
) -> None:
    warehouse.load(call(id=7, userId="other", timestamp="2020-01-01", event_text="t"))
    (row,) = warehouse.rows("thing_done")
    assert (row["id"], row["user_id"], row["event_text"]) == ("m0", "u", "Thing Done")
    assert (row["_id"], row["_user_id"], row["_event_text"]) == (7, "other", "t")
    assert row["_timestamp"] == datetime(2020, 1, 1)  # noqa: DTZ001


def test_values_over_the_column_limit_stay_in_the_json(limited: Any, call: Call) -> None:
    warehouse = limited(max_columns=11)
    warehouse.load(call(a=1, b=2, c=[3]))
    warehouse.load(call(b=5, c=None))
    assert warehouse.column("b") == [2, 5]
    assert warehouse.losses == [("c", "[3]", "column_limit")]
    assert warehouse.events()[0]["properties"] == '{"a":1,"b":2,"c":[3]}'


def test_a_mixed_column_is_learned_once(warehouse: Any, call: Call) -> None:
    warehouse.load(call(v="x"))
    warehouse.load(call(v=1))
    warehouse.load(call(v=2), call(v="y"))
    assert [type(change) for change in warehouse.loads[1].changes] == [AlterColumn]
    assert warehouse.loads[2].changes == []


@pytest.mark.parametrize("key", ['a"b', "a\\b", "a\nb", "", "数量", "f0", "\x00"])
def test_any_key_makes_a_column(warehouse: Any, call: Call, key: str) -> None:
    for number in range(3):
        warehouse.load(call(**{key: number}))
    (name,) = warehouse.types()
    assert warehouse.column(name) == [0, 1, 2]
    assert warehouse.losses == []
