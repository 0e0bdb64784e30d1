"""A file is chosen in the console, looked at, mapped, imported, and its rejected rows fetched."""

import json

import pytest
from playwright.sync_api import expect

from headwater.testing.whole import Whole
from tests.browser.conftest import LOOKS, Look, Visit

ROWS = 400
LINES = [f"{n},Ordered,01.03.2024 09:{n % 60:02d},{n},a{n}@example.com" for n in range(ROWS)]
LINES[7] = "7,Ordered,never,1,a7@example.com"
CONTENT = "\n".join(["Kunde,event,Am,Betrag,E-Mail", *LINES]).encode()


@pytest.mark.parametrize("look", [LOOKS[0], LOOKS[2]], ids=lambda look: look.name)
def test_a_file_is_uploaded_mapped_and_imported(visit: Visit, look: Look, server: Whole) -> None:
    source_id, _ = server.create_source(f"Files {look.name}", "file")
    owner = visit(look)
    owner.go(f"/sources/{source_id}/imports")
    owner.check_access()
    owner.shot(f"uploads-drop-{look.name}")
    page = owner.page
    name = f"orders {look.name}.csv"
    page.locator("#upload-file").set_input_files(
        {"name": name, "mimeType": "text/csv", "buffer": CONTENT}
    )
    page.wait_for_url("**/uploads/*")
    rows = page.locator(".columns-form tbody tr")
    expect(rows).to_have_count(5)
    expect(rows.nth(1).locator("select[name=role]")).to_have_value("event")
    expect(rows.nth(2).locator("input[name=format]")).to_have_value("%d.%m.%Y %H:%M")
    expect(page.locator("#events .code")).not_to_have_count(0)
    owner.check_access()
    owner.shot(f"uploads-mapping-{look.name}")

    rows.nth(0).locator("select[name=role]").select_option("userId")
    rows.nth(3).locator("input[name=name]").fill("amount.total")
    rows.nth(2).locator("input[name=zone]").fill("Mars/Olympus")
    page.locator("button[name=do][value=try]").click()
    expect(page.get_by_role("alert").first).to_be_visible()
    rows.nth(2).locator("input[name=zone]").fill("Europe/Berlin")
    page.keyboard.press("Enter")  # shows the events: the first button of the form
    expect(page.locator("#events .code").first).to_contain_text("2024-03-01T08:00:00.000Z")
    shown = json.loads(page.locator("#events .code code").last.inner_text())
    assert list(shown["properties"]["amount"]) == ["total"]
    expect(page.locator("#events td.number").first).to_have_text("9")

    page.locator("button[name=do][value=import]").click()
    page.wait_for_selector("#import")
    expect(page.locator('#import [data-state="finished"] .badge.good')).to_be_visible(
        timeout=30_000
    )
    owner.check_access()
    owner.shot(f"uploads-finished-{look.name}")
    with page.expect_download() as download:
        page.locator('#import a[href$="/rejected"]').click()
    (rejected,) = download.value.path().read_text().splitlines()
    assert json.loads(rejected)["line"] == 9
    with page.expect_download() as download:
        page.locator('#import a[href$="/mapping"]').click()
    assert 'zone = "Europe/Berlin"' in download.value.path().read_text()

    page.locator('button[data-opens="delete-upload"]').click()
    page.locator("#delete-upload button.danger").click()
    page.wait_for_url("**/imports")
    expect(page.get_by_text(name)).to_be_visible()
