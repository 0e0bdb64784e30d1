"""Exporting: every stored event as it would be delivered, in the order of its receipt."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from headwater.queries.model import Export
from headwater.warehouses.duckdb.export import export

NOW = 1_700_000_000_000_000
EVENTS = [
    {
        "type": "track",
        "event": "Order Paid 订单",
        "userId": "u",
        "anonymousId": "a",
        "properties": {"total": 5, "deep": {"list": [1, None, {"x": "🎉"}]}, "nothing": None},
        "context": {"ip": "203.0.113.9", "library": {"name": "x"}},
        "integrations": {"All": False},
    },
    {"type": "identify", "userId": "u", "traits": {"plan": "pro"}, "context": {}},
    {"type": "page", "name": "Home", "category": "Docs", "properties": {"name": "Home"}},
    {"type": "screen", "name": "Cart", "properties": {}},
    {"type": "group", "userId": "u", "groupId": "g", "traits": {"seats": 2}},
    {"type": "alias", "userId": "u", "previousId": "p"},
]


@pytest.fixture
def exported(shop: Any) -> Callable[..., list[dict[str, Any]]]:
    def read(**wanted: Any) -> list[dict[str, Any]]:
        pieces = b"".join(export(shop.warehouse, Export(workspace_id="w", **wanted)))
        return [msgspec.json.decode(line) for line in pieces.splitlines()]

    return read


def test_every_kind_of_event_comes_out_as_it_came_in(
    shop: Any, exported: Callable[..., list[dict[str, Any]]]
) -> None:
    shop.load(*EVENTS)
    found = exported()
    assert len(found) == len(EVENTS)
    for event, sent in zip(found, EVENTS, strict=True):
        assert {name: event[name] for name in sent} == sent
        assert event["receivedAt"] == event["timestamp"]
        assert event["context"] == sent.get("context", {})
    assert "properties" not in found[-1]
    assert [event["messageId"] for event in found] == [f"m000{n}" for n in range(len(EVENTS))]


def test_values_that_no_column_took_are_exported_all_the_same(
    shop: Any, call: Callable[..., Any], exported: Callable[..., list[dict[str, Any]]]
) -> None:
    shop.load(call(v=5), call(v="five"))
    assert [event["properties"] for event in exported()] == [{"v": 5}, {"v": "five"}]


def test_a_span_of_time_is_from_its_start_to_before_its_end(
    shop: Any, call: Callable[..., Any], exported: Callable[..., list[dict[str, Any]]]
) -> None:
    shop.load(*[call(n=n) for n in range(5)])
    second = 1_000_000
    found = exported(since=NOW + second, until=NOW + 3 * second)
    assert [event["properties"]["n"] for event in found] == [1, 2]


def test_one_source_is_exported_alone_and_all_are_in_order_together(
    shop: Any, call: Callable[..., Any], exported: Callable[..., list[dict[str, Any]]]
) -> None:
    for n in range(6):
        shop.load(call(n=n), slug="app" if n % 2 else "shop")
    assert [event["properties"]["n"] for event in exported()] == list(range(6))
    assert [event["properties"]["n"] for event in exported(source="app")] == [1, 3, 5]
    assert exported(source="nobody") == []


def test_an_empty_warehouse_exports_nothing(
    exported: Callable[..., list[dict[str, Any]]],
) -> None:
    assert exported() == []


def test_more_events_than_one_piece_holds_are_all_there(
    shop: Any, call: Callable[..., Any], exported: Callable[..., list[dict[str, Any]]]
) -> None:
    shop.load(*[call(n=n) for n in range(5001)])
    assert [event["properties"]["n"] for event in exported()] == list(range(5001))
