"""The sources' pages in a browser: the list, making one, keys, origins, settings, the debugger, the
schema, imports; and the overview."""

import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import expect

from headwater.testing.whole import Whole
from tests.browser.conftest import Look, Visit, Visitor

PARTS = ("", "/debugger", "/schema", "/keys", "/imports", "/settings")


class Shop:
    """A source of its own in the shared server."""

    def __init__(self, whole: Whole, name: str) -> None:
        self.whole = whole
        self.name = name
        self.id, self.key = whole.create_source(name, "website")
        self.path = f"/sources/{self.id}"
        self.sent = 0

    def send(self, event: str = "Order Completed", **members: Any) -> None:
        """One track call."""
        self.sent += 1
        body = {
            "userId": "ada",
            "event": event,
            "messageId": f"{self.id}-{self.sent}",
            "properties": {"total": 12.5, "currency": "EUR", "products": [{"sku": "mug"}]},
        }
        body = {name: value for name, value in (body | members).items() if value is not None}
        answer = httpx.post(f"{self.whole.url}/v1/track", json=body, auth=(self.key, ""))
        answer.raise_for_status()


@pytest.fixture(scope="module")
def shops(server: Whole) -> list[Shop]:
    """Sources with some history, of which a test takes the first that it finds."""
    made = [Shop(server, f"Shop {number}") for number in range(2)]
    for shop in made:
        for number in range(12):
            shop.send(("Order Completed", "Product Viewed", "订单完成")[number % 3])
        shop.send("Nobody", userId=None)
    server.wait_until_loaded()
    return made


@pytest.fixture
def shop(shops: list[Shop]) -> Shop:
    return shops[0]


@pytest.fixture
def new_shop(server: Whole, request: pytest.FixtureRequest) -> Shop:
    """A source of one test."""
    return Shop(server, re.sub(r"\W+", " ", request.node.name)[-60:].strip())


# Every page in every look


def test_the_overview_has_no_fault_in_any_look(visit: Visit, look: Look, shop: Shop) -> None:
    visitor = visit(look)
    visitor.go("/")
    expect(visitor.page.locator(".verdict")).to_be_visible()
    expect(visitor.page.locator(".bars .bar").first).to_be_attached()
    visitor.check_access()
    visitor.shot(f"overview-{look.name}")


@pytest.mark.parametrize("part", ["/sources", "/sources/new"])
def test_the_list_has_no_fault_in_any_look(visit: Visit, look: Look, shop: Shop, part: str) -> None:
    visitor = visit(look)
    visitor.go(part)
    visitor.check_access()
    visitor.shot(f"{part.strip('/').replace('/', '-')}-{look.name}")


@pytest.mark.parametrize("part", PARTS)
def test_a_sources_parts_have_no_fault_in_any_look(
    visit: Visit, look: Look, shop: Shop, part: str
) -> None:
    visitor = visit(look)
    visitor.go(shop.path + part)
    if part == "/debugger":
        visitor.page.locator("#stream li a").first.click()
        expect(visitor.page.locator("#detail .stages")).to_be_visible()
    visitor.check_access()
    visitor.shot(f"source{part.replace('/', '-')}-{look.name}")


# The list and making a source


def test_a_source_is_made_by_keyboard_from_the_list(owner: Visitor, shop: Shop) -> None:
    owner.go("/sources")
    owner.page.keyboard.press("n")
    owner.page.wait_for_url(re.compile("/sources/new"))
    owner.page.wait_for_selector("html[data-ready]", state="attached")
    owner.page.get_by_text("Server", exact=True).click()
    expect(owner.page.get_by_label("Name")).to_have_value("Server")
    owner.page.get_by_label("Name").fill("Backend of keys")
    owner.page.keyboard.press("Enter")
    expect(owner.page.get_by_role("heading", name="Backend of keys")).to_be_visible()
    expect(owner.page.get_by_text("Send the first event")).to_be_visible()


def test_sources_are_searched_by_name_and_kind(owner: Visitor, shop: Shop) -> None:
    owner.go("/sources")
    owner.page.keyboard.press("/")
    owner.page.keyboard.type("shop 1")
    owner.page.keyboard.press("Enter")
    expect(owner.page.locator("tbody tr")).to_have_count(1)
    owner.page.locator("tbody tr").click(position={"x": 300, "y": 10})
    expect(owner.page.get_by_role("heading", name="Shop 1")).to_be_visible()


# The debugger


def test_events_show_as_they_pass_and_are_walked_by_keyboard(owner: Visitor, shop: Shop) -> None:
    owner.go(f"{shop.path}/debugger")
    rows = owner.page.locator("#stream li")
    expect(rows.first).to_be_visible()
    expect(owner.page.locator("#debugger-state")).to_have_attribute("data-state", "live")
    before = rows.count()
    shop.send("Just Now", properties={"n": 1})
    expect(rows).to_have_count(before + 1)
    expect(rows.first).to_contain_text("Just Now")
    expect(rows.first.locator(".dot")).to_have_class(re.compile("good"))

    owner.page.keyboard.press("j")
    expect(rows.nth(0).locator("a")).to_have_attribute("aria-current", "true")
    detail = owner.page.locator("#detail")
    expect(detail.get_by_role("heading", name="Just Now")).to_be_visible()
    expect(detail.locator(".stage.done")).to_have_count(4, timeout=20_000)
    expect(detail.get_by_text("No destination takes it yet")).to_be_visible()
    owner.page.keyboard.press("j")
    expect(rows.nth(1).locator("a")).to_have_attribute("aria-current", "true")
    owner.page.keyboard.press("k")
    expect(rows.nth(0).locator("a")).to_have_attribute("aria-current", "true")
    owner.page.keyboard.press("Enter")
    owner.page.wait_for_url(re.compile(r"/debugger/.+"))
    expect(owner.page.get_by_role("heading", name="As delivered")).to_be_visible()


def test_the_stream_pauses_and_goes_on_without_a_gap(owner: Visitor, shop: Shop) -> None:
    owner.go(f"{shop.path}/debugger")
    expect(owner.page.locator("#debugger-state")).to_have_attribute("data-state", "live")
    rows = owner.page.locator("#stream li")
    expect(rows.first).to_be_visible()
    owner.page.keyboard.press("p")
    expect(owner.page.get_by_role("button", name="Resume")).to_have_attribute(
        "aria-pressed", "true"
    )
    shop.send("While Paused")
    expect(owner.page.locator("#skipped")).to_contain_text("new")
    expect(owner.page.get_by_text("While Paused")).to_have_count(0)
    owner.page.keyboard.press("p")
    expect(rows.first).to_contain_text("While Paused")


def test_the_stream_is_filtered_by_fql_and_by_text(owner: Visitor, shop: Shop) -> None:
    owner.go(f"{shop.path}/debugger")
    rows = owner.page.locator("#stream li")
    expect(rows.first).to_be_visible()
    owner.page.get_by_label("FQL").fill('event = "Product Viewed"')
    expect(owner.page.locator("#stream .seen-name", has_text="Order")).to_have_count(0)
    expect(rows.first).to_contain_text("Product Viewed")
    shop.send("Order Completed")
    shop.send("Product Viewed", properties={"needle": "haystack-7"})
    owner.page.get_by_label("Text in the event").fill("haystack-7")
    expect(rows).to_have_count(1)
    expect(rows.first).to_contain_text("Product Viewed")


def test_an_fql_that_does_not_parse_is_marked_where_it_does_not(
    visit: Visit, look: Look, shop: Shop
) -> None:
    visitor = visit(look)
    visitor.go(f"{shop.path}/debugger")
    expect(visitor.page.locator("#stream li").first).to_be_visible()
    visitor.page.locator("#fql").fill('type = "track" and')
    wrong = visitor.page.locator("#fql-wrong")
    expect(wrong).to_be_visible()
    assert (wrong.locator("pre").text_content() or "").split("\n")[1] == " " * 18 + "^"
    visitor.check_access()
    visitor.page.locator("#fql").fill('type = "track"')
    expect(wrong).to_be_hidden()


def test_an_event_set_aside_is_shown_with_its_reason(owner: Visitor, new_shop: Shop) -> None:
    new_shop.send("Nobody", userId=None)
    owner.go(f"{new_shop.path}/debugger")
    row = owner.page.locator("#stream li").first
    expect(row).to_contain_text("Set aside: no_user_anon_id")
    row.locator("a").click()
    expect(owner.page.locator("#detail")).to_contain_text("no_user_anon_id")
    expect(owner.page.locator("#detail .stage.failed")).to_have_count(1)


# The schema


def test_the_schema_is_searched_as_one_types_and_leads_to_properties(
    owner: Visitor, shop: Shop
) -> None:
    owner.go(f"{shop.path}/schema")
    expect(owner.page.locator("#events tbody tr")).not_to_have_count(0)
    owner.page.get_by_label("Search events").fill("order comp")
    expect(owner.page.locator("#events tbody tr:visible")).to_have_count(1)
    owner.page.get_by_role("link", name="Order Completed").click()
    expect(owner.page.get_by_role("heading", name="Order Completed")).to_be_visible()
    row = owner.page.locator("tr", has_text="properties.total")
    expect(row).to_contain_text("12.5")
    expect(row).to_contain_text("100%")
    owner.check_access()


# Keys and origins


def test_a_key_is_replaced_while_its_use_is_watched(owner: Visitor, new_shop: Shop) -> None:
    owner.go(f"{new_shop.path}/keys")
    expect(owner.page.get_by_role("button", name="Revoke")).to_be_disabled()
    owner.page.get_by_role("button", name="Add a key").click()
    expect(owner.page.get_by_role("button", name="Revoke")).to_have_count(2)
    url = new_shop.whole.url

    def old_key_is_known() -> bool:
        new_shop.send()
        page = httpx.get(f"{url}{new_shop.path}/keys", headers=token(new_shop)).text
        return "last used" in page

    new_shop.whole.wait_until(old_key_is_known)
    owner.go(f"{new_shop.path}/keys")
    owner.page.get_by_role("button", name="Revoke").first.click()
    dialog = owner.page.get_by_role("dialog")
    expect(dialog).to_contain_text("loses those events")
    owner.check_access()
    dialog.get_by_role("button", name="Revoke the key").click()
    expect(owner.page.get_by_text("The key is revoked")).to_be_visible()
    refused = httpx.post(f"{url}/v1/track", json={"event": "x"}, auth=(new_shop.key, ""))
    new_shop.whole.wait_until(
        lambda: (
            httpx.post(
                f"{url}/v1/track", json={"event": "x", "userId": "u"}, auth=(new_shop.key, "")
            ).status_code
            == 401
        )
    )
    assert refused.status_code in (200, 401)


def test_pages_of_other_origins_are_refused_once_origins_are_listed(
    owner: Visitor, new_shop: Shop
) -> None:
    owner.go(f"{new_shop.path}/keys")
    owner.page.get_by_label("Origins, one a line").fill("shop.example")
    owner.page.get_by_role("button", name="Save").click()
    expect(owner.page.get_by_text("is not an origin")).to_be_visible()
    owner.page.get_by_label("Origins, one a line").fill("https://shop.example")
    owner.page.get_by_role("button", name="Save").click()
    expect(owner.page.get_by_text("Pages of these origins may send.")).to_be_visible()

    def status(origin: str) -> int:
        return httpx.post(
            f"{new_shop.whole.url}/v1/track",
            json={"event": "x", "userId": "u"},
            auth=(new_shop.key, ""),
            headers={"Origin": origin},
        ).status_code

    new_shop.whole.wait_until(lambda: status("https://other.example") == 403)
    assert status("https://shop.example") == 200


# Imports


def test_an_import_is_shown_with_its_rejected_rows(
    owner: Visitor, new_shop: Shop, tmp_path: Path
) -> None:
    file = tmp_path / "runs.jsonl"
    file.write_text('{"userId": "u-1", "event": "Ran"}\n{"event": "Nobody ran"}\n')
    owner.go(f"{new_shop.path}/imports")
    expect(owner.page.get_by_text("No import yet")).to_be_visible()
    new_shop.whole.command("import", str(file), "--source", new_shop.id)
    card = owner.page.locator(".import")
    expect(card).to_contain_text("runs.jsonl", timeout=20_000)
    expect(card).to_contain_text("Finished")
    expect(card).to_contain_text("1 rejected")
    card.locator("summary").click()
    expect(card.get_by_text("Nobody ran")).to_be_visible()


# Settings


def test_a_source_is_renamed_turned_off_and_deleted_by_its_name(
    owner: Visitor, new_shop: Shop
) -> None:
    owner.go(f"{new_shop.path}/settings")
    owner.page.get_by_role("textbox", name="Name").fill("Tea & Co")
    owner.page.get_by_label("Take events").uncheck()
    owner.page.get_by_role("button", name="Save").click()
    expect(owner.page.get_by_role("heading", name="Tea & Co")).to_be_visible()
    expect(owner.page.get_by_text("Off", exact=True)).to_be_visible()
    owner.page.get_by_role("button", name="Delete the source").click()
    dialog = owner.page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    owner.check_access()
    dialog.get_by_label("Type Tea & Co to confirm").fill("Tea & Co")
    dialog.get_by_role("button", name="Delete the source").click()
    owner.page.wait_for_url(re.compile("/sources$"))
    expect(owner.page.get_by_text("Tea & Co is deleted. Its events stay.")).to_be_visible()


# The overview


def test_the_overviews_figures_lead_to_their_pages(owner: Visitor, shop: Shop) -> None:
    owner.go("/")
    owner.page.get_by_role("link", name="7 days").click()
    expect(owner.page.get_by_role("link", name="7 days")).to_have_attribute("aria-current", "true")
    owner.page.locator(".bars svg g").last.hover()
    expect(owner.page.locator(".bars .tip")).to_be_visible()
    owner.page.get_by_role("main").get_by_role("link", name="Shop 0").first.click()
    expect(owner.page.get_by_role("heading", name="Shop 0")).to_be_visible()


def token(shop: Shop) -> dict[str, str]:
    return {"Authorization": f"Bearer {shop.whole.token}"}
