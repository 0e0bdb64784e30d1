"""A repaired column is as if it had had its type from the start: values, conflicts and all."""

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headwater.errors import NotFoundError
from headwater.loading.model import ARROW_TYPES, ColumnType, TableKey
from headwater.loading.values import MISFIT, fit
from headwater.warehouses.duckdb.repair import repair

KINDS = [kind for kind in ColumnType if kind is not ColumnType.JSON]
sent = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["", "5", "5.0", "true", "epoch", "infinity", "2023-06-14", "2023-6-1"])
    | st.sampled_from(["20230614", "2023-06-14T05:23:59.5+0530", "2023-06-14 25:00"])
    | st.text(max_size=5)
    | st.lists(st.integers(0, 3) | st.text(max_size=2), max_size=2)
)


def track(key: str, value: Any) -> dict[str, Any]:
    return {"type": "track", "event": "Order Paid", "userId": "u", "properties": {key: value}}


def stored(value: Any, kind: ColumnType) -> Any:
    """What a column of this type gives back for a value; None where it has no place."""
    fitted = fit(value, kind)
    if value is None or fitted is MISFIT:
        return None
    return pa.scalar(fitted, ARROW_TYPES[kind]).as_py()


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(sent, min_size=1, max_size=12),
    st.sampled_from(KINDS),
    st.sampled_from(["v", "Big Key", 'quo"te', "back\\slash", "点.点", "$", "*", "a/b~c"]),
)
def test_every_value_is_where_loading_would_have_put_it(
    shop: Any, values: list[Any], kind: ColumnType, key: str
) -> None:
    event = f"turn_{shop.count}"  # examples share the file, and have tables of their own
    values = [*values, "so that there is a column"]
    shop.load(*[{**track(key, value), "event": event} for value in values])
    table = shop.warehouse.catalog.table(TableKey("shop", event))
    (name,) = (column.name for column in table.columns.values() if column.paths)

    repair(shop.warehouse, f"shop.{event}", name, kind.value)

    found = shop.rows(f'SELECT "{name}" FROM shop.{event} ORDER BY id')
    [misfits] = shop.rows(
        f"SELECT coalesce(sum(count), 0)::INT FROM type_conflicts WHERE \"table\" = '{event}'"
    )
    assert found == [stored(value, kind) for value in values]
    assert misfits == sum(v is not None and fit(v, kind) is MISFIT for v in values)


def test_what_does_not_fit_the_new_type_either_is_a_conflict_again(shop: Any) -> None:
    shop.load(track("n", "x"), track("n", 5), track("n", "y"))
    assert shop.rows("SELECT count(*) FROM type_conflicts") == [0]
    done = repair(shop.warehouse, "shop.order_paid", "n", "integer")
    assert (done.filled, done.conflicts) == (-2, -2)
    assert shop.rows("SELECT n FROM shop.order_paid ORDER BY id") == [None, 5, None]
    assert shop.rows("SELECT value, row_id FROM type_conflicts ORDER BY ALL") == [
        ('"x"', "m0000"),
        ('"y"', "m0002"),
    ]


def test_other_conflicts_of_the_table_stay(make_shop: Callable[..., Any]) -> None:
    shop = make_shop(max_columns=10)
    shop.load(track("n", 1), track("n", "x"), track("other", 1))
    repair(shop.warehouse, "shop.order_paid", "n", "text")
    assert shop.rows('SELECT "column", reason FROM type_conflicts') == [("other", "column_limit")]


def test_thousands_of_misfits_are_repaired_at_once(shop: Any) -> None:
    shop.load(track("n", 1), *[track("n", "x")] * 3000)
    done = repair(shop.warehouse, "shop.order_paid", "n", "text")
    assert (done.filled, done.conflicts) == (3000, 3000)
    assert shop.rows("SELECT n, count(*) FROM shop.order_paid GROUP BY 1 ORDER BY 1") == [
        ("1", 1),
        ("x", 3000),
    ]


def test_of_two_keys_of_one_column_the_first_in_precedence_stands(shop: Any) -> None:
    both = {"fooBar": 1, "foo_bar": "one"}
    shop.load(*[{"type": "track", "event": "Order Paid", "userId": "u", "properties": both}] * 2)
    repair(shop.warehouse, "shop.order_paid", "foo_bar", "integer")
    assert shop.rows("SELECT foo_bar FROM shop.order_paid") == [None, None]
    assert shop.rows("SELECT value, reason FROM type_conflicts ORDER BY ALL") == [
        ('"one"', "type"),
        ('"one"', "type"),
        ("1", "name_collision"),
        ("1", "name_collision"),
    ]


def test_a_pages_own_name_is_not_taken_for_the_property_of_that_key(shop: Any) -> None:
    page = {"type": "page", "name": "Home"}
    shop.load(
        {**page, "properties": {"name": 3}},
        {**page, "properties": {"name": "Home"}},
        {"type": "page", "properties": {"name": "Docs"}},
    )
    repair(shop.warehouse, "shop.pages", "_name", "text")
    assert shop.rows("SELECT name, _name FROM shop.pages ORDER BY id") == [
        ("Home", "3"),
        ("Home", None),
        ("Docs", None),
    ]


def test_a_table_that_only_had_misfits_of_the_context_shows_them_now(shop: Any) -> None:
    order = {"type": "track", "event": "Order Paid", "userId": "u"}
    shop.load({**order, "context": {"build": 3}}, {"type": "page", "context": {"build": "3b"}})
    assert shop.rows("SELECT count(*) FROM type_conflicts WHERE \"table\" = 'pages'") == [1]
    done = repair(shop.warehouse, "shop.tracks", "context_build", "text")
    assert set(done.tables) == {"shop.pages", "shop.tracks", "shop.order_paid"}
    assert shop.rows("SELECT context_build FROM shop.pages") == ["3b"]
    assert shop.rows("SELECT context_build FROM tracks") == ["3"]
    assert shop.rows("SELECT count(*) FROM type_conflicts") == [0]


def test_a_user_of_whom_no_value_fitted_has_it_now(shop: Any) -> None:
    nobody = {"type": "identify", "anonymousId": "a", "traits": {"age": 5}}
    shop.load(nobody, {"type": "identify", "userId": "ann", "traits": {"age": "old"}})
    repair(shop.warehouse, "shop.identifies", "age", "text")
    assert shop.rows("SELECT id, age FROM shop.users") == [("ann", "old")]


def test_the_repaired_tables_are_known_after_a_restart_and_take_what_comes(shop: Any) -> None:
    shop.load(track("n", 1), track("n", "x"))
    repair(shop.warehouse, "shop.order_paid", "n", "text")
    shop.reopen()
    shop.load(track("n", 2.5))
    assert shop.rows("SELECT n FROM shop.order_paid ORDER BY id") == ["1", "x", "2.5"]


@pytest.mark.parametrize("table", ["shop.order_paid", "shop.users", "main.order_paid"])
def test_a_repair_that_cannot_be_made_changes_nothing(shop: Any, table: str) -> None:
    shop.load(track("n", 1), track("n", "x"))
    before = shop.rows("SELECT * FROM _headwater.columns ORDER BY ALL")
    catalog = shop.warehouse.catalog
    with pytest.raises(NotFoundError):
        repair(shop.warehouse, table, "nothing", "text")
    assert shop.rows("SELECT * FROM _headwater.columns ORDER BY ALL") == before
    assert shop.warehouse.catalog is catalog
    assert shop.rows("SELECT n FROM shop.order_paid ORDER BY id") == [1, None]
