"""A replay as a person makes it: counted, started, watched, stopped."""

import re

import httpx
import pytest
from playwright.sync_api import expect

from headwater.testing.whole import Whole
from tests.browser.conftest import LOOKS, Look, Visit, Visitor


@pytest.fixture
def sold(server: Whole) -> str:
    """A source of its own whose events were sent as one batch each."""
    source_id, key = server.create_source("Replayed shop", "server")
    for number in range(4):
        events = [
            {"type": "track", "event": "Sold", "userId": "u", "messageId": f"r{number}-{n}"}
            for n in range(5)
        ]
        answer = httpx.post(f"{server.url}/v1/batch", json={"batch": events}, auth=(key, ""))
        assert answer.is_success
    server.wait_until_loaded()
    return source_id


def test_a_replay_is_counted_started_and_stopped(owner: Visitor, server: Whole, sold: str) -> None:
    page = owner.page
    owner.go("/replays")
    page.get_by_role("link", name=re.compile("Make the first replay|New replay")).click()
    owner.check_access()
    page.get_by_label("Source").select_option(sold)
    page.get_by_label("Condition").fill("event =  (")
    page.get_by_role("button", name="Count the events").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_label("Condition").fill('event = "Sold"')
    page.get_by_role("button", name="Count the events").click()
    expect(page.locator("#preview .tile .value").first).to_have_text("20")
    owner.check_access()
    owner.shot("replays-preview-en-light")
    page.get_by_label("Events a second").fill("1")
    page.get_by_role("button", name="Start the replay").click()
    expect(page.get_by_text("The replay has begun")).to_be_visible()
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("button", name="Go on")).to_be_visible()
    owner.check_access()
    owner.shot("replays-en-light")
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("Cancelled")).to_be_visible()

    headers = {"Authorization": f"Bearer {server.token}"}
    body = {"selection": {"sourceIds": [sold]}}
    answer = httpx.post(f"{server.url}/api/replays", json=body, headers=headers)
    run = answer.json()["data"]["replay"]["id"]

    def is_done() -> bool:
        found = httpx.get(f"{server.url}/api/replays/{run}", headers=headers).json()
        return bool(found["data"]["replay"]["state"] == "done")

    server.wait_until(is_done)
    server.wait_until_loaded()
    assert server.query("SELECT count(*) AS n FROM replayed_shop.sold") == [{"n": 20}]
    assert server.ledger()["totals"]["difference"] == 0
    page.reload()
    expect(page.get_by_text("Done")).to_be_visible()


@pytest.mark.parametrize("look", LOOKS[1:3], ids=lambda look: look.name)
def test_the_pages_of_replays_can_be_used_by_everybody(visit: Visit, look: Look) -> None:
    visitor = visit(look)
    visitor.go("/replays")
    visitor.check_access()
    visitor.shot(f"replays-{look.name}")
    visitor.go("/replays/new")
    visitor.check_access()
    visitor.shot(f"replays-new-{look.name}")
