"""Finding an event and following it, as a person does."""

import re

import httpx
import pytest
from playwright.sync_api import expect

from headwater.testing.whole import Whole
from tests.browser.conftest import Look, Visit, Visitor


@pytest.fixture(scope="module")
def visits(server: Whole) -> Whole:
    """What Ann and Bo did, a call at a time."""
    for number, (who, event, properties) in enumerate(
        (
            ("ann-7", "Garden Entered", {"gate": "north"}),
            ("ann-7", "Rose Smelled", {"colour": "red", "petals": 32}),
            ("bo-8", "Rose Smelled", {"colour": "白色", "petals": 5}),
            ("ann-7", "Garden Left", {"gate": "south"}),
        )
    ):
        call = {
            "userId": who,
            "event": event,
            "properties": properties,
            "messageId": f"garden/{number}",
        }
        answer = httpx.post(f"{server.url}/v1/track", json=call, auth=(server.write_key, ""))
        assert answer.is_success
        server.wait_until_loaded()
    return server


def names(visitor: Visitor) -> list[str]:
    return visitor.page.locator(".event-lines .event-name strong").all_inner_texts()


def test_neither_the_list_nor_an_event_has_a_serious_fault(
    visit: Visit, look: Look, visits: Whole
) -> None:
    visitor = visit(look)
    visitor.go("/events?event=Rose%20Smelled")
    visitor.check_access()
    visitor.shot(f"events-{look.name}")
    visitor.page.locator(".event-lines a").first.click()
    visitor.page.wait_for_selector(".event-page")
    visitor.check_access()
    visitor.shot(f"event-{look.name}")


def test_events_are_found_by_person_name_and_property(owner: Visitor, visits: Whole) -> None:
    owner.go("/events")
    owner.page.get_by_label("Person: user id, anonymous id or e-mail").fill("ann-7")
    owner.page.keyboard.press("Enter")
    owner.page.wait_for_url(re.compile("person=ann-7"))
    assert names(owner) == ["Garden Left", "Rose Smelled", "Garden Entered"]
    owner.page.locator("summary", has_text="Property").click()
    owner.page.get_by_label("Path").fill("petals")
    owner.page.get_by_label("Value").fill("32")
    owner.page.get_by_role("button", name="Add").click()
    owner.page.wait_for_url(re.compile("petals"))
    assert names(owner) == ["Rose Smelled"]
    owner.page.get_by_role("link", name="Without properties.petals = 32").click()
    owner.page.wait_for_url(re.compile("person=ann-7$"))
    assert len(names(owner)) == 3


def test_events_are_found_by_their_text_in_chinese(visit: Visit, visits: Whole) -> None:
    visitor = visit(Look("zh_CN", "light"))
    visitor.go("/events")
    visitor.page.get_by_label("事件中任意位置的文字").fill("白色")
    visitor.page.get_by_role("button", name="搜索", exact=True).click()
    visitor.page.wait_for_url(re.compile("text="))
    assert names(visitor) == ["Rose Smelled"]
    expect(visitor.page.locator(".event-properties")).to_contain_text("白色")


def test_nothing_found_says_what_to_do(owner: Visitor, visits: Whole) -> None:
    owner.go("/events?text=no-such-thing-anywhere")
    expect(owner.page.get_by_text("No event fits all of this")).to_be_visible()
    owner.page.get_by_role("link", name="Clear the search").last.click()
    expect(owner.page.locator(".event-lines li").first).to_be_visible()


def test_an_event_is_followed_to_its_row(owner: Visitor, visits: Whole) -> None:
    owner.go("/events?person=ann-7&event=Rose%20Smelled")
    owner.page.locator(".event-lines a").click()
    page = owner.page
    expect(page.get_by_role("heading", name="Rose Smelled", level=1)).to_be_visible()
    expect(page.get_by_role("list", name="Stages")).to_contain_text("Loaded")
    expect(page.locator(".event-values").first).to_contain_text("red")
    expect(page.get_by_text("No destination is connected to this source")).to_be_visible()
    around = page.locator(".event-around")
    expect(around.get_by_role("list", name="After it")).to_contain_text("Garden Left")
    expect(around.get_by_role("list", name="Before it")).to_contain_text("Garden Entered")
    page.locator(".event-row").get_by_role("link", name="Ask in SQL").first.click()
    page.get_by_role("button", name="Run").click()
    expect(page.locator("[data-facts]")).to_contain_text("1 row")


def test_an_event_that_is_not_there_is_a_page_that_says_so(owner: Visitor, visits: Whole) -> None:
    response = owner.page.goto(f"{owner.url}/events/nothing-like-it")
    assert response is not None
    assert response.status == 404
    expect(owner.page.get_by_role("main")).to_contain_text("nothing-like-it")
