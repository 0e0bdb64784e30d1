"""Whatever is sent, and however it is cut into loads: every event is a row, once, and no value is
lost without a note."""

from collections.abc import Sequence
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.loading.model import TableKey, events_key
from headwater.loading.standard import CALL_TABLES
from headwater.naming import table_name

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.sampled_from([2**63, 5.0, 5.5, 1e20, "", "x", "2023-06-14", "2023-06-14T05:23:59.5Z"])
)
keys = st.sampled_from(["a", "b", "fooBar", "foo_bar", "a.b", "id", "name", "category", "数量"])
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(keys, inner, max_size=2),
    max_leaves=4,
)
objects = st.dictionaries(keys, values, max_size=3)
names = st.sampled_from(["A", "a", "订单", "users", "Order Completed"])
optional = {"userId": st.sampled_from(["u", "v", " "]), "context": objects}
events = st.one_of(
    st.fixed_dictionaries(
        {"type": st.just("track"), "event": names, "properties": objects}, optional=optional
    ),
    st.fixed_dictionaries({"type": st.just("identify"), "traits": objects}, optional=optional),
    st.fixed_dictionaries(
        {"type": st.sampled_from(["page", "screen"]), "properties": objects},
        optional=optional | {"name": st.sampled_from(["x", "y"])},
    ),
    st.fixed_dictionaries(
        {"type": st.just("group"), "groupId": st.just("g"), "traits": objects}, optional=optional
    ),
    st.fixed_dictionaries({"type": st.just("alias"), "previousId": st.just("p")}),
)


def numbered(sent: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    stamps = {"receivedAt": "2024-01-01T00:00:00Z"}
    return [{**event, "messageId": f"n{number}", **stamps} for number, event in enumerate(sent)]


def table_of(event: dict[str, Any]) -> str:
    return table_name(event["event"]) if event["type"] == "track" else CALL_TABLES[event["type"]]


@settings(max_examples=150, deadline=None)
@given(sent=st.lists(events, min_size=1, max_size=8), cut=st.integers(1, 8))
def test_every_way_of_cutting_gives_the_same_warehouse(
    limited: Any, sent: list[dict[str, Any]], cut: int
) -> None:
    sent = numbered(sent)
    whole, pieces = limited(), limited()
    whole.load(*sent)
    for start in range(0, len(sent), cut):
        pieces.load(*sent[start : start + cut])

    def columns(warehouse: Any) -> dict[TableKey, dict[str, Any]]:
        return {table.key: dict(table.columns) for table in warehouse.catalog.tables()}

    assert columns(whole) == columns(pieces)
    assert whole.events() == pieces.events()
    for table in {table_of(event) for event in sent}:
        assert whole.rows(table) == pieces.rows(table)
    order = msgspec.structs.astuple
    assert sorted(map(order, whole.conflicts)) == sorted(map(order, pieces.conflicts))


@settings(max_examples=150, deadline=None)
@given(sent=st.lists(events, min_size=1, max_size=8))
def test_every_event_is_one_row_of_its_table_and_of_the_events(
    limited: Any, sent: list[dict[str, Any]]
) -> None:
    sent = numbered(sent)
    warehouse = limited()
    loaded = warehouse.load(*sent)
    assert loaded.failed == []
    assert [row["id"] for row in warehouse.events()] == [event["messageId"] for event in sent]
    typed = {each.key: each.rows["id"].to_pylist() for each in loaded.rows}
    del typed[events_key("shop")]
    expected: dict[TableKey, list[str]] = {}
    for event in sent:
        expected.setdefault(TableKey("shop", table_of(event)), []).append(event["messageId"])
    assert typed == expected
    assert sum(tally.count for tally in loaded.tallies) == len(sent)


@settings(max_examples=150, deadline=None)
@given(sent=st.lists(objects, min_size=1, max_size=8))
def test_every_value_is_in_its_column_or_noted(limited: Any, sent: list[dict[str, Any]]) -> None:
    warehouse = limited()
    warehouse.load(*numbered([{"type": "track", "event": "A", "properties": p} for p in sent]))
    noted = {(c.row_id, c.column) for c in warehouse.conflicts}
    for row, properties in zip(warehouse.rows("a"), sent, strict=True):
        for key, value in properties.items():
            name = {"fooBar": "foo_bar", "a.b": "a_b", "id": "_id", "数量": "shu_liang_4493e443"}
            column = name.get(key, key)
            if value is not None and not isinstance(value, dict):
                assert row[column] is not None or (row["id"], column) in noted
