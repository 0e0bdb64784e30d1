"""From nothing to a first answer, as a person goes: a source, its code on a real page with a real
SDK, the event that arrives, the row that answers. In both languages."""

import html
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, expect

from headwater.testing.whole import Whole
from tests.browser.conftest import AXE, EMAIL, LOOKS, PASSWORD, Look, Visit, Visitor, set_up
from tests.browser.shop import HTML, SCRIPT, shop

UMD = AXE.parents[1] / "@segment" / "analytics-next" / "dist" / "umd" / "index.js"


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    """A Headwater of its own for these journeys."""
    folder = tmp_path_factory.mktemp("welcome")
    with Whole(folder, disk_reserve_bytes=0, load_interval_seconds=0.1) as whole:
        set_up(whole)
        yield whole


@pytest.fixture
def session(fresh: Whole) -> list[Any]:
    answer = httpx.post(
        f"{fresh.url}/sign-in",
        data={"email": EMAIL, "password": PASSWORD},
        headers={"Sec-Fetch-Site": "same-origin"},
    )
    value = answer.cookies["headwater_session"]
    return [{"name": "headwater_session", "value": value, "url": fresh.url}]


@pytest.fixture
def guest(visit: Visit, fresh: Whole, look: Look) -> Visitor:
    """The owner of the fresh Headwater, in each look."""
    return visit(look, whole=fresh)


@pytest.fixture
def ada(visit: Visit, fresh: Whole) -> Visitor:
    return visit(LOOKS[0], whole=fresh)


def make_source(visitor: Visitor, kind: str, name: str) -> None:
    """The first step: a kind, a name."""
    visitor.go("/welcome?kind=other")
    visitor.page.locator(f'.kinds label:has(input[value="{kind}"])').click()
    visitor.page.locator("#name").fill(name)
    visitor.page.locator("form.narrow button[type=submit]").click()
    visitor.page.wait_for_url(re.compile(r"/welcome\?source="))
    visitor.page.wait_for_selector("html[data-ready]", state="attached")


def codes(visitor: Visitor, language: str) -> list[str]:
    """The code of a language, as the page offers it to be copied."""
    tab = visitor.page.locator(f"#way-tab-{language}")
    tab.click()
    expect(tab).to_have_attribute("aria-selected", "true")
    blocks = visitor.page.locator(f"#way-{language} pre").all()
    assert all(block.is_visible() for block in blocks)
    return [block.text_content() or "" for block in blocks]


def visit_shop(browser: Browser, fresh: Whole, files: dict[str, tuple[str, bytes]]) -> list[str]:
    """Open a customer's page until it has sent. Returns the requests that went to other hosts."""
    gone: list[str] = []
    with shop(files) as origin:
        context = browser.new_context()
        page = context.new_page()
        page.on(
            "request",
            lambda request: (
                None if request.url.startswith((origin, fresh.url)) else gone.append(request.url)
            ),
        )
        page.goto(f"{origin}/")
        page.wait_for_function("window.sent === true", timeout=30_000)
        context.close()
    return gone


def page_with(head: str, body: str) -> tuple[str, bytes]:
    text = f"<!doctype html><html><head><title>Tea</title>{head}</head><body>{body}</body></html>"
    return HTML, text.encode()


def has_answer(visitor: Visitor, name: str) -> None:
    """The last step: the event is there, and the warehouse answers with its row."""
    arrival = visitor.page.locator("#arrival")
    expect(arrival).to_have_attribute("data-state", "asked", timeout=30_000)
    expect(arrival.locator(".first h3")).to_contain_text(name)
    expect(arrival.locator(".answer tbody tr")).to_have_count(1)
    expect(visitor.page.locator(".welcome > li.done")).to_have_count(3)


def test_a_website_sends_its_first_event_by_the_snippet(
    guest: Visitor, browser: Browser, fresh: Whole, look: Look
) -> None:
    make_source(guest, "website", f"Tea shop {look.name}")
    waiting = "正在等待第一个事件…" if look.language == "zh_CN" else "Waiting for the first event…"
    expect(guest.page.get_by_text(waiting)).to_be_visible()
    guest.check_access()
    guest.shot(f"welcome-waiting-{look.name}")
    snippet, call = codes(guest, "html")
    after = (
        f"<script>{call}\nanalytics.ready(() => setTimeout(() => {{ sent = true }}, 500));</script>"
    )
    gone = visit_shop(browser, fresh, {"/": page_with(snippet, after)})

    assert gone == []
    expect(guest.page.locator("#arrival")).to_have_attribute("data-state", "asked", timeout=30_000)
    expect(guest.page.locator(".answer tbody tr")).to_have_count(1)
    guest.check_access()
    guest.shot(f"welcome-{look.name}")


def test_a_website_sends_its_first_event_by_segments_npm_package(
    ada: Visitor, browser: Browser, fresh: Whole
) -> None:
    make_source(ada, "website", "Npm shop")
    _install, load, call = codes(ada, "npm")
    load = re.sub(r"import .*? from .*?;", "const { AnalyticsBrowser } = AnalyticsNext;", load)
    load = load.replace("export const analytics", "var analytics")
    done = 'analytics.track("Tea Bought").then(() => { sent = true });'
    files = {
        "/": page_with('<script src="/next.js"></script>', f"<script>{load}{call}{done}</script>"),
        "/next.js": (SCRIPT, UMD.read_bytes()),
    }
    gone = visit_shop(browser, fresh, files)

    assert gone == []
    expect(ada.page.locator("#arrival")).to_have_attribute("data-state", "asked", timeout=30_000)
    fresh.wait_until_loaded()
    found = {row["t"] for row in fresh.query("SELECT event_text AS t FROM npm_shop.tracks")}
    assert found == {"Signed Up", "Tea Bought"}


def test_a_page_without_inline_scripts_sends_by_one_tag(
    ada: Visitor, browser: Browser, fresh: Whole
) -> None:
    make_source(ada, "website", "Strict shop")
    tag, _call = codes(ada, "script_tag")
    wait = "<script>addEventListener('load', () => setTimeout(() => { sent = true }, 800))</script>"
    assert visit_shop(browser, fresh, {"/": page_with(html.unescape(tag), wait)}) == []
    has_answer(ada, "page")


def test_a_server_sends_its_first_event_by_the_code_of_curl(ada: Visitor, fresh: Whole) -> None:
    make_source(ada, "server", "Backend")
    [command] = codes(ada, "curl")
    key = re.search(r"-u (c[a-z0-9]{24}):", command)
    assert key
    body = {"userId": "u", "event": "Signed Up", "properties": {"plan": "pro"}}
    httpx.post(f"{fresh.url}/v1/track", json=body, auth=(key[1], "")).raise_for_status()
    has_answer(ada, "Signed Up")
    expect(ada.page.locator(".answer")).to_contain_text('"plan": "pro"')
    ada.page.get_by_role("main").get_by_role("button", name="Go to the overview").last.click()
    ada.page.wait_for_url(f"{fresh.url}/")
    expect(ada.page.get_by_role("heading", name="Overview")).to_be_visible()


def test_an_event_that_is_set_aside_says_why(ada: Visitor, fresh: Whole) -> None:
    make_source(ada, "server", "Faulty backend")
    [command] = codes(ada, "curl")
    key = re.search(r"-u (c[a-z0-9]{24}):", command)
    assert key
    httpx.post(f"{fresh.url}/v1/track", json={"event": "Nobody"}, auth=(key[1], ""))
    arrival = ada.page.locator("#arrival")
    expect(arrival).to_have_attribute("data-state", "aside", timeout=30_000)
    expect(arrival).to_contain_text("no_user_anon_id")
    body = {"userId": "u", "event": "Somebody"}
    httpx.post(f"{fresh.url}/v1/track", json=body, auth=(key[1], "")).raise_for_status()
    has_answer(ada, "Somebody")


def test_a_file_is_imported_by_the_command_and_seen(
    ada: Visitor, fresh: Whole, tmp_path: Path
) -> None:
    make_source(ada, "file", "Old shop")
    _look, command = codes(ada, "csv")
    file = tmp_path / "events.csv"
    file.write_text("userId,event,timestamp\nu-1,Tea Bought,2024-03-01T09:30:00Z\n")
    words = command.replace("events.csv", str(file)).split()[1:]
    fresh.command(*words)
    has_answer(ada, "Tea Bought")


def test_the_welcome_is_left_and_taken_up_again(ada: Visitor) -> None:
    make_source(ada, "mobile", "App of later")
    ada.page.get_by_role("button", name="Skip").click()
    expect(ada.page.get_by_role("heading", name="Overview")).to_be_visible()
    ada.go("/welcome")
    expect(ada.page.get_by_role("link", name="App of later")).to_be_visible()


def test_nothing_at_all_leads_to_the_welcome(ada: Visitor, fresh: Whole, visit: Visit) -> None:
    """Without the cookie of who skipped it, and without any event of the chosen workspace."""
    ada.go("/welcome?kind=other")
    ada.check_access()
    expect(ada.page.get_by_role("radio", name="Website")).to_be_checked()
    expect(ada.page.locator("#name")).to_have_value("Website")
    ada.page.locator('.kinds label:has(input[value="webhook"])').click()
    expect(ada.page.locator("#name")).to_have_value("Webhook")
