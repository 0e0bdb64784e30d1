"""Sync rules as a person sets, tries and questions them."""

from typing import Any

import httpx
from playwright.sync_api import expect

from headwater.testing.whole import Whole
from tests.browser.conftest import LOOKS, Visit, Visitor


def told(server: Whole, source: str, at: str, **traits: Any) -> None:
    key = server.create_source(source)[1]
    call = {"userId": "wang", "timestamp": at, "traits": traits}
    httpx.post(f"{server.url}/v1/identify", json=call, auth=(key, "")).raise_for_status()


def merged(server: Whole, trait: str) -> Any:
    headers = {"Authorization": f"Bearer {server.token}"}
    sql = {"sql": f"SELECT {trait} AS v FROM people WHERE id = 'wang'"}
    answer = httpx.post(f"{server.url}/api/query", json=sql, headers=headers).json()
    return answer["data"][0]["v"] if answer.get("data") else None


def test_a_rule_is_set_tried_and_explained(owner: Visitor, visit: Visit, server: Whole) -> None:
    told(server, "Our CRM", "2023-10-01", home_town="Brno", email="Wang@X.com")
    told(server, "Web page", "2023-10-20", home_town="Praha", email="wang@x.com")
    server.wait_until(lambda: merged(server, "home_town") == "Praha")
    page = owner.page

    owner.go("/sync")
    expect(page.get_by_role("row", name="home_town")).to_contain_text("1")
    owner.check_access()
    owner.shot("sync-list")
    page.get_by_role("link", name="home_town", exact=True).click()
    expect(page.get_by_text("Our CRM ≠ Web page: 1")).to_be_visible()
    page.get_by_label("Which value wins").select_option("source_order")
    page.get_by_label("Place of Our CRM").fill("1")
    page.get_by_role("button", name="What would change?").click()
    tried = page.locator("#tried")
    expect(tried).to_contain_text("Brno")
    expect(page.get_by_label("Place of Our CRM")).to_have_value("1")
    owner.check_access()
    owner.shot("sync-tried")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    server.wait_until(lambda: merged(server, "home_town") == "Brno")

    for look in (LOOKS[1], LOOKS[3]):
        visitor = visit(look)
        visitor.go("/sync")
        visitor.check_access()
        visitor.shot(f"sync-list-{look.name}")
        visitor.go("/sync/people/explain?id=wang")
        expect(visitor.page.get_by_role("row", name="home_town")).to_contain_text("Brno")
        visitor.check_access()
        visitor.shot(f"sync-explain-{look.name}")
        visitor.go("/sync/people/rules/home_town")
        visitor.check_access()
        visitor.shot(f"sync-rule-{look.name}")
    owner.go("/sync/people/rules/home_town")
    page.get_by_role("button", name="Remove…").click()
    page.get_by_role("button", name="Remove", exact=True).click()
    server.wait_until(lambda: merged(server, "home_town") == "Praha")
