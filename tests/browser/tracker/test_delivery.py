"""Nothing is lost that the platform lets be kept: measured by the tracker's own numbers."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, Route

from tests.browser.tracker.shop import Shop, Source, go, lost, settle

MANY = "count => { for (let n = 0; n < count; n++) analytics.track('Counted', {n}); }"


def counted(events: list[dict]) -> list[int]:
    return sorted(e["properties"]["n"] for e in events if e.get("event") == "Counted")


def test_what_happened_offline_is_sent_once_the_browser_is_online(
    shop: Shop, source: Source, visitor: BrowserContext, tab: Page
) -> None:
    go(tab, shop.serve("/offline", source.snippet))
    source.events(1)
    visitor.set_offline(True)
    with tab.expect_event("requestfailed"):
        tab.evaluate(MANY, 120)
    visitor.set_offline(False)

    events = source.events(121)

    assert counted(events) == list(range(120))
    assert lost(events) == 0


def test_what_was_still_offline_when_the_page_closed_is_sent_by_the_next_page(
    shop: Shop, source: Source, visitor: BrowserContext, tab: Page
) -> None:
    address = shop.serve("/closed-offline", source.snippet)
    go(tab, address)
    source.events(1)
    visitor.set_offline(True)
    tab.evaluate(MANY, 30)
    tab.close()
    visitor.set_offline(False)

    go(visitor.new_page(), address)

    events = source.events(32)
    assert counted(events) == list(range(30))
    assert lost(events) == 0


@pytest.mark.parametrize("close", ["tab", "navigation"])
def test_a_click_is_kept_though_the_page_is_gone_at_once(
    shop: Shop, source: Source, visitor: BrowserContext, tab: Page, close: str
) -> None:
    body = "<button onclick=\"analytics.track('Counted', {n: 0})\">Buy</button>"
    go(tab, shop.serve("/click", source.snippet, body))
    shop.serve("/elsewhere", "")
    tab.wait_for_load_state("networkidle")
    tab.evaluate("setTimeout(() => document.querySelector('button').click())")
    if close == "tab":
        tab.evaluate("document.querySelector('button').click()")
        tab.close(run_before_unload=True)
    else:
        tab.evaluate(
            "() => { document.querySelector('button').click(); location.href = '/elsewhere'; }"
        )
        tab.wait_for_url("**/elsewhere")

    events = source.events(3)

    assert counted(events) == [0, 0]
    assert lost(events) == 0


def test_more_than_a_beacon_holds_is_finished_by_the_next_page(
    shop: Shop, source: Source, visitor: BrowserContext, tab: Page
) -> None:
    address = shop.serve("/large", source.snippet)
    go(tab, address)
    source.events(1)
    tab.evaluate(
        """address => {
          for (let n = 0; n < 20; n++) analytics.track('Counted', {n, text: '文'.repeat(5000)});
          location.href = address;
        }""",
        address + "?again",
    )
    tab.wait_for_url("**/large?again")

    events = source.events(22)

    assert counted(events) == list(range(20))
    assert lost(events) == 0


def test_two_tabs_of_one_visitor_disturb_neither(
    shop: Shop, source: Source, visitor: BrowserContext, tab: Page
) -> None:
    address = shop.serve("/tabs", source.snippet)
    other = visitor.new_page()
    go(tab, address)
    go(other, address)
    for page in (tab, other):
        page.evaluate("analytics.track('Counted', {n: 1})")
    visitor.set_offline(True)
    for page in (tab, other):
        page.evaluate(MANY, 20)
    visitor.set_offline(False)
    tab.evaluate("analytics.identify('user-1')")
    other.evaluate("analytics.track('As user')")

    events = source.events(2 + 2 + 40 + 2)

    assert lost(events) == 0
    assert len({event["anonymousId"] for event in events}) == 1
    assert len({event["context"]["sessionId"] for event in events}) == 1
    assert len({event["context"]["sequence"]["page"] for event in events}) == 2
    [event] = [event for event in events if event.get("event") == "As user"]
    assert event["userId"] == "user-1"


def test_a_page_brought_back_from_the_cache_goes_on(shop: Shop, source: Source, tab: Page) -> None:
    go(tab, shop.serve("/first", source.snippet))
    other = shop.serve("/second", source.snippet)
    tab.evaluate("addEventListener('pageshow', shown => { window.back = shown.persisted; })")
    tab.wait_for_load_state("networkidle")
    tab.evaluate(
        "address => { analytics.track('Counted', {n: 1}); location.href = address; }", other
    )
    tab.wait_for_url("**/second")
    tab.wait_for_function("window.analytics && analytics.initialized")
    tab.evaluate("() => { analytics.track('Counted', {n: 2}); history.back(); }")
    tab.wait_for_url("**/first", wait_until="commit")
    tab.wait_for_function("window.back !== undefined")
    assert tab.evaluate("back") is True
    tab.evaluate("analytics.track('Counted', {n: 3})")

    events = source.events(5)

    assert counted(events) == [1, 2, 3]
    assert lost(events) == 0
    pages = [event["context"]["sequence"].get("previousPage") for event in events]
    assert len(set(pages) - {None}) == 2


@pytest.mark.parametrize("status", [500, 503, 429])
def test_what_the_server_cannot_take_now_is_sent_again(
    shop: Shop, source: Source, visitor: BrowserContext, tab: Page, status: int
) -> None:
    refused: list[str] = []

    def busy(route: Route) -> None:
        if len(refused) >= 2:
            route.continue_()
            return
        refused.append(route.request.post_data or "")
        route.fulfill(
            status=status,
            headers={
                "Access-Control-Allow-Origin": "*",
                "Access-Control-Expose-Headers": "Retry-After",
                "Retry-After": "1",
            },
        )

    visitor.route("**/v1/b", busy)
    go(tab, shop.serve("/busy", source.snippet))
    tab.evaluate(MANY, 5)
    settle(tab)

    events = source.events(6)

    assert counted(events) == list(range(5))
    assert len(refused) == 2
    assert lost(events) == 0


def test_an_answer_that_was_lost_doubles_nothing(
    shop: Shop, source: Source, visitor: BrowserContext, tab: Page
) -> None:
    answers = 0

    def deaf(route: Route) -> None:
        nonlocal answers
        answers += 1
        if answers == 1:
            route.fetch()
            route.abort("connectionreset")
        else:
            route.continue_()

    visitor.route("**/v1/b", deaf)
    go(tab, shop.serve("/deaf", source.snippet))
    tab.evaluate(MANY, 5)
    settle(tab)

    events = source.events(6)

    assert counted(events) == list(range(5))
    assert answers > 1
    assert lost(events) == 0


def test_what_the_server_never_takes_is_given_up_and_told(
    shop: Shop, source: Source, tab: Page
) -> None:
    go(tab, shop.serve("/wrong", source.snippet))
    source.events(1)
    tab.route(
        "**/v1/b",
        lambda route: route.fulfill(status=401, headers={"Access-Control-Allow-Origin": "*"}),
    )
    tab.evaluate(
        "() => { analytics.on('error', error => { window.error = error; }); "
        "analytics.track('Refused'); }"
    )
    tab.wait_for_function("window.error")
    assert tab.evaluate("error") == {"status": 401, "count": 1}
    tab.unroute("**/v1/b")
    tab.evaluate("analytics.track('Taken')")

    events = source.events(2)

    assert lost(events) == 1  # the numbers tell it


@pytest.fixture
def framed(shop: Shop, source: Source, tab: Page) -> Iterator[Page]:
    """The shop in a frame of an opaque origin, where every use of storage throws."""
    shop.serve("/framed", source.snippet)
    go_to = shop.serve(
        "/frame", "", '<iframe sandbox="allow-scripts" src="/framed" name="shop"></iframe>'
    )
    tab.goto(go_to)
    return tab


def test_where_storage_is_blocked_events_are_sent_all_the_same(
    framed: Page, source: Source
) -> None:
    frame = framed.frame("shop")
    assert frame is not None
    frame.wait_for_function("window.analytics && analytics.initialized")
    assert frame.evaluate("(() => { try { localStorage } catch (e) { return e.name } })()") == (
        "SecurityError"
    )
    frame.evaluate("analytics.identify('user-1', {plan: 'pro'})")
    frame.evaluate(MANY, 3)

    events = source.events(5)

    assert counted(events) == [0, 1, 2]
    assert {event["userId"] for event in events if event.get("event")} == {"user-1"}
    assert len({event["anonymousId"] for event in events}) == 1
    assert lost(events) == 0


def test_a_full_storage_costs_no_event(shop: Shop, source: Source, tab: Page) -> None:
    go(tab, shop.serve("/full", source.snippet))
    tab.evaluate(
        """() => {
          for (let size = 1 << 22; size > 0; size >>= 1) {
            const text = 'x'.repeat(size);
            try { for (let n = 0; n < 9; n++) localStorage.setItem(`f${size}${n}`, text); } catch {}
          }
        }"""
    )
    tab.evaluate(MANY, 10)

    events = source.events(11)

    assert counted(events) == list(range(10))
    assert lost(events) == 0
