"""Which tables an event goes to, and what stands in their standard columns."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from headwater.loading.learning import widening
from headwater.loading.model import (
    Catalog,
    ColumnType,
    CreateTable,
    Limits,
    NameEvent,
    TableKey,
    events_key,
)
from headwater.loading.prepare import prepare

Call = Callable[..., dict[str, Any]]

COMMON = {
    "id",
    "anonymous_id",
    "user_id",
    "original_timestamp",
    "sent_at",
    "received_at",
    "timestamp",
}


def columns(catalog: Catalog, table: str) -> set[str]:
    held = catalog.table(TableKey("shop", table))
    assert held is not None
    return set(held.columns)


def test_a_source_has_every_standard_table_from_its_first_event(warehouse: Any, call: Call) -> None:
    warehouse.load(call())
    assert columns(warehouse.catalog, "tracks") == COMMON | {"event", "event_text"}
    assert columns(warehouse.catalog, "identifies") == COMMON
    assert columns(warehouse.catalog, "users") == {"id", "received_at"}
    assert columns(warehouse.catalog, "pages") == COMMON | {"name", "category"}
    assert columns(warehouse.catalog, "screens") == COMMON | {"name", "category"}
    assert columns(warehouse.catalog, "groups") == COMMON | {"group_id"}
    assert columns(warehouse.catalog, "accounts") == {"id", "received_at"}
    assert columns(warehouse.catalog, "aliases") == COMMON | {"previous_id"}
    assert columns(warehouse.catalog, "thing_done") == COMMON | {"event", "event_text"}


def test_no_table_has_columns_that_are_bigquerys_alone(warehouse: Any, call: Call) -> None:
    warehouse.load(call())
    names = {name for table in warehouse.catalog.tables() for name in table.columns}
    assert not names & {"loaded_at", "uuid_ts", "channel", "version", "project_id"}


def test_a_track_call_is_a_row_of_its_events_table(warehouse: Any, call: Call) -> None:
    warehouse.load(
        {
            **call("Order Completed", revenue=9.5),
            "anonymousId": "a",
            "timestamp": "2023-11-14T22:00:10Z",
            "sentAt": "2023-11-14T22:00:20Z",
            "context": {"ip": "1.2.3.4", "page": {"url": "https://x"}},
        }
    )
    (row,) = warehouse.rows("order_completed")
    assert row == {
        "id": "m0",
        "anonymous_id": "a",
        "user_id": "u",
        "original_timestamp": datetime(2023, 11, 14, 22, 0, 10),  # noqa: DTZ001
        "sent_at": datetime(2023, 11, 14, 22, 0, 20),  # noqa: DTZ001
        "received_at": datetime(2023, 11, 14, 22, 13, 20),  # noqa: DTZ001
        "timestamp": datetime(2023, 11, 14, 22, 13, 10),  # noqa: DTZ001
        "event": "order_completed",
        "event_text": "Order Completed",
        "revenue": 9.5,
        "context_ip": "1.2.3.4",
        "context_page_url": "https://x",
    }


def test_custom_properties_do_not_reach_tracks(warehouse: Any, call: Call) -> None:
    warehouse.load({**call(revenue=1), "context": {"ip": "1"}})
    assert columns(warehouse.catalog, "tracks") == COMMON | {"event", "event_text", "context_ip"}


def test_tracks_shows_the_context_of_track_calls_alone(warehouse: Any, call: Call) -> None:
    warehouse.load({"type": "page", "context": {"page": {"title": "t"}}}, call())
    warehouse.load({**call(), "context": {"ip": "1"}})
    assert "context_page_title" not in columns(warehouse.catalog, "tracks")
    assert "context_ip" in columns(warehouse.catalog, "tracks")
    assert "context_ip" not in columns(warehouse.catalog, "pages")
    assert "context_page_title" in columns(warehouse.catalog, "pages")


def test_every_event_is_whole_in_the_internal_events_table(warehouse: Any, call: Call) -> None:
    warehouse.load(
        {**call(a=1), "context": {"ip": "1"}, "integrations": {"All": True}},
        {"type": "group", "groupId": "g", "userId": "u", "traits": {"b": 2}},
        {"type": "alias", "userId": "u", "previousId": "p"},
    )
    first, second, third = warehouse.events()
    assert (first["type"], first["event"], first["event_text"]) == (
        "track",
        "thing_done",
        "Thing Done",
    )
    assert (first["properties"], first["context"]) == ('{"a":1}', '{"ip":"1"}')
    assert first["rest"] == '{"integrations":{"All":true}}'
    assert first["context_ip"] == "1"
    assert (second["type"], second["group_id"], second["properties"]) == ("group", "g", '{"b":2}')
    assert (third["type"], third["previous_id"]) == ("alias", "p")


def test_rows_stand_in_order_of_arrival(warehouse: Any, call: Call) -> None:
    warehouse.load(call("B", n=0), call("A", n=1), call("B", n=2), call("A", n=3))
    assert warehouse.column("n", "a") == [1, 3]
    assert warehouse.column("n", "b") == [0, 2]
    assert [row["id"] for row in warehouse.events()] == ["m0", "m1", "m2", "m3"]


def test_events_whose_names_snake_case_alike_share_a_table(warehouse: Any, call: Call) -> None:
    warehouse.load(call("Order Completed"), call("orderCompleted"))
    rows = warehouse.rows("order_completed")
    assert [row["event_text"] for row in rows] == ["Order Completed", "orderCompleted"]
    assert list(warehouse.catalog.event_names()) == [
        NameEvent("shop", "Order Completed", "order_completed"),
        NameEvent("shop", "orderCompleted", "order_completed"),
    ]


def test_a_chinese_event_has_a_table_of_its_own(warehouse: Any, call: Call) -> None:
    warehouse.load(call("订单完成", 数量=2))
    (row,) = warehouse.rows("ding_dan_wan_cheng_2b81b991")
    assert row["event_text"] == "订单完成"
    assert row["shu_liang_4493e443"] == 2
    assert warehouse.catalog.event_table("shop", "订单完成") == "ding_dan_wan_cheng_2b81b991"


def test_an_event_named_like_a_standard_table_stays_apart(warehouse: Any, call: Call) -> None:
    warehouse.load(call("Users", n=1), {"type": "identify", "userId": "u", "traits": {"n": 2}})
    assert warehouse.column("n", "_users") == [1]
    assert warehouse.column("n", "users") == [2]


def test_events_over_the_table_limit_stay_in_tracks(limited: Any, call: Call) -> None:
    warehouse = limited(max_event_tables=1)
    warehouse.load(call("One"), call("Two", a=1), call("one"))
    assert len(warehouse.rows("one")) == 2
    assert warehouse.catalog.table(TableKey("shop", "two")) is None
    assert [row["event"] for row in warehouse.events()] == ["one", "two", "one"]
    assert warehouse.losses == [("", '"Two"', "table_limit")]
    assert warehouse.conflicts[0].table == "two"


@pytest.mark.parametrize(("kind", "table"), [("page", "pages"), ("screen", "screens")])
def test_a_page_or_screen_has_its_name_category_and_properties(
    warehouse: Any, kind: str, table: str
) -> None:
    warehouse.load(
        {"type": kind, "name": "Home", "category": "Docs", "properties": {"title": "Hi"}}
    )
    (row,) = warehouse.rows(table)
    assert (row["name"], row["category"], row["title"]) == ("Home", "Docs", "Hi")


def test_a_pages_property_that_repeats_its_name_makes_no_column(warehouse: Any) -> None:
    page = {"type": "page", "name": "Home", "properties": {"name": "Home", "url": "u"}}
    warehouse.load(page)
    warehouse.load(page)
    assert set(warehouse.types("pages")) == {"url"}
    assert warehouse.column("name", "pages") == ["Home", "Home"]


def test_a_page_without_a_name_takes_its_propertys(warehouse: Any) -> None:
    page = {"type": "page", "properties": {"name": "Home", "category": "Docs"}}
    warehouse.load(page)
    warehouse.load(page)
    assert warehouse.types("pages") == {}
    assert warehouse.column("name", "pages") == ["Home", "Home"]
    assert warehouse.column("category", "pages") == ["Docs", "Docs"]


def test_a_pages_property_that_differs_from_its_name_is_kept(warehouse: Any) -> None:
    page = {"type": "page", "name": "Home", "properties": {"name": "Other", "category": 3}}
    warehouse.load(page)
    warehouse.load(page)
    assert warehouse.column("name", "pages") == ["Home", "Home"]
    assert warehouse.column("_name", "pages") == ["Other", "Other"]
    assert warehouse.column("_category", "pages") == [3, 3]


def test_a_track_property_named_name_is_an_ordinary_column(warehouse: Any, call: Call) -> None:
    warehouse.load(call(name="Shoe", category="Feet", groupId="g"))
    (row,) = warehouse.rows("thing_done")
    assert (row["name"], row["category"], row["group_id"]) == ("Shoe", "Feet", "g")


def test_a_groups_trait_does_not_pass_for_its_id(warehouse: Any) -> None:
    warehouse.load(
        {"type": "group", "groupId": "g", "userId": "u", "traits": {"groupId": "x", "id": 4}}
    )
    (row,) = warehouse.rows("groups")
    assert (row["group_id"], row["_group_id"], row["_id"]) == ("g", "x", 4)


def test_an_alias_has_its_previous_id(warehouse: Any) -> None:
    warehouse.load({"type": "alias", "userId": "u", "previousId": "p"})
    (row,) = warehouse.rows("aliases")
    assert (row["user_id"], row["previous_id"]) == ("u", "p")


def test_a_context_column_has_one_type_in_all_tables(warehouse: Any, call: Call) -> None:
    warehouse.load({**call(), "context": {"n": 1}}, {"type": "page", "context": {"n": 1}})
    warehouse.load({"type": "page", "context": {"n": 1.5}})
    for key in (events_key("shop"), *(TableKey("shop", t) for t in ("tracks", "pages"))):
        held = warehouse.catalog.table(key)
        assert held.columns["context_n"].type is ColumnType.FLOAT
    assert warehouse.column("context_n") == [1.0]


def test_a_conflict_in_the_context_is_shown_on_the_table_of_its_call(
    warehouse: Any, call: Call
) -> None:
    same = {"n": "x"}
    warehouse.load({**call(), "context": {"n": 1}})
    warehouse.load(*[{**call(), "context": same}] * 3, {"type": "page", "context": same})
    assert [(c.table, c.row_id) for c in warehouse.conflicts] == [
        ("tracks", "m0"),
        ("tracks", "m1"),
        ("tracks", "m2"),
        ("pages", "m3"),
    ]


def test_context_columns_over_a_tables_limit_are_conflicts(limited: Any, call: Call) -> None:
    warehouse = limited(max_columns=19)
    many = {f"k{n}": n for n in range(12)}
    warehouse.load({**call(**many), "context": {"ip": "1", "b": 2}})
    assert ("context_ip", '"1"', "column_limit") in warehouse.losses
    assert ("k10", "10", "column_limit") in warehouse.losses
    assert warehouse.events()[0]["context_ip"] == "1"


def test_sources_are_kept_apart(warehouse: Any, call: Call, batch_of: Any) -> None:
    loaded = warehouse.load_batches(
        batch_of([call(a=1)], slug="web"), batch_of([call(a="x")], slug="app")
    )
    assert warehouse.types(slug="web") == {"a": ColumnType.INTEGER}
    assert warehouse.types(slug="app") == {"a": ColumnType.TEXT}
    assert {(t.source_id, t.count) for t in loaded.tallies} == {("id-web", 1), ("id-app", 1)}


def test_loaded_events_are_counted_by_source_and_hour(
    warehouse: Any, call: Call, batch_of: Any
) -> None:
    loaded = warehouse.load_batches(
        batch_of([call(), call()], hour=1), batch_of([call()], hour=2), batch_of([call()], hour=1)
    )
    assert [(t.hour, t.outcome, t.reason, t.count) for t in loaded.tallies] == [
        (1, "loaded", "", 3),
        (2, "loaded", "", 1),
    ]


def test_the_catalogue_that_is_handed_in_stays_as_it_was(
    warehouse: Any, call: Call, batch_of: Any
) -> None:
    warehouse.load(call(a=1))
    before = warehouse.catalog
    rows = list(before.column_rows())
    names = list(before.event_names())
    prepare([batch_of([call("New", a="x"), call(a=2.5)])], before, Limits())
    assert list(before.column_rows()) == rows
    assert list(before.event_names()) == names
    again = prepare([batch_of([call("New", a="x"), call(a=2.5)])], before, Limits())
    assert [type(c) for c in again.changes].count(CreateTable) == 1


def test_a_catalogue_is_restored_from_its_rows(warehouse: Any, call: Call) -> None:
    warehouse.load(
        {**call(a=1, fooBar=2, l=[1], o={"p": True}), "context": {"ip": "1"}}, call(foo_bar=1)
    )
    catalog = warehouse.catalog
    restored = Catalog.restore(catalog.column_rows(), catalog.event_names())
    assert list(restored.column_rows()) == list(catalog.column_rows())
    assert list(restored.event_names()) == list(catalog.event_names())
    assert restored.event_tables("shop") == {"thing_done"}


def test_the_changes_rebuild_the_catalogue(warehouse: Any, call: Call) -> None:
    for value in (1, 2.5, "x", [1]):
        warehouse.load({**call(v=value, fooBar=1), "context": {"n": value}})
        warehouse.load(call("Other", foo_bar=value))
    rebuilt = Catalog()
    for loaded in warehouse.loads:
        for change in loaded.changes:
            rebuilt.apply(change)
    assert list(rebuilt.column_rows()) == list(warehouse.catalog.column_rows())


def test_nothing_to_load_is_nothing_to_do(warehouse: Any) -> None:
    loaded = warehouse.load_batches()
    assert (loaded.rows, loaded.changes, loaded.tallies) == ([], [], [])


def test_a_column_and_those_that_follow_it_change_type_together(warehouse: Any, call: Call) -> None:
    warehouse.load(
        {**call(v=1), "context": {"n": 1}},
        {"type": "identify", "userId": "u", "traits": {"v": 1}, "context": {"n": 1}},
    )
    catalog = warehouse.catalog

    def follow(table: str, column: str) -> list[str]:
        key = TableKey("shop", table)
        return [c.key.table for c in widening(catalog, key, column, ColumnType.TEXT)]

    assert follow("thing_done", "v") == ["thing_done"]
    assert follow("identifies", "v") == ["identifies", "users"]
    shared = ["events_shop", "tracks", "identifies", "users", "thing_done"]
    assert follow("tracks", "context_n") == shared
    assert follow("thing_done", "context_n") == shared
    with pytest.raises(KeyError):
        follow("thing_done", "missing")
