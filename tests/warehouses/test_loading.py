"""Loading a real DuckDB file: whole loads or nothing, the tables that they make, and the views."""

import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headwater.errors import WarehouseRefusedError
from headwater.loading.losses import SAMPLES
from headwater.loading.model import Prepared, Quarantined, TableRows
from headwater.ports import Outcome, Tally
from headwater.spec.quarantined import QuarantinedEvent
from headwater.warehouses.duckdb.engine import Tuning
from headwater.warehouses.duckdb.warehouse import DuckDBWarehouse, Load

Call = Callable[..., dict[str, Any]]
TOO_LARGE = {"accepted": {"0": 2**70}}
"""Positions that cannot be kept, and are kept last: a load fails when all else is done."""


def everything(shop: Any) -> dict[str, list[Any]]:
    """The rows of every table there is."""
    names = shop.rows(
        "SELECT table_schema || '.' || table_name FROM information_schema.tables"
        " WHERE table_type = 'BASE TABLE' ORDER BY 1"
    )
    return {name: shop.rows(f"SELECT * FROM {name} ORDER BY ALL") for name in names}


def test_a_load_is_kept_with_its_positions_and_counts(shop: Any, call: Call) -> None:
    shop.load(call(total=5), call(total=7), positions={"accepted": {"0": 3}})
    shop.load(call(total=9), positions={"accepted": {"0": 4}, "quarantined": {"0": 1}})
    shop.reopen()
    assert shop.rows("SELECT total FROM shop.order_paid ORDER BY id") == [5, 7, 9]
    positions, tallies = shop.warehouse.account()
    assert positions == {"accepted": {"0": 4}, "quarantined": {"0": 1}}
    assert tallies == [Tally("id-shop", 7, Outcome.LOADED, "", 3)]
    assert shop.warehouse.sources() == {"id-shop": "shop"}


def test_a_load_that_fails_at_its_very_end_leaves_nothing(shop: Any, call: Call) -> None:
    shop.load(call(total=5), {"type": "identify", "userId": "u", "traits": {"plan": "free"}})
    before, catalog = everything(shop), shop.warehouse.catalog
    with pytest.raises(OverflowError):
        shop.load(
            call(total=1.5, new="column"),
            {"type": "track", "event": "New Table", "userId": "u"},
            {"type": "identify", "userId": "u", "traits": {"plan": "pro"}},
            positions=TOO_LARGE,
        )
    assert everything(shop) == before
    assert shop.warehouse.catalog is catalog
    shop.load(call(total=2.5))
    assert shop.rows("SELECT total FROM shop.order_paid ORDER BY id") == [5.0, 2.5]


def test_rows_that_are_only_tried_leave_nothing(shop: Any, call: Call) -> None:
    shop.load(call(total=5))
    before, catalog = everything(shop), shop.warehouse.catalog
    assert shop.warehouse.refusal(shop.prepare(call(total=6, new="column"))) is None
    assert everything(shop) == before
    assert shop.warehouse.catalog is catalog


def test_rows_that_the_database_refuses_are_told_from_a_machine_at_fault(
    shop: Any, call: Call
) -> None:
    good = shop.prepare(call(total=5))
    broken = spoiled(good, "properties", "{no JSON")
    error = shop.warehouse.refusal(broken)
    assert isinstance(error, WarehouseRefusedError)
    with pytest.raises(WarehouseRefusedError):
        shop.warehouse.load(Load(broken, [], {}, {}))
    assert shop.rows("SELECT count(*) FROM track") == [0]


def spoiled(prepared: Prepared, column: str, text: str) -> Prepared:
    """The load with another text in a column of the events."""
    [events, *others] = prepared.rows
    index = events.rows.schema.get_field_index(column)
    rows = events.rows.set_column(index, column, pa.array([text] * events.rows.num_rows))
    fields = {name: getattr(prepared, name) for name in Prepared.__struct_fields__}
    return Prepared(**{**fields, "rows": [TableRows(events.key, rows), *others]})


def test_what_was_committed_is_there_after_a_power_cut(
    shop: Any, call: Call, tmp_path: Path
) -> None:
    shop.load(call(total=5), positions={"accepted": {"0": 1}})
    for file in shop.path.parent.glob("w.duckdb*"):  # as they stand, nothing closed
        if file.is_file():
            shutil.copy(file, tmp_path / f"cut-{file.name}")
    found = DuckDBWarehouse(tmp_path / "cut-w.duckdb", Tuning(memory="150MB"))
    try:
        assert found.positions() == {"accepted": {"0": 1}}
        with found.reading() as cursor:
            assert cursor.execute("SELECT total FROM shop.order_paid").fetchall() == [(5,)]
    finally:
        found.close()


def test_a_checkpoint_adds_up_the_counts_and_changes_none(shop: Any, call: Call) -> None:
    prepared = shop.prepare(call())
    many = [Tally("id-shop", 7, Outcome.LOADED, "", 1)] * 6000
    fields = {name: getattr(prepared, name) for name in Prepared.__struct_fields__}
    shop.warehouse.load(Load(Prepared(**{**fields, "tallies": many}), [], {}, {}))
    shop.warehouse.checkpoint()
    assert shop.rows("SELECT count(*) FROM _headwater.tallies") == [1]
    assert shop.warehouse.account()[1] == [Tally("id-shop", 7, Outcome.LOADED, "", 6000)]


def test_events_kept_aside_are_in_the_quarantine_with_their_load(shop: Any, call: Call) -> None:
    event = QuarantinedEvent("no_event", "event is missing", 5, "m-q", "track", "", '{"a":1}')
    aside = [Quarantined("id-shop", "shop", event)]
    shop.warehouse.load(Load(shop.prepare(call()), aside, {}, {"quarantined": {"0": 9}}))
    assert shop.rows("SELECT id, source, reason, raw FROM quarantine") == [
        ("m-q", "shop", "no_event", '{"a":1}')
    ]
    assert shop.warehouse.positions() == {"quarantined": {"0": 9}}


def test_a_whole_number_column_widens_for_a_fraction_and_keeps_its_values(
    shop: Any, call: Call
) -> None:
    shop.load(call(total=5, context_free=1))
    shop.load(call(total=2.5))
    shop.reopen()
    shop.load(call(total=3))
    assert shop.rows("SELECT total FROM shop.order_paid ORDER BY id") == [5.0, 2.5, 3.0]
    assert shop.rows("SELECT count(*) FROM type_conflicts") == [0]


def test_a_context_column_widens_in_every_table_and_view_of_its_source(
    shop: Any, call: Call
) -> None:
    shop.load({**call(), "context": {"n": 1}}, {"type": "page", "context": {"n": 2}})
    shop.load({"type": "page", "context": {"n": 2.5}})
    for table in ("shop.order_paid", "shop.tracks", "tracks", "_headwater.events_shop"):
        assert shop.rows(f"SELECT DISTINCT typeof(context_n) FROM {table}") == ["DOUBLE"]
    assert shop.rows("SELECT context_n FROM pages ORDER BY id") == [2.0, 2.5]


@pytest.mark.parametrize(
    ("first", "other"), [(5, "five"), (True, 1), ("2024-01-01", "soon"), (1.5, [1])]
)
def test_a_value_that_does_not_fit_is_null_and_noted_and_in_the_json(
    shop: Any, call: Call, first: Any, other: Any
) -> None:
    shop.load(call(v=first))
    shop.load(call(v=other))
    assert shop.rows("SELECT v IS NULL FROM shop.order_paid ORDER BY id") == [False, True]
    noted = shop.rows(
        'SELECT "schema", "table", "column", row_id, reason, count FROM type_conflicts'
    )
    assert noted == [("shop", "order_paid", "v", "m0001", "type", 1)]
    [(kept, in_json)] = shop.rows(
        "SELECT c.value::JSON, e.properties->'v' FROM type_conflicts c"
        " JOIN order_paid e ON e.messageId = c.row_id"
    )
    assert kept == in_json


def test_conflicts_stay_few_over_many_loads_and_are_all_counted(shop: Any, call: Call) -> None:
    shop.load(call(v=5))
    for _ in range(5):
        shop.load(*[call(v="x")] * 30)
        shop.reopen()
    assert shop.rows("SELECT count(*), sum(count)::INT FROM type_conflicts") == [(SAMPLES + 1, 150)]
    assert shop.rows("SELECT count, value, row_id FROM type_conflicts ORDER BY count")[-1] == (
        150 - SAMPLES,
        None,
        None,
    )
    [(newest, last)] = shop.rows(
        "SELECT (SELECT max(received_at) FROM type_conflicts),"
        " (SELECT max(received_at) FROM shop.order_paid)"
    )
    assert newest == last


def test_ever_new_keys_over_the_limit_stay_in_the_json_and_fill_nothing(
    make_shop: Callable[..., Any], call: Call
) -> None:
    shop = make_shop(max_columns=10)
    for load in range(4):
        shop.load(*[call(**{"first": n, f"k{load}_{n}": n}) for n in range(50)])
    assert len(shop.rows("DESCRIBE shop.order_paid")) == 10
    assert shop.rows("SELECT count(*), sum(count)::INT FROM type_conflicts") == [(SAMPLES + 1, 200)]
    [(column, table)] = shop.rows(
        'SELECT "column", "table" FROM type_conflicts WHERE value IS NULL'
    )
    assert (column, table) == ("", "order_paid")
    assert shop.rows("SELECT count(*) FROM order_paid WHERE (properties->>'k3_49')::INT = 49") == [
        1
    ]


def test_ever_new_events_over_the_limit_are_in_tracks_and_fill_nothing(
    make_shop: Callable[..., Any],
) -> None:
    shop = make_shop(max_event_tables=1)
    for load in range(4):
        named = [{"type": "track", "event": f"E {load} {n}", "userId": "u"} for n in range(30)]
        shop.load(*named)
    assert shop.rows("SELECT count(*) FROM shop.tracks") == [120]
    assert shop.rows("SELECT count(*), sum(count)::INT FROM type_conflicts") == [(SAMPLES + 1, 119)]


def test_a_file_of_the_time_before_conflicts_were_counted_is_taken_on(
    shop: Any, call: Call
) -> None:
    shop.load(call(v=5), call(v="x"))
    with shop.warehouse.altering() as alteration:
        alteration.connection.execute("ALTER TABLE type_conflicts DROP COLUMN count")
    shop.reopen()
    shop.load(*[call(v="y")] * 30)
    assert shop.rows("SELECT sum(count)::INT FROM type_conflicts") == [31]


def test_the_view_of_an_event_is_there_from_its_first_and_shows_every_source(shop: Any) -> None:
    paid = {"type": "track", "event": "Bill Paid", "userId": "u"}
    shop.load({**paid, "event": "Other"})
    assert "bill_paid" not in shop.rows("SELECT table_name FROM information_schema.tables")
    shop.load({**paid, "properties": {"n": 1}})
    shop.load({**paid, "event": "billPaid", "properties": {"n": 2}}, slug="app")
    shown = "SELECT event, \"userId\", properties->>'n' FROM bill_paid ORDER BY 3"
    assert shop.rows(shown) == [("Bill Paid", "u", "1"), ("billPaid", "u", "2")]
    assert shop.rows("SELECT count(*) FROM track") == [3]


def test_the_views_of_the_six_types_are_there_before_the_first_event(shop: Any) -> None:
    for kind in ("identify", "track", "page", "screen", "group", "alias"):
        assert shop.rows(f'SELECT count(*) FROM "{kind}"') == [0]
    for table in ("tracks", "identifies", "users", "pages", "groups", "accounts", "aliases"):
        assert shop.rows(f"SELECT count(*) FROM {table}") == [0]


def test_a_standard_table_over_sources_of_other_types_shows_text(shop: Any) -> None:
    shop.load({"type": "page", "properties": {"v": 5}})
    shop.load({"type": "page", "properties": {"v": "five"}}, slug="app")
    shop.load({"type": "page", "properties": {"w": 1}}, slug="web")
    assert shop.rows("SELECT v, w FROM pages ORDER BY id") == [
        ("5", None),
        ("five", None),
        (None, 1),
    ]


values = st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from([2.5, "x", "2024-01-01"])
properties = st.dictionaries(st.sampled_from(["a", "b", "fooBar", "foo_bar"]), values, max_size=3)
events = st.one_of(
    st.builds(
        lambda name, held: {"type": "track", "event": name, "userId": "u", "properties": held},
        st.sampled_from(["One", "Two", "订单"]),
        properties,
    ),
    st.builds(
        lambda user, held: {"type": "identify", "userId": user, "traits": held},
        st.sampled_from(["u", "v"]),
        properties,
    ),
    st.builds(lambda held: {"type": "page", "name": "Home", "context": held}, properties),
)


@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(events, min_size=1, max_size=8), st.integers(1, 4))
def test_one_load_and_many_give_the_same_tables(
    make_shop: Callable[..., Any], sent: list[dict[str, Any]], cut: int
) -> None:
    whole, pieces = make_shop(), make_shop()
    whole.load(*sent)
    for start in range(0, len(sent), cut):
        pieces.load(*sent[start : start + cut])
    pieces.reopen()
    found = []
    for shop in (whole, pieces):
        while shop.warehouse.merge({}):
            pass
        rows = everything(shop)
        del rows["_headwater.tallies"]  # not added up yet
        found.append((rows, shop.warehouse.account()[1]))
        shop.close()
    assert found[0] == found[1]


def test_times_are_kept_in_utc_to_the_microsecond(shop: Any, call: Call) -> None:
    shop.load(
        {**call(seen="2024-05-01T10:00:00.123456+02:00"), "timestamp": "2024-05-01T10:00:00Z"}
    )
    assert shop.rows('SELECT seen, "timestamp" FROM shop.order_paid') == [
        (datetime(2024, 5, 1, 8, 0, 0, 123456), datetime(2024, 5, 1, 10)),  # noqa: DTZ001
    ]
