"""The frame around every page: menu, palette, shortcuts, language, theme, phone, accessibility."""

import re

from playwright.sync_api import expect

from tests.browser.conftest import Look, Visit, Visitor


def test_the_styleguide_has_no_serious_fault_in_any_look(visit: Visit, look: Look) -> None:
    visitor = visit(look)
    visitor.go("/styleguide")
    visitor.page.wait_for_selector(".js-plotly-plot .main-svg")
    visitor.check_access()
    visitor.shot(f"styleguide-{look.name}")


def test_the_palette_opens_by_keyboard_and_goes_where_one_types(owner: Visitor) -> None:
    owner.go("/styleguide")
    owner.page.keyboard.press("Control+k")
    box = owner.page.get_by_role("combobox", name="Search or jump to…")
    expect(box).to_be_focused()
    expect(owner.page.get_by_role("listbox").get_by_role("option").first).to_be_visible()
    owner.check_access()
    box.fill("sett")
    expect(owner.page.get_by_role("listbox").get_by_role("option").first).to_contain_text(
        "Settings"
    )
    owner.page.keyboard.press("Enter")
    owner.page.wait_for_url(re.compile("/settings"))


def test_the_palette_says_when_nothing_fits_and_closes_by_escape(owner: Visitor) -> None:
    owner.go("/styleguide")
    owner.page.keyboard.press("Control+k")
    owner.page.get_by_role("combobox", name="Search or jump to…").fill("zzzzqqq")
    expect(owner.page.get_by_text("Nothing of that name.")).to_be_visible()
    owner.page.keyboard.press("Escape")
    expect(owner.page.get_by_role("combobox", name="Search or jump to…")).to_be_hidden()


def test_shortcuts_lead_to_pages_and_are_listed(owner: Visitor) -> None:
    owner.go("/styleguide")
    owner.page.keyboard.press("?")
    expect(owner.page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    owner.check_access()
    owner.page.keyboard.press("Escape")
    owner.page.keyboard.press("g")
    owner.page.keyboard.press("a")
    owner.page.wait_for_url(re.compile("/audit$"))


def test_a_shortcut_does_nothing_while_one_types(owner: Visitor) -> None:
    owner.go("/styleguide")
    owner.page.get_by_label("Name", exact=True).fill("")
    owner.page.keyboard.type("ga?")
    expect(owner.page.get_by_label("Name", exact=True)).to_have_value("ga?")
    assert owner.page.url.endswith("/styleguide")


def test_the_theme_and_the_language_are_chosen_and_kept(visit: Visit) -> None:
    visitor = visit(stranger=True)
    visitor.go("/sign-in")
    assert visitor.page.locator("html").get_attribute("data-theme") == "system"
    visitor.page.locator("footer summary").click()
    visitor.page.get_by_role("button", name="Dark").click()
    expect(visitor.page.locator("html")).to_have_attribute("data-theme", "dark")
    visitor.page.locator("footer summary").click()
    visitor.page.get_by_role("button", name="简体中文").click()
    expect(visitor.page.locator("html")).to_have_attribute("lang", "zh-CN")
    visitor.go("/sign-in")
    expect(visitor.page.get_by_role("heading", name="登录")).to_be_visible()
    assert visitor.page.locator("html").get_attribute("data-theme") == "dark"


def test_times_are_shown_in_the_browsers_zone_from_the_first_page_on(visit: Visit) -> None:
    visitor = visit(Look("zh_CN"))
    visitor.go("/styleguide")
    first = visitor.page.locator("time[data-form=medium]").first
    shown = first.text_content()
    utc = first.get_attribute("datetime")
    hour = (int(utc[11:13]) + 8) % 24
    assert f" {hour:02d}:" in shown
    visitor.go("/styleguide")
    assert visitor.page.locator("html").get_attribute("data-zone") == "Asia/Shanghai"


def test_on_a_phone_the_menu_opens_by_its_button_and_nothing_is_wider_than_the_screen(
    visit: Visit,
) -> None:
    visitor = visit(Look(width=390))
    visitor.go("/styleguide")
    wide = visitor.page.evaluate("document.documentElement.scrollWidth > innerWidth")
    assert not wide
    link = visitor.page.get_by_role("link", name="Audit log")
    expect(link).to_be_hidden()
    visitor.page.get_by_role("button", name="Menu").click()
    expect(link).to_be_visible()
    visitor.check_access()
    visitor.page.keyboard.press("Escape")
    expect(link).to_be_hidden()


def test_a_dialog_asks_for_the_name_before_it_deletes(owner: Visitor) -> None:
    owner.go("/styleguide")
    owner.page.get_by_role("button", name="Delete", exact=True).first.click()
    dialog = owner.page.get_by_role("dialog", name="Delete “Shop”?")
    dialog.get_by_label("Type Shop to confirm").fill("Sho")
    dialog.get_by_role("button", name="Delete the source").click()
    expect(dialog).to_be_visible()
    owner.check_access()
    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog).to_be_hidden()


def test_a_copy_button_copies_and_says_so(owner: Visitor) -> None:
    owner.context.grant_permissions(["clipboard-read", "clipboard-write"])
    owner.go("/styleguide")
    owner.page.get_by_role("button", name="Copy cl9x0f3k2m8q7w1z5v4b6n7h8").click()
    expect(owner.page.get_by_text("Copied")).to_be_visible()
    assert owner.page.evaluate("navigator.clipboard.readText()") == "cl9x0f3k2m8q7w1z5v4b6n7h8"


def test_charts_follow_the_theme_and_have_a_table_beneath(owner: Visitor) -> None:
    owner.go("/styleguide")
    bar = owner.page.locator("#volume .point path").first
    bar.wait_for()
    light = bar.evaluate("each => getComputedStyle(each).fill")
    owner.page.evaluate("document.documentElement.dataset.theme = 'dark'")
    expect(bar).not_to_have_css("fill", light)
    owner.page.locator("#volume summary").click()
    expect(owner.page.locator("#volume tbody tr")).to_have_count(24)


def test_an_unknown_page_says_so_and_leads_on(owner: Visitor) -> None:
    response = owner.go("/no<b>thing")
    assert response is not None
    assert response.status == 404
    expect(owner.page.get_by_role("heading", name="Not found")).to_be_visible()
    expect(owner.page.get_by_role("link", name="To the overview")).to_be_visible()
    owner.check_access()


def test_a_style_of_ours_that_the_policy_refuses_fails_its_test(owner: Visitor) -> None:
    owner.go("/styleguide")
    assert owner.faults == []
    with owner.page.expect_console_message(lambda said: said.type == "error"):
        owner.page.evaluate("document.body.setAttribute('style', 'color: red')")
    [fault] = owner.faults
    assert "Applying inline style violates" in fault
    owner.faults.clear()
