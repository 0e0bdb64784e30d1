"""Set-up, sign-in, invitation, members, groups, tokens and one's account, as a person does them."""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from headwater.testing.whole import Whole
from tests.browser.conftest import EMAIL, PASSWORD, Look, Visit, Visitor, person


def test_the_owner_is_made_by_the_link_and_goes_on_to_the_welcome(
    visit: Visit, tmp_path: Path
) -> None:
    with Whole(tmp_path, disk_reserve_bytes=0) as fresh:
        visitor = visit(stranger=True, whole=fresh)
        visitor.go("/")
        assert visitor.page.url.endswith("/setup")
        visitor.go(f"/setup?token={fresh.token}")
        visitor.check_access()
        visitor.page.get_by_label("Your name").fill("Grace Hopper")
        visitor.page.get_by_label("E-mail").fill("grace@example.com")
        visitor.page.get_by_label("Password").fill("short")
        visitor.page.get_by_label("Name of the workspace").fill("Navy")
        visitor.page.get_by_role("button", name="Create the owner").click()
        expect(visitor.page.get_by_text("Must have 10 to 200 characters.")).to_be_visible()
        expect(visitor.page.get_by_label("Your name")).to_have_value("Grace Hopper")
        visitor.page.get_by_label("Password").fill(PASSWORD)
        visitor.page.get_by_role("button", name="Create the owner").click()
        visitor.page.wait_for_url(re.compile("/welcome"))
        expect(visitor.page.get_by_text("Grace Hopper")).to_be_visible()
        visitor.page.close()  # it listens for the first event as long as it is open


def test_one_signs_in_and_out(stranger: Visitor) -> None:
    stranger.go("/settings/tokens")
    assert "/sign-in?next=" in stranger.page.url
    stranger.page.get_by_label("E-mail").fill(EMAIL)
    stranger.page.get_by_label("Password").fill("not the password")
    stranger.page.get_by_role("button", name="Sign in").click()
    expect(stranger.page.get_by_role("alert")).to_contain_text("is wrong")
    stranger.check_access()
    stranger.page.get_by_label("Password").fill(PASSWORD)
    stranger.page.keyboard.press("Enter")
    stranger.page.wait_for_url(re.compile("/settings/tokens$"))
    stranger.page.locator(".person").click()
    stranger.page.get_by_role("button", name="Sign out").click()
    stranger.page.wait_for_url(re.compile("/sign-in$"))
    stranger.go("/settings/tokens")
    assert "/sign-in" in stranger.page.url


def test_somebody_is_invited_joins_and_sees_what_the_role_admits(visit: Visit) -> None:
    owner = visit()
    owner.go("/settings/members")
    owner.page.get_by_role("link", name="Invite people").first.click()
    owner.page.get_by_label("E-mail addresses").fill("bob@example.com")
    owner.page.get_by_label("Role 1", exact=True).select_option(label="Source Read-only")
    owner.page.get_by_role("button", name="Create links").click()
    link = owner.page.locator(".code code").text_content() or ""
    assert "/invitation?token=" in link
    owner.check_access()

    bob = visit(Look("zh_CN"), stranger=True)
    bob.page.goto(link)
    bob.check_access()
    bob.page.get_by_label("姓名").fill("王小明")
    bob.page.get_by_label("密码").fill(PASSWORD)
    bob.page.get_by_role("button", name="加入").click()
    bob.page.wait_for_url(re.compile(r":\d+/(welcome)?$"))
    bob.go("/settings/me")
    expect(bob.page.get_by_role("link", name="数据源")).to_be_visible()
    expect(bob.page.get_by_role("link", name="审计日志")).to_have_count(0)

    owner.go("/settings/members")
    owner.page.get_by_role("link", name="王小明").click()
    owner.page.get_by_label("Role 1", exact=True).select_option(label="Workspace Owner")
    owner.page.get_by_role("button", name="Save").click()
    expect(owner.page.get_by_text("The roles of 王小明 are changed.")).to_be_visible()
    bob.go("/audit")
    expect(bob.page.get_by_text("修改角色").first).to_be_visible()

    owner.go("/settings/members")
    owner.page.get_by_role("link", name="王小明").click()
    owner.page.get_by_role("button", name="Remove…").click()
    owner.page.get_by_label("Type bob@example.com to confirm").fill("bob@example.com")
    owner.check_access()
    owner.page.get_by_role("button", name="Remove", exact=True).click()
    expect(owner.page.get_by_text("does not belong to the workspace any more")).to_be_visible()
    bob.go("/settings/me")
    assert "/sign-in" in bob.page.url


def test_a_token_is_made_works_and_is_revoked(owner: Visitor) -> None:
    owner.go("/settings/tokens")
    owner.page.get_by_role("link", name="New token").click()
    owner.page.get_by_label("Name").fill("Nightly export")
    owner.page.get_by_role("button", name="Create token").click()
    secret = owner.page.locator(".code code").first.text_content() or ""
    assert secret.startswith("hw_")
    owner.check_access()
    headers = {"Authorization": f"Bearer {secret}"}
    assert owner.context.request.get(f"{owner.url}/api", headers=headers).status == 200
    owner.page.get_by_role("link", name="Done").click()
    row = owner.page.get_by_role("row", name="Nightly export")
    row.get_by_role("button", name="Revoke…").click()
    dialog = owner.page.get_by_role("dialog", name="Revoke Nightly export?")
    dialog.get_by_label("Type Nightly export to confirm").fill("Nightly export")
    dialog.get_by_role("button", name="Revoke").click()
    expect(owner.page.get_by_text("The token Nightly export is revoked.")).to_be_visible()
    assert owner.context.request.get(f"{owner.url}/api", headers=headers).status == 401


def test_a_group_is_made_and_filled_by_keyboard_alone(owner: Visitor) -> None:
    owner.go("/settings/groups")
    owner.page.get_by_label("New group").focus()
    owner.page.keyboard.type("Engineering")
    owner.page.keyboard.press("Enter")
    owner.page.wait_for_url(re.compile("/settings/groups/.+"))
    box = owner.page.get_by_label("Ada Lovelace")
    box.focus()
    owner.page.keyboard.press("Space")
    expect(box).to_be_checked()
    owner.page.keyboard.press("Enter")
    expect(owner.page.get_by_text("The members are changed.")).to_be_visible()
    owner.check_access()


def test_language_and_zone_of_ones_account_hold_on_every_page(
    visit: Visit, server: Whole, session: list[Any]
) -> None:
    owner = visit(cookies=person(server, session, "grace@example.com"))
    owner.go("/settings/me")
    owner.page.get_by_label("Language").select_option(label="简体中文")
    owner.page.get_by_label("Time zone").select_option("Asia/Tokyo")
    owner.page.get_by_role("button", name="Save").click()
    expect(owner.page.get_by_text("个人账号已更新。")).to_be_visible()
    owner.go("/audit")
    html = owner.page.locator("html")
    assert html.get_attribute("data-zone") == "Asia/Tokyo"
    expect(owner.page.get_by_role("heading", name="审计日志")).to_be_visible()


def test_every_change_made_here_is_in_the_audit_trail_with_before_and_after(
    owner: Visitor,
) -> None:
    owner.go("/settings")
    owner.page.get_by_label("Name of the workspace").fill("Coffee & Co")
    owner.page.get_by_role("button", name="Save").click()
    expect(owner.page.get_by_text("The name is changed.")).to_be_visible()
    owner.go("/audit?subject=Workspace")
    entry = owner.page.locator("details.entry").first
    expect(entry).to_contain_text("Workspace changed")
    entry.locator("summary").click()
    expect(entry.locator("td.before").first).to_have_text("Tea & Co")
    expect(entry.locator("td.after").first).to_have_text("Coffee & Co")
    expect(owner.page.get_by_text("The trail is whole.")).to_be_visible()
    owner.check_access()
    owner.go("/settings")
    owner.page.get_by_label("Name of the workspace").fill("Tea & Co")
    owner.page.get_by_role("button", name="Save").click()


PATHS = [
    "/settings",
    "/settings/members",
    "/settings/members/invite",
    "/settings/groups",
    "/settings/tokens",
    "/settings/tokens/new",
    "/settings/labels",
    "/settings/me",
    "/settings/sessions",
    "/settings/retention",
    "/settings/warehouse",
    "/settings/log",
    "/settings/email",
    "/settings/server",
    "/settings/about",
    "/audit",
    "/health-page",
]


def test_no_settings_page_has_a_serious_fault_in_any_look(visit: Visit, look: Look) -> None:
    visitor = visit(look)
    for path in PATHS:
        response = visitor.go(path)
        assert response is not None
        assert response.status == 200, path
        visitor.check_access()
        wide = visitor.page.evaluate("document.documentElement.scrollWidth > innerWidth")
        assert not wide, path
        visitor.shot(f"{path.strip('/').replace('/', '-')}-{look.name}")


def test_the_pages_before_sign_in_have_no_serious_fault_in_any_look(
    visit: Visit, look: Look
) -> None:
    visitor = visit(look, stranger=True)
    visitor.go("/sign-in")
    visitor.check_access()


@pytest.mark.parametrize("path", ["/settings/me", "/audit"])
def test_a_page_is_walked_by_the_tab_key_and_shows_where_one_is(owner: Visitor, path: str) -> None:
    owner.go(path)
    owner.page.keyboard.press("Tab")
    expect(owner.page.get_by_role("link", name="Skip to the content")).to_be_focused()
    owner.page.keyboard.press("Enter")
    assert owner.page.evaluate("document.activeElement.id") == "content"
    owner.page.keyboard.press("Tab")
    width = owner.page.evaluate("getComputedStyle(document.activeElement).outlineWidth")
    assert width == "2px"
