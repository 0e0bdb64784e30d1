"""Cleaning rules as a person makes them: chosen, tried on what was sent, ordered, taken away."""

import re

import httpx
import pytest
from playwright.sync_api import expect

from headwater.testing.whole import Whole
from tests.browser.conftest import Visitor


@pytest.fixture
def sold(server: Whole, request: pytest.FixtureRequest) -> str:
    """A name of an event that was sent with prices as texts."""
    name = f"Sold {request.node.name}"
    events = [
        {"type": "track", "event": name, "userId": "u1", "properties": {"price": f"¥1,{n}99.00"}}
        for n in range(3)
    ]
    answer = httpx.post(
        f"{server.url}/v1/batch", json={"batch": events}, auth=(server.write_key, "")
    )
    assert answer.is_success
    server.wait_until_loaded()
    return name


def test_a_rule_is_chosen_tried_made_and_counted(owner: Visitor, server: Whole, sold: str) -> None:
    page = owner.page
    owner.go("/rules")
    page.get_by_role("link", name=re.compile("Make the first rule|New rule")).click()
    page.get_by_role("link", name=re.compile("Amounts of money")).click()
    page.get_by_label("Name", exact=True).fill(f"Prices {sold}")
    page.get_by_label("Path", exact=True).fill("properties.price")
    page.get_by_label("Event names 1").fill(sold)
    page.get_by_label("Condition").fill("properties.price >")
    page.get_by_role("button", name="Try it").click()
    expect(page.locator(".caret")).to_be_visible()
    page.get_by_label("Condition").fill("")
    page.get_by_role("button", name="Try it").click()
    expect(page.locator("#trial")).to_contain_text("3 altered")
    expect(page.locator("#trial .after").first).to_contain_text("1099")
    page.get_by_role("button", name="Make the rule").click()
    expect(page.get_by_text("acts on events from now on")).to_be_visible()
