"""The demo's shop is the same for everyone, and its traffic has the flaws of real traffic."""

import json
from collections import Counter
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from headwater.demo.life import Sent, life
from headwater.demo.model import APP, SERVER, SOURCES, WEBSITE, Plan
from headwater.kit.clock import to_datetime

PLAN = Plan(end=1_764_000_000_000_000, weeks=6, visitors=1200)


@pytest.fixture(scope="module")
def sent() -> list[Sent]:
    return life(PLAN)


@pytest.fixture(scope="module")
def events(sent: list[Sent]) -> list[dict]:
    return [json.loads(each.body) for each in sent]


def test_the_same_plan_gives_the_same_bytes(sent):
    assert life(PLAN) == sent


def test_another_seed_gives_another_life(sent):
    other = life(Plan(end=PLAN.end, visitors=50, seed=2))
    assert not {each.body for each in other} & {each.body for each in sent}


def test_a_later_end_moves_the_life_and_keeps_its_messageids():
    small = Plan(end=PLAN.end, visitors=30)
    later = Plan(end=PLAN.end + 60_000_000, visitors=30)
    ids = [
        {json.loads(each.body).get("messageId") for each in life(plan)} for plan in (small, later)
    ]
    assert len(ids[0] & ids[1]) > 0.95 * len(ids[0])


def test_all_sources_send_in_order_and_nothing_after_the_end(sent):
    assert {each.source for each in sent} == set(SOURCES) == {WEBSITE, SERVER, APP}
    assert all(one.at <= next_.at for one, next_ in pairwise(sent))
    assert sent[-1].at < PLAN.end


def test_all_six_calls_and_the_promised_events_occur(events):
    kinds = Counter(event["type"] for event in events)
    assert {"identify", "track", "page", "screen", "group", "alias"} <= set(kinds)
    names = {event.get("event") for event in events}
    assert {
        *("Product Viewed", "Checkout Started", "Order Completed", "Order Refunded"),
        *("Signed Up", "Email Opened", "Email Link Clicked", "Unsubscribed"),
        *("Ticket Created", "Ticket Answered", "Ticket Solved", "Satisfaction Rated"),
        *("Application Installed", "Payment Failed", "Products Searched"),
    } <= names


def test_an_event_was_renamed_in_the_life_of_the_shop(sent, events):
    old = [s.at for s, e in zip(sent, events, strict=True) if e.get("event") == "Added to Cart"]
    new = [s.at for s, e in zip(sent, events, strict=True) if e.get("event") == "Product Added"]
    assert min(old) < min(new)
    assert len(old) > 50
    assert len(new) > 50


def test_chinese_names_and_properties_occur(events):
    chinese = [event for event in events if event.get("event") == "加入购物车"]
    assert chinese
    assert any("价格" in event["properties"] for event in chinese)


def test_orders_have_revenue_currency_and_products(events):
    orders = [
        event
        for event in events
        if event.get("event") == "Order Completed" and isinstance(event.get("properties"), dict)
    ]
    good = [order for order in orders if isinstance(order["properties"].get("revenue"), float)]
    assert len(good) > 0.8 * len(orders)
    assert all(order["properties"]["products"] for order in good)
    assert {"EUR", "GBP", "USD", "CNY"} <= {order["properties"]["currency"] for order in good}


def test_visitors_become_known_and_campaigns_are_named(events):
    by_visitor: dict[str, set[bool]] = {}
    for event in events:
        if "anonymousId" in event:
            by_visitor.setdefault(event["anonymousId"], set()).add("userId" in event)
    assert sum(known == {True, False} for known in by_visitor.values()) > 50
    campaigns = {(e.get("context") or {}).get("campaign", {}).get("name") for e in events}
    assert {"spring-sale", "茶叶节"} <= campaigns


def test_events_come_twice_late_and_out_of_order(sent, events):
    ids = Counter(event["messageId"] for event in events if "messageId" in event)
    assert sum(count > 1 for count in ids.values()) > 30
    delays = [
        to_datetime(each.at) - datetime.fromisoformat(event["timestamp"])
        for each, event in zip(sent, events, strict=True)
    ]
    assert sum(delay > timedelta(hours=1) for delay in delays) > 20
    times = [event["timestamp"] for event in events]
    assert times != sorted(times)


def test_the_website_has_a_gap(sent):
    web = [each.at for each in sent if each.source == WEBSITE]
    busy = web[len(web) // 2 :]
    longest = max(later - earlier for earlier, later in pairwise(busy))
    assert timedelta(microseconds=longest) > timedelta(hours=4)


@pytest.mark.parametrize(
    ("mistake", "is_made"),
    [
        ("no ids", lambda e: "userId" not in e and "anonymousId" not in e),
        ("a track without a name", lambda e: e["type"] == "track" and "event" not in e),
        ("a number for a name", lambda e: isinstance(e.get("event"), int)),
        ("a number for a user", lambda e: isinstance(e.get("userId"), int)),
        ("a list for properties", lambda e: isinstance(e.get("properties"), list)),
        ("an unknown type", lambda e: e["type"] == "tarck"),
        ("no messageId", lambda e: "messageId" not in e),
        (
            "a number written as text",
            lambda e: (
                isinstance(e.get("properties"), dict)
                and isinstance(e["properties"].get("price"), str)
            ),
        ),
        (
            "an odd currency",
            lambda e: (
                isinstance(e.get("properties"), dict)
                and e["properties"].get("currency") in ("usd", "€", "GBp", "XXX", "")
            ),
        ),
    ],
)
def test_a_mistake_of_real_traffic_occurs(events, mistake, is_made):
    count = sum(map(is_made, events))
    assert 0 < count < len(events) / 100
