"""A database is connected by a form, tried, run, paused, filled again and removed."""

import sqlite3
from contextlib import closing
from pathlib import Path

from playwright.sync_api import Page, expect

from headwater.testing.whole import Whole
from tests.browser.conftest import Look, Visit


def _shop(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        for each in statements:
            connection.execute(each)


def _press(page: Page, action: str) -> None:
    page.locator(f'form[action$="/{action}"] button').first.click()


def test_a_database_is_connected_watched_and_let_go_of(
    visit: Visit, look: Look, server: Whole, tmp_path: Path
) -> None:
    shop = tmp_path / "shop.db"
    _shop(
        shop,
        "CREATE TABLE customers (id INTEGER PRIMARY KEY, email TEXT, plan TEXT)",
        *(f"INSERT INTO customers VALUES ({n}, 'c{n}@example.com', 'free')" for n in range(30)),
    )
    source_id, _ = server.create_source(f"Customers {look.name}", "database")

    def says(english: str, chinese: str) -> str:
        return chinese if look.language == "zh_CN" else english

    owner = visit(look)
    owner.go(f"/sources/{source_id}/connections")
    owner.check_access()
    owner.shot(f"connections-{look.name}")
    page = owner.page
    page.locator('a[href$="/connections/new/database"]').click()
    page.locator("#engine").select_option("sqlite")
    page.locator("#database").fill(" ")
    page.locator("#query").fill("SELECT * FROM customers")
    page.locator("form.card button.primary").click()
    expect(page.locator("#database-wrong")).to_be_visible()
    page.locator("#database").fill("/nowhere/shop.db")
    page.locator("#members").fill("email, plan")
    owner.check_access()
    owner.shot(f"connect-database-{look.name}")
    page.locator("form.card button.primary").click()

    page.locator('button[value="try"]').click()
    expect(page.get_by_role("alert").first).to_be_visible()
    text = page.locator("#definition").input_value()
    page.locator("#definition").fill(text.replace("/nowhere/shop.db", str(shop)))
    page.locator('button[value="try"]').click()
    expect(page.locator("#tried")).to_contain_text("c0@example.com")
    owner.check_access()
    owner.shot(f"connection-tried-{look.name}")
    page.locator("#name").fill(f"Shop {look.name}")
    page.locator("#every").select_option("86400")
    page.locator('button[value="save"]').click()

    expect(page.locator("#now")).to_contain_text(says("Done", "完成"), timeout=30_000)
    _shop(shop, "ALTER TABLE customers ADD COLUMN city TEXT DEFAULT 'Bern'")
    _press(page, "run")
    expect(page.locator("#notices")).to_contain_text("city", timeout=30_000)
    owner.check_access()
    owner.shot(f"connection-{look.name}")
    _press(page, "acknowledge")
    expect(page.locator("#notices")).to_have_count(0)
    _press(page, "test")
    expect(page.get_by_text(says("It can be read", "可以读取"))).to_be_visible()
    owner.go(f"/sources?q={look.name}")
    expect(page.locator("#sources")).to_contain_text(says("Last success", "上次成功"))
    owner.check_access()
    owner.shot(f"sources-connected-{look.name}")
    page.go_back()
    _press(page, "pause")
    expect(page.locator('form[action$="/resume"]')).to_be_visible()
    _press(page, "resume")
    page.locator('button[data-opens="backfill"]').click()
    page.locator("#backfill button.primary").click()
    expect(page.locator("#now")).to_contain_text(says("From the start", "从头读取"), timeout=30_000)
    page.locator('button[data-opens="remove"]').click()
    page.locator('#remove input[name="typed"]').fill(f"Shop {look.name}")
    page.locator("#remove button.danger").click()
    expect(page.locator("#connections")).to_have_count(0)
