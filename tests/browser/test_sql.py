"""Asking in SQL as a person at the page does: typing, running, reading, saving, downloading."""

import json
import re
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import expect

from headwater.testing.whole import Whole
from tests.browser.conftest import Look, Visit, Visitor


@pytest.fixture(scope="module")
def orders(server: Whole) -> Whole:
    """Ten orders of two people, in the warehouse."""
    batch = [
        {
            "type": "track",
            "event": "Mug Ordered",
            "userId": f"u{n % 2}",
            "timestamp": f"2026-10-{n + 1:02d}T10:00:00Z",
            "properties": {"total": n + 0.5, "note": None if n else "很长" * 200, "big": 2**60 + n},
        }
        for n in range(10)
    ]
    answer = httpx.post(
        f"{server.url}/v1/batch", json={"batch": batch}, auth=(server.write_key, "")
    )
    assert answer.is_success
    server.wait_until_loaded()
    return server


def ready(visitor: Visitor, address: str = "/sql") -> None:
    visitor.go(address)
    visitor.page.wait_for_selector("[data-schema=ready]")


def run(visitor: Visitor, sql: str) -> None:
    visitor.page.fill("#sql", sql)
    visitor.page.keyboard.press("Control+Enter")


def test_the_page_has_no_serious_fault_in_any_look(visit: Visit, look: Look, orders: Whole) -> None:
    visitor = visit(look)
    ready(visitor)
    visitor.check_access()
    run(
        visitor,
        "SELECT date_trunc('day', timestamp) AS day, count(*) AS n FROM mug_ordered GROUP BY 1",
    )
    expect(visitor.page.locator("[data-grid] tbody tr")).to_have_count(10)
    visitor.check_access()
    visitor.page.locator("[data-view=chart]").click()
    visitor.page.wait_for_selector(".js-plotly-plot .main-svg")
    visitor.check_access()
    visitor.shot(f"sql-{look.name}")


def test_what_is_typed_is_completed_run_and_shown(owner: Visitor, orders: Whole) -> None:
    ready(owner)
    page = owner.page
    page.click("#sql")
    page.keyboard.type("SELECT userId, sum(total) AS paid, max(note) AS note FROM mug_o")
    expect(page.get_by_role("option", name="mug_ordered", exact=True)).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.type(" GROUP BY userId ORDER BY paid")
    page.keyboard.press("Control+Enter")
    expect(page.locator("[data-facts]")).to_contain_text("2 rows")
    first = page.locator("[data-grid] tbody tr").first.locator("td")
    expect(first.nth(0)).to_have_text("u0")
    expect(first.nth(1)).to_have_text("22.5")
    expect(first.nth(1)).to_have_class("number")


def test_columns_of_an_alias_are_suggested(owner: Visitor, orders: Whole) -> None:
    ready(owner)
    owner.page.click("#sql")
    owner.page.keyboard.type("SELECT * FROM mug_ordered AS m WHERE m.tot")
    expect(owner.page.get_by_role("option", name="total double", exact=True)).to_be_visible()
    owner.page.keyboard.press("Enter")
    expect(owner.page.locator("#sql")).to_have_value("SELECT * FROM mug_ordered AS m WHERE m.total")


def test_paths_into_the_json_of_an_event_are_suggested(owner: Visitor, orders: Whole) -> None:
    ready(owner)
    owner.page.click("#sql")
    owner.page.keyboard.type("SELECT * FROM mug_ordered WHERE properties.tot")
    expect(owner.page.get_by_role("option", name="total double", exact=True)).to_be_visible()
    owner.page.keyboard.press("Enter")
    expect(owner.page.locator("#sql")).to_have_value(
        "SELECT * FROM mug_ordered WHERE properties.total"
    )


def test_an_error_is_marked_at_its_place_and_told(owner: Visitor, orders: Whole) -> None:
    ready(owner)
    run(owner, "SELECT userId,\n  totl\nFROM mug_ordered")
    expect(owner.page.get_by_role("alert").filter(has_text="totl")).to_be_visible()
    expect(owner.page.locator(".wrong")).to_have_text("totl")
    expect(owner.page.get_by_role("button", name="Line 2, column 3")).to_be_visible()
    assert owner.page.evaluate("document.getElementById('sql').selectionStart") == 17
    owner.page.keyboard.type("x")
    expect(owner.page.locator(".wrong")).to_have_count(0)


def test_errors_are_in_the_visitors_language(visit: Visit, orders: Whole) -> None:
    visitor = visit(Look("zh_CN", "light"))
    ready(visitor)
    run(visitor, "SELECT coutn(*) FROM track")
    expect(visitor.page.get_by_text("这条语句不能执行：不允许使用函数 coutn。")).to_be_visible()
    expect(visitor.page.get_by_role("button", name="第 1 行，第 8 列")).to_be_visible()


def test_cells_are_walked_opened_and_copied_by_keyboard(visit: Visit, orders: Whole) -> None:
    visitor = visit()
    visitor.context.grant_permissions(["clipboard-read", "clipboard-write"])
    ready(visitor)
    run(visitor, "SELECT big, note FROM mug_ordered ORDER BY big")
    page = visitor.page
    page.locator("[data-grid] td[data-row]").first.click()
    page.keyboard.press("Control+c")
    assert page.evaluate("navigator.clipboard.readText()") == str(2**60)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text("很长" * 200)
    page.keyboard.press("Escape")
    page.keyboard.press("ArrowDown")
    expect(page.locator("td:focus")).to_have_text("NULL")
    page.get_by_role("button", name=re.compile("^big")).click()
    page.get_by_role("button", name=re.compile("^big")).click()
    expect(page.locator("[data-grid] td[data-row]").first).to_have_text(str(2**60 + 9))


def test_a_question_that_takes_long_is_cancelled(owner: Visitor, orders: Whole) -> None:
    ready(owner)
    run(owner, "SELECT count(*) FROM range(100000000000) AS t(i) WHERE i % 7 = 3")
    owner.page.get_by_role("button", name="Cancel").first.click()
    expect(owner.page.get_by_role("alert").filter(has_text="Cancelled")).to_be_visible()
    run(owner, "SELECT 1 AS one")
    expect(owner.page.locator("[data-facts]")).to_contain_text("1 row")


def test_what_was_asked_is_remembered(owner: Visitor, orders: Whole) -> None:
    ready(owner)
    run(owner, "SELECT 'remember me' AS text")
    expect(owner.page.locator("[data-facts]")).to_contain_text("1 row")
    owner.page.get_by_role("tab", name="History").click()
    entry = owner.page.locator("#history-list a").filter(has_text="remember me")
    expect(entry).to_be_visible()
    owner.page.fill("#sql", "")
    entry.click()
    expect(owner.page.locator("#sql")).to_have_value("SELECT 'remember me' AS text")


def test_a_query_is_saved_changed_opened_and_removed(owner: Visitor, orders: Whole) -> None:
    ready(owner)
    page = owner.page
    run(owner, "SELECT 1 AS one")
    expect(page.locator("[data-facts]")).to_contain_text("1 row")
    page.get_by_role("button", name="Save", exact=True).first.click()
    page.get_by_label("Name").fill("The number one")
    owner.check_access()
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(page.get_by_text("The number one was saved.")).to_be_visible()
    expect(page.locator("[data-grid] td[data-row]").first).to_have_text("1")
    assert "saved=" in page.url
    page.fill("#sql", "SELECT 2 AS two")
    expect(page.locator(".sql-name")).to_contain_text("changed")
    page.keyboard.press("Control+s")
    expect(page.locator(".sql-name")).not_to_contain_text("changed")
    ready(owner)
    page.get_by_role("tab", name="Saved").click()
    page.locator("#saved-list a").filter(has_text="The number one").click()
    expect(page.locator("#sql")).to_have_value("SELECT 2 AS two")
    page.locator(".sql-bar summary").click()
    page.get_by_role("button", name="Remove this saved query…").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(page.get_by_text("The number one was removed.")).to_be_visible()


@pytest.mark.parametrize(
    ("name", "starts"),
    [
        ("CSV, for spreadsheets", b"one\n1"),
        ("JSON", b'{"sql"'),
        ("Parquet", b"PAR1"),
        ("XLSX, an Excel workbook", b"PK"),
        ("Arrow stream", b"\xff\xff\xff\xff"),
    ],
)
def test_an_answer_is_downloaded(
    owner: Visitor, orders: Whole, tmp_path: Path, name: str, starts: bytes
) -> None:
    ready(owner)
    run(owner, "SELECT 1 AS one")
    owner.page.locator(".sql-facts summary").click()
    with owner.page.expect_download() as started:
        owner.page.get_by_role("button", name=name).click()
    started.value.save_as(tmp_path / "file")
    content = (tmp_path / "file").read_bytes().replace(b"\r\n", b"\n")
    assert content.startswith(starts)
    if name == "JSON":
        assert json.loads(content)["data"] == [{"one": 1}]


def test_a_table_is_found_and_looked_into(owner: Visitor, orders: Whole) -> None:
    ready(owner)
    owner.page.get_by_label("Find a table or column").fill("mug_ordered")
    owner.page.locator("details[data-name='mug_ordered'] summary").click()
    owner.page.get_by_role("button", name="SELECT * FROM mug_ordered", exact=True).click()
    expect(owner.page.locator("[data-facts]")).to_contain_text("10 rows")


def test_a_part_of_the_text_is_run_alone(owner: Visitor, orders: Whole) -> None:
    ready(owner)
    owner.page.fill("#sql", "SELECT 1 AS one\nSELECT 2 AS two")
    owner.page.evaluate("document.getElementById('sql').setSelectionRange(16, 31)")
    owner.page.keyboard.press("Control+Enter")
    expect(owner.page.locator("[data-facts]")).to_contain_text("of the selection")
    expect(owner.page.locator("[data-grid] td[data-row]").first).to_have_text("2")


def test_without_script_the_form_asks_too(visit: Visit, orders: Whole, browser: object) -> None:
    visitor = visit()
    plain = visitor.context.browser.new_context(java_script_enabled=False)
    plain.add_cookies(visitor.context.cookies())
    page = plain.new_page()
    page.goto(f"{visitor.url}/sql?q=SELECT%201%20AS%20one")
    page.get_by_role("button", name="Run").click()
    expect(page.locator("[data-grid] td").first).to_have_text("1")
    plain.close()


ASKED = "SELECT userId, sum(total) AS paid FROM mug_ordered WHERE total >= {{least:number=0}}"


def test_parameters_a_plan_limits_and_a_chart_that_is_kept(
    visit: Visit, look: Look, orders: Whole
) -> None:
    visitor = visit(look)
    ready(visitor)
    page = visitor.page
    page.fill("#sql", f"{ASKED} AND userId = {{{{who}}}} GROUP BY userId")
    page.locator("[data-of=least]").fill("5")
    page.locator("[data-of=who]").fill("u1' OR true --")
    page.locator("#sql").press("Control+Enter")
    expect(page.locator("[data-found]")).to_be_visible()
    expect(page.locator("[data-grid] td[data-row]")).to_have_count(0)
    page.locator("[data-of=who]").fill("u1")
    page.locator("#sql").press("Control+Enter")
    expect(page.locator("[data-grid] td[data-row]").nth(1)).to_have_text("22.5")
    page.locator("button[name=explain]").click()
    expect(page.locator("[data-plan-text]")).to_contain_text("mug_ordered")
    page.locator(".sql-limits summary").click()
    page.locator("[name=max_rows]").fill("1")
    visitor.check_access()
    visitor.shot(f"sql-parameters-{look.name}")
    page.fill("#sql", f"{ASKED} GROUP BY userId ORDER BY paid")
    expect(page.locator("[data-of=who]")).to_have_count(0)
    page.locator("[data-of=least]").fill("")
    page.locator("#sql").press("Control+Enter")
    expect(page.locator("[data-grid] td[data-row]").first).to_have_text("u0")
    expect(page.locator("[data-grid] tbody tr")).to_have_count(1)
    page.locator("[name=max_rows]").fill("")
    page.locator("#sql").press("Control+Enter")
    expect(page.locator("[data-grid] tbody tr")).to_have_count(2)
    page.locator("[data-view=chart]").click()
    page.locator("[data-chart-kind]").select_option("pie")
    page.wait_for_selector(".js-plotly-plot .pielayer")
    expect(page.locator("[data-grid]")).to_be_visible()
    visitor.check_access()
    visitor.shot(f"sql-pie-{look.name}")
    page.keyboard.press("Control+s")
    page.locator("[data-save-form] [name=name]").fill(f"Pie {look.name}")
    page.keyboard.press("Enter")
    expect(page.locator(".sql-name")).to_contain_text(f"Pie {look.name}")
    ready(visitor, page.url.removeprefix(visitor.url))
    page.locator("#sql").press("Control+Enter")
    page.wait_for_selector(".js-plotly-plot .pielayer")
    expect(page.locator("[data-chart-kind]")).to_have_value("pie")
