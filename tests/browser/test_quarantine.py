"""Mending what was set aside, as a person does: one event, all of a reason, and letting it be."""

import re

import httpx
import pytest
from playwright.sync_api import expect

from headwater.testing.whole import Whole
from tests.browser.conftest import Look, Visit, Visitor


def send(server: Whole, *events: dict[str, object]) -> None:
    answer = httpx.post(
        f"{server.url}/v1/batch", json={"batch": list(events)}, auth=(server.write_key, "")
    )
    assert answer.is_success
    server.wait_until_loaded()


@pytest.fixture
def spoilt(server: Whole, request: pytest.FixtureRequest) -> str:
    """A name of an event, of which there are three without a user and one with a broken one."""
    name = f"Spoilt {request.node.name}"
    send(
        server,
        *[{"type": "track", "event": name, "properties": {"n": n}} for n in range(3)],
        {"type": "track", "event": name, "userId": {"id": 7}},
    )
    kept = f"SELECT count(*) AS n FROM quarantine WHERE event = '{name}'"
    server.wait_until(lambda: server.query(kept) == [{"n": 4}])
    return name


def stored(server: Whole, name: str) -> list[dict[str, object]]:
    escaped = name.replace("'", "''")
    return server.query(
        f"SELECT userId, anonymousId FROM track WHERE event = '{escaped}' ORDER BY 1, 2"
    )


def test_no_page_of_the_quarantine_has_a_serious_fault(
    visit: Visit, look: Look, spoilt: str
) -> None:
    visitor = visit(look)
    for name, path in (
        ("quarantine", "/quarantine"),
        ("quarantine-reason", "/quarantine/reasons/no_user_anon_id"),
        ("quarantine-mend", "/quarantine/mend?reason=no_user_anon_id"),
        ("quarantine-runs", "/quarantine/runs"),
    ):
        visitor.go(path)
        visitor.check_access()
        visitor.shot(f"{name}-{look.name}")
    visitor.go("/quarantine/reasons/id_not_string")
    visitor.page.locator("tbody a.strong").first.click()
    visitor.page.wait_for_selector("#raw")
    visitor.check_access()
    visitor.shot(f"quarantine-event-{look.name}")


def test_one_event_is_edited_checked_and_replayed(
    owner: Visitor, server: Whole, spoilt: str
) -> None:
    page = owner.page
    owner.go("/quarantine")
    page.get_by_role("link", name="An id is neither text nor a number.").click()
    page.locator("tr", has_text=spoilt).locator("a.strong").click()
    expect(page.locator("mark")).to_contain_text('"id": 7')
    page.get_by_role("button", name="Check").click()
    expect(page.get_by_text("It would be set aside again")).to_be_visible()
    raw = page.get_by_label("The whole event")
    raw.fill(re.sub(r'"userId": \{[^}]*\}', '"userId": "seven"', raw.input_value()))
    page.get_by_role("button", name="Check").click()
    expect(page.get_by_text("It would pass now")).to_be_visible()
    page.get_by_role("button", name="Replay").click()
    expect(page.get_by_text("The event is sent on again.")).to_be_visible()
    server.wait_until(lambda: len(stored(server, spoilt)) == 1)
    assert stored(server, spoilt) == [{"userId": "seven", "anonymousId": None}]


def test_an_edit_that_is_no_json_is_told(owner: Visitor, spoilt: str) -> None:
    owner.go("/quarantine/reasons/id_not_string")
    owner.page.locator("tr", has_text=spoilt).locator("a.strong").click()
    owner.page.get_by_label("The whole event").fill('{"type": ')
    owner.page.get_by_role("button", name="Replay").click()
    expect(owner.page.get_by_role("alert")).to_contain_text("Is not JSON")
    expect(owner.page.get_by_label("The whole event")).to_have_value('{"type": ')


def test_all_of_a_reason_are_mended_previewed_and_replayed(
    owner: Visitor, server: Whole, spoilt: str
) -> None:
    page = owner.page
    owner.go(f"/quarantine/reasons/no_user_anon_id?event={spoilt}")
    expect(page.locator("tbody tr")).to_have_count(3)
    page.get_by_role("link", name="Mend and replay all…").click()
    expect(page.get_by_text("3 pass")).to_be_visible()
    expect(page.locator(".diff .added", has_text='"anonymousId": "unknown"').first).to_be_visible()
    page.locator("input[name=value]").first.fill("till-3")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator(".diff .added", has_text='"anonymousId": "till-3"').first).to_be_visible()
    page.get_by_role("button", name="Replay 3 events").click()
    page.wait_for_url(re.compile("/quarantine/runs"))
    expect(page.locator("#runs tbody tr").first).to_contain_text("Done")
    server.wait_until(lambda: len(stored(server, spoilt)) == 3)
    assert {row["anonymousId"] for row in stored(server, spoilt)} == {"till-3"}
    owner.go(f"/quarantine/reasons/no_user_anon_id?event={spoilt}")
    expect(page.get_by_text("No event of this reason is open.")).to_be_visible()


def test_fixes_are_added_and_taken_away(owner: Visitor, spoilt: str) -> None:
    owner.go(f"/quarantine/mend?reason=no_user_anon_id&event={spoilt}")
    owner.page.get_by_role("button", name="Add a fix").click()
    expect(owner.page.locator("[data-fix]")).to_have_count(2)
    owner.page.get_by_role("button", name="Take this fix away").first.click()
    expect(owner.page.locator("[data-fix]")).to_have_count(1)
    owner.page.get_by_role("button", name="Preview").click()
    expect(owner.page.get_by_text("3 would be set aside again")).to_be_visible()


def test_dismissed_events_come_back(visit: Visit, spoilt: str) -> None:
    visitor = visit(Look("zh_CN", "light"))
    page = visitor.page
    visitor.go(f"/quarantine/reasons/no_user_anon_id?event={spoilt}")
    page.locator("tbody input[type=checkbox]").first.check()
    page.get_by_role("button", name="忽略所选").click()
    expect(page.get_by_text("已忽略，可在记录列表中撤回。")).to_be_visible()
    visitor.go(f"/quarantine/reasons/no_user_anon_id?event={spoilt}")
    expect(page.locator("tbody tr")).to_have_count(2)
    visitor.go("/quarantine/runs")
    page.get_by_role("button", name="撤回").first.click()
    expect(page.get_by_text("它们已恢复为待处理。")).to_be_visible()
    visitor.go(f"/quarantine/reasons/no_user_anon_id?event={spoilt}")
    expect(page.locator("tbody tr")).to_have_count(3)


def test_all_of_a_reason_are_exported(owner: Visitor, spoilt: str) -> None:
    owner.go(f"/quarantine/reasons/no_user_anon_id?event={spoilt}")
    with owner.page.expect_download() as started:
        owner.page.get_by_role("link", name="Export", exact=True).click()
    lines = started.value.path().read_text("utf-8").splitlines()
    assert len(lines) == 3
    assert all(spoilt in line for line in lines)
