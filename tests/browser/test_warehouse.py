"""What a person does on the pages of the warehouse: find a table, repair a column."""

import httpx
import pytest
from playwright.sync_api import expect

from headwater.testing.whole import Whole
from tests.browser.conftest import Look, Visit, Visitor

PAGES = (
    "/warehouse",
    "/warehouse/conflicts",
    "/warehouse/names",
    "/warehouse/connect",
    "/warehouse/tables/test/tea_brewed",
    "/warehouse/tables/main/tea_brewed",
    "/warehouse/repair?table=test.tea_brewed&column=minutes&type=text",
)


@pytest.fixture(scope="module")
def brewed(server: Whole) -> Whole:
    """Three brewings, one of which is timed in words."""
    for minutes in (3, "a while", 4):
        call = {"userId": "ann", "event": "Tea Brewed", "properties": {"minutes": minutes}}
        httpx.post(f"{server.url}/v1/track", json=call, auth=(server.write_key, ""))
    server.wait_until_loaded()
    return server


@pytest.mark.parametrize("path", PAGES)
def test_no_page_has_a_serious_fault(visit: Visit, look: Look, brewed: Whole, path: str) -> None:
    visitor = visit(look)
    response = visitor.go(path)
    assert response is not None
    assert response.ok
    visitor.check_access()
    visitor.shot(f"{path.split('?')[0].strip('/').replace('/', '-')}-{look.name}")


def test_a_conflict_is_found_and_repaired(owner: Visitor, brewed: Whole) -> None:
    owner.go("/warehouse")
    owner.page.get_by_role("link", name="Type conflicts").click()
    row = owner.page.get_by_role("row").filter(has_text="tea_brewed")
    expect(row).to_contain_text('"a while"')
    row.get_by_role("link", name="Make it text…").click()
    owner.page.get_by_role("button", name="Change the type").click()
    expect(
        owner.page.get_by_text("minutes is text now; 1 values more stand in it.")
    ).to_be_visible()
    assert brewed.query("SELECT minutes FROM test.tea_brewed ORDER BY received_at") == [
        {"minutes": "3"},
        {"minutes": "a while"},
        {"minutes": "4"},
    ]
    owner.go("/warehouse/conflicts")
    expect(owner.page.get_by_text("test.tea_brewed")).to_have_count(0)


def test_a_repair_is_said_in_chinese(visit: Visit, brewed: Whole) -> None:
    visitor = visit(Look("zh_CN", "light"))
    visitor.go("/warehouse/repair?table=test.tea_brewed&column=minutes&type=text")
    expect(visitor.page.get_by_role("heading", name="更改列的类型")).to_be_visible()
    visitor.page.get_by_role("button", name="更改类型").click()
    expect(visitor.page.get_by_text("minutes 现在是 text 类型")).to_be_visible()


def test_a_table_is_found_and_asked(owner: Visitor, brewed: Whole) -> None:
    owner.go("/warehouse")
    owner.page.get_by_label("Find a table").fill("tea_b")
    owner.page.keyboard.press("Enter")
    owner.page.get_by_role("link", name="tea_brewed").last.click()
    expect(owner.page.get_by_role("cell", name="minutes", exact=True).first).to_be_visible()
    owner.page.get_by_role("link", name="Ask in SQL").click()
    owner.page.get_by_role("button", name="Run").click()
    expect(owner.page.locator("[data-facts]")).to_contain_text("3 rows")


def test_a_table_is_downloaded(owner: Visitor, brewed: Whole) -> None:
    owner.go("/warehouse/tables/test/tea_brewed")
    owner.page.locator("summary", has_text="Download").click()
    with owner.page.expect_download() as started:
        owner.page.get_by_role("button", name="CSV, for spreadsheets").click()
    content = started.value.path().read_text("utf-8")
    assert "a while" in content


def test_the_command_does_what_the_page_does(brewed: Whole) -> None:
    call = {"userId": "ann", "event": "Cup Filled", "properties": {"litres": 1}}
    for litres in (1, "half"):
        call["properties"] = {"litres": litres}
        httpx.post(f"{brewed.url}/v1/track", json=call, auth=(brewed.write_key, ""))
    brewed.wait_until_loaded()
    assert b"test.cup_filled" in brewed.command("warehouse", "conflicts")
    done = brewed.command("warehouse", "repair", "test.cup_filled", "litres", "text")
    assert b'"filled": 1' in done
    assert b"cup_filled" not in brewed.command("warehouse", "conflicts")
    assert b"test.cup_filled" in brewed.command("warehouse", "tables")
