"""Functions as a person writes them: from the first line to what they did, in both languages."""

import re

import httpx
import pytest
from playwright.sync_api import expect

from headwater.testing.whole import Whole
from tests.browser.conftest import LOOKS, Look, Visit, Visitor

CODE = """\
async function onTrack(event, settings) {
  console.log('saw ' + event.event);
  if (event.properties.bad) throw new ValidationError('a bad one');
  event.properties.word = settings.word;
  return event;
}
"""


def send(server: Whole, key: str, *properties: dict[str, object]) -> None:
    events = [
        {"type": "track", "event": "Tapped", "userId": "u1", "properties": each}
        for each in properties
    ]
    answer = httpx.post(f"{server.url}/v1/batch", json={"batch": events}, auth=(key, ""))
    assert answer.is_success
    server.wait_until_loaded()


def test_a_function_is_written_tried_deployed_connected_and_watched(
    owner: Visitor, server: Whole
) -> None:
    page = owner.page
    _, key = server.create_source("Functions walk")
    owner.go("/functions")
    page.get_by_role("link", name=re.compile("Write the first function|New function")).click()
    page.get_by_label("Name").fill("Walked")
    owner.check_access()
    page.get_by_role("button", name="Write it").click()

    editor = page.get_by_label("Code in JavaScript")
    expect(editor).to_have_value(re.compile("async function onTrack"))
    editor.fill("async function onTrack(event) {\n  return event ]\n}")
    page.get_by_role("button", name="Run").click()
    expect(page.locator("#results")).to_contain_text("does not load")
    expect(page.locator(".gutter .wrong")).to_have_text("2")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("Line 2")

    page.get_by_label("Code in JavaScript").fill(CODE)
    page.get_by_role("button", name="Run").click()
    expect(page.locator("#results")).to_contain_text("saw Order Completed")
    owner.check_access()
    page.get_by_role("button", name="Save and deploy").click()
    expect(page.get_by_text("The newest version runs from now on.")).to_be_visible()

    page.get_by_role("link", name="Settings", exact=True).last.click()
    page.get_by_label("Name of setting 1").fill("word")
    page.get_by_label("Setting 1 is sensitive").check()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("The changes are kept.")).to_be_visible()
    owner.check_access()

    page.get_by_role("link", name="Connections").click()
    page.get_by_label("Source", exact=True).select_option(label="Functions walk")
    page.get_by_label("word").fill("very-secret-word")
    owner.check_access()
    page.get_by_role("button", name="Connect", exact=True).click()
    expect(page.get_by_text("The connection is kept.")).to_be_visible()
    expect(page.get_by_label("word").first).to_have_value("••••••••word")

    def acts() -> bool:
        send(server, key, {"n": 1})
        word = "SELECT count(*) AS n FROM track WHERE properties.word = 'very-secret-word'"
        return bool(server.query(word)[0]["n"])

    server.wait_until(acts)
    send(server, key, {"bad": True})
    page.get_by_role("link", name="Runs and logs").click()
    expect(page.locator(".runs")).to_contain_text("saw Tapped")
    expect(page.locator(".runs .log .bad").first).to_contain_text("ValidationError")
    owner.check_access()
    page.get_by_role("link", name="line 3").first.click()
    expect(page.locator(".gutter .wrong")).to_have_text("3")
    page.get_by_label("Run it on").select_option(label="Last events of Functions walk")
    page.get_by_label("Settings of").select_option(label="Functions walk")
    page.get_by_role("button", name="Run").click()
    expect(page.locator("#results")).to_contain_text("a bad one")

    page.get_by_role("link", name="Versions").click()
    page.get_by_text("Version 1", exact=True).click()
    owner.check_access()
    page.get_by_role("button", name="Make it the newest version again").click()
    expect(page.get_by_text("The older code is the newest version now.")).to_be_visible()
    expect(page.get_by_text("Older version runs")).to_be_visible()


@pytest.mark.parametrize("look", LOOKS[1:2], ids=str, indirect=True)
def test_functions_in_chinese_and_dark(visit: Visit, look: Look, server: Whole) -> None:
    body = {"code": CODE, "displayName": "补充字段", "resourceType": "INSERT_SOURCE"}
    made = httpx.post(
        f"{server.url}/api/functions",
        json=body | {"description": "给每个事件补充字段"},
        headers={"Authorization": f"Bearer {server.token}"},
    )
    assert made.is_success, made.text
    one = f"/functions/{made.json()['data']['function']['id']}"
    visitor = visit(look)
    for path, name in (
        ("/functions", "functions"),
        (one, "function"),
        (f"{one}/connections", "function-connections"),
        (f"{one}/settings", "function-settings"),
        (f"{one}/runs", "function-runs"),
    ):
        visitor.go(path)
        visitor.check_access()
        visitor.shot(name)
    visitor.go(one)
    visitor.page.get_by_role("button", name="运行").click()
    expect(visitor.page.locator("#results")).to_contain_text("saw Order Completed")
    visitor.shot("function-tried")
