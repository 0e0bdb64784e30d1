"""Cleaning rules as a person makes them: chosen, tried on what was sent, ordered, taken away."""

import re

import httpx
import pytest
from playwright.sync_api import Page, expect

from headwater.testing.whole import Whole
from tests.browser.conftest import LOOKS, Look, Visit, Visitor


@pytest.fixture
def sold(server: Whole, request: pytest.FixtureRequest) -> str:
    """A name of an event that was sent with prices as texts."""
    name = f"Sold {request.node.name}"
    send(server, name)
    return name


def send(server: Whole, name: str) -> None:
    events = [
        {"type": "track", "event": name, "userId": "u1", "properties": {"price": f"¥1,{n}99.00"}}
        for n in range(3)
    ]
    answer = httpx.post(
        f"{server.url}/v1/batch", json={"batch": events}, auth=(server.write_key, "")
    )
    assert answer.is_success
    server.wait_until_loaded()


def make(server: Whole, **rule: object) -> str:
    headers = {"Authorization": f"Bearer {server.token}"}
    answer = httpx.post(f"{server.url}/api/cleaning-rules", json=rule, headers=headers)
    assert answer.is_success, answer.text
    return str(answer.json()["data"]["cleaningRule"]["id"])


def test_a_rule_is_chosen_tried_made_counted_and_removed(
    owner: Visitor, server: Whole, sold: str
) -> None:
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
    owner.check_access()
    page.get_by_role("button", name="Make the rule").click()
    expect(page.get_by_text("acts on events from now on")).to_be_visible()
    send(server, sold)
    priced = f"SELECT count(*) AS n FROM track WHERE event = '{sold}' AND properties.price = 1099"
    server.wait_until(lambda: server.query(priced) == [{"n": 1}])
    page.reload()
    expect(page.locator(".tile .value").first).to_have_text("3")
    page.get_by_role("button", name="Remove…").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(page.get_by_text("is removed")).to_be_visible()


def test_rules_are_dragged_moved_and_switched(owner: Visitor, server: Whole) -> None:
    page = owner.page
    ids = [
        make(server, name=f"Drag {n}", kind="trim", settings={"paths": ["traits.drag"]})
        for n in range(3)
    ]
    owner.go("/rules")
    page.locator(f"#rule-{ids[2]}").drag_to(
        page.locator(f"#rule-{ids[0]}"), target_position={"x": 200, "y": 3}
    )
    expect(page.get_by_text("The new order is kept.")).to_be_visible()
    assert order(page) == ["Drag 2", "Drag 0", "Drag 1"]
    page.get_by_role("button", name="Move Drag 1 up").click(force=True)
    page.wait_for_url(re.compile(f"#rule-{ids[1]}"))
    assert order(page) == ["Drag 2", "Drag 1", "Drag 0"]
    page.get_by_role("switch", name="Drag 2").click()
    expect(page.get_by_role("switch", name="Drag 2")).to_have_attribute("aria-checked", "false")


def order(page: Page) -> list[str]:
    names = page.locator("#rules td a.strong").all_inner_texts()
    return [name for name in names if name.startswith("Drag")]


@pytest.mark.parametrize("look", LOOKS[1:3], ids=lambda look: look.name)
def test_no_page_that_governs_has_a_serious_fault(visit: Visit, look: Look, server: Whole) -> None:
    visitor = visit(look)
    held = make(
        server,
        name=f"Phones {look.name}",
        kind="normalize_phone",
        settings={"paths": ["traits.phone"], "region": "CN"},
        scope={"types": ["identify"], "condition": "userId != null"},
    )
    for name, path in (
        ("govern", "/govern"),
        ("rules", "/rules"),
        ("rules-new", "/rules/new"),
        ("rule-new", "/rules/new?kind=allowed_values&example=1"),
        ("rule", f"/rules/{held}"),
        ("transformations", "/transformations"),
        ("transformation-new", "/transformations/new"),
        ("source-steps", f"/sources/{server.source_id}/steps"),
    ):
        visitor.go(path)
        if look.width > 600:
            visitor.check_access()
        assert visitor.page.evaluate(
            "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
        ), path
        visitor.shot(f"{name}-{look.name}")
    if look.language == "zh_CN":
        visitor.go("/rules/new")
        visitor.page.get_by_role("link", name=re.compile("手机|电话号码")).click()
        visitor.page.get_by_label("名称", exact=True).fill(f"电话 {look.name}")
        visitor.page.get_by_label("字段 1").fill("traits.phone")
        visitor.page.get_by_role("button", name="试一试").click()
        expect(visitor.page.locator("#trial")).to_contain_text("条事件")
        visitor.page.get_by_role("button", name="创建规则").click()
        expect(visitor.page.get_by_text("从现在起对新事件生效")).to_be_visible()
