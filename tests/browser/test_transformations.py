"""Transformations as a person makes them, with operations that are added and tried."""

import httpx
from playwright.sync_api import expect

from headwater.testing.whole import Whole
from tests.browser.conftest import LOOKS, Visit, Visitor


def source(server: Whole, name: str) -> tuple[str, str]:
    headers = {"Authorization": f"Bearer {server.token}"}
    body = {"slug": f"source-{len(name)}", "name": name, "enabled": True, "metadataId": "server"}
    answer = httpx.post(f"{server.url}/api/sources", json=body, headers=headers)
    assert answer.is_success, answer.text
    made = answer.json()["data"]["source"]
    return made["id"], made["writeKeys"][0]


def test_a_transformation_is_made_of_parts_tried_and_acts(owner: Visitor, server: Whole) -> None:
    source_id, write_key = source(server, "Transformed")
    event = {"type": "track", "event": "T", "userId": "u1", "properties": {"sku_id": "7"}}

    def send() -> None:
        answer = httpx.post(f"{server.url}/v1/track", json=event, auth=(write_key, ""))
        assert answer.is_success
        server.wait_until_loaded()

    send()
    page = owner.page
    owner.go(f"/transformations/new?source={source_id}")
    page.get_by_label("Name", exact=True).fill("Old names")
    page.get_by_label("Old name 1").fill("sku_id")
    page.get_by_label("New name 1").fill("sku")
    page.get_by_label("Operation", exact=True).select_option("cast")
    page.get_by_role("button", name="Add operation").click()
    page.get_by_label("Paths 1").fill("sku")
    page.get_by_label("To", exact=True).select_option("number")
    page.get_by_role("button", name="Try it").click()
    expect(page.locator("#trial")).to_contain_text("1 altered")
    expect(page.locator("#trial")).to_contain_text("properties.sku")
    owner.check_access()
    page.get_by_role("button", name="Make the transformation").click()
    expect(page.get_by_text("acts on events from now on")).to_be_visible()
    send()
    known = "SELECT count(*) AS n FROM track WHERE event = 'T' AND properties.sku = 7"
    server.wait_until(lambda: server.query(known) == [{"n": 1}])
    owner.go(f"/sources/{source_id}/steps")
    expect(page.locator(".flow-steps li", has_text="Old names")).to_contain_text("1")
    page.get_by_role("link", name="Old names").click()
    page.get_by_role("button", name="Remove…").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(page.get_by_text("is removed")).to_be_visible()


def test_it_is_made_in_chinese_too(visit: Visit, server: Whole) -> None:
    visitor = visit(LOOKS[1])
    page = visitor.page
    source_id, _ = source(server, "中文")
    visitor.go(f"/transformations/new?source={source_id}")
    page.get_by_label("名称", exact=True).fill("邮箱哈希")
    page.locator("summary", has_text="哈希").click()
    page.get_by_label("要哈希的字段 1").fill("traits.email")
    page.get_by_role("button", name="创建转换").click()
    expect(page.get_by_text("“邮箱哈希”从现在起对新事件生效。")).to_be_visible()
    visitor.check_access()
    visitor.go("/transformations")
    expect(page.get_by_text("邮箱哈希")).to_be_visible()
