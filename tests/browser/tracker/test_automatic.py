"""What is tracked without a line of code."""

from typing import Any

from playwright.sync_api import Page

from tests.browser.tracker.shop import Shop, Source, go, lost, with_options

BODY = """
  <button id="buy" class="big red">Buy <b>now</b></button>
  <a id="out" href="https://example.org/x?q=1" onclick="event.preventDefault()">Out</a>
  <p id="text">Not for clicking</p>
  <input id="secret" name="card" value="4111 1111"><input type="submit" form="none" value="Label">
  <form id="sign-up" name="sign-up" action="/thanks?token=1" method="post"
    onsubmit="event.preventDefault()">
    <input name="email" value="ada@example.com"><input type="password" name="password" value="p">
    <button>Send</button></form>
  <div data-private><button id="hidden">Hidden</button>
    <form onsubmit="event.preventDefault()"><button id="hidden-form">Hidden</button></form></div>
  <div style="height: 4000px"></div>
"""


def named(events: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    return [event["properties"] for event in events if event.get("event") == name]


def start(tab: Page, address: str) -> None:
    go(tab, address)
    tab.wait_for_function("document.querySelectorAll('script[integrity]').length == 1")
    tab.wait_for_load_state("networkidle")


def test_clicks_forms_scrolling_links_errors_and_vitals_are_told_and_never_what_was_typed(
    shop: Shop, source: Source, tab: Page
) -> None:
    start(tab, shop.serve("/auto", with_options(source, "{autocapture: true}"), BODY))
    for target in ("#buy b", "#out", "#text", "#secret", "#sign-up button", "#hidden"):
        tab.click(target)
    tab.click("#hidden-form")
    tab.evaluate("scrollTo(0, document.body.scrollHeight * 0.55)")
    tab.wait_for_function("scrollY > 1000")
    tab.evaluate(
        """() => {
          window.told = 0;
          analytics.on('track', name => { told += name === 'Error Occurred'; });
        }"""
    )
    tab.evaluate("setTimeout(() => { throw new TypeError('of the page'); })")
    tab.evaluate("Promise.reject(new Error('rejected')), undefined")
    tab.wait_for_function("told == 2")
    tab.goto(shop.serve("/auto-after", "", "after"))

    source.whole.wait_until(lambda: len(named(source.stored(), "Web Vitals Measured")) == 1)
    events = source.stored()

    clicked = {
        each.get("id") or each.get("text"): each for each in named(events, "Element Clicked")
    }
    assert set(clicked) == {"buy", "secret", "Send"}
    assert clicked["buy"] == {
        "tag": "button", "id": "buy", "classes": "big red", "text": "Buy now",
    }  # fmt: skip
    assert clicked["secret"] == {"tag": "input", "id": "secret", "name": "card", "text": "card"}
    [out] = named(events, "Outbound Link Clicked")
    assert (out["host"], out["href"]) == ("example.org", "https://example.org/x?q=1")
    [form] = named(events, "Form Submitted")
    assert form == {
        "id": "sign-up",
        "name": "sign-up",
        "action": shop.url + "/thanks",
        "method": "post",
        "fields": ["email", "password"],
    }
    assert named(events, "Scroll Depth Reached") == [{"percent": 50}]
    errors = named(events, "Error Occurred")
    assert [each["message"] for each in errors] == ["Uncaught TypeError: of the page", "rejected"]
    assert errors[0]["kind"] == "TypeError"
    [vitals] = named(events, "Web Vitals Measured")
    assert {"LCP", "FCP", "TTFB"} <= set(vitals)
    assert all(value >= 0 for value in vitals.values())
    for typed in ("4111", "ada@example.com", "token=1"):
        assert typed not in str(events)
    assert lost(events) == 0


def test_only_the_parts_that_are_named_are_captured(shop: Shop, source: Source, tab: Page) -> None:
    options = "{autocapture: ['forms']}"
    start(tab, shop.serve("/forms", with_options(source, options), BODY))
    for target in ("#buy", "#out", "#sign-up button"):
        tab.click(target)
    _, form = source.events(2)
    assert form["event"] == "Form Submitted"


def test_nothing_more_is_loaded_when_nothing_is_to_be_captured(
    shop: Shop, source: Source, tab: Page
) -> None:
    loaded: list[str] = []
    tab.on("request", lambda request: loaded.append(request.url.rpartition("/")[2]))
    go(tab, shop.serve("/plain", source.snippet, BODY))
    tab.click("#buy")
    tab.evaluate("analytics.track('Last')")
    source.events(2)
    assert "analytics.min.js" in loaded
    assert "autocapture.min.js" not in loaded


def test_every_path_of_a_single_page_application_is_a_page_reached_from_the_one_before(
    shop: Shop, source: Source, tab: Page
) -> None:
    address = shop.serve("/app", with_options(source, "{singlePage: true}"))
    go(tab, address)
    tab.evaluate(
        """async () => {
          const turn = () => new Promise(done => setTimeout(done));
          const back = new Promise(done => addEventListener('popstate', done));
          history.pushState({}, '', '/app/cart?step=1'); document.title = 'Cart'; await turn();
          history.replaceState({}, '', '/app/cart?step=1#part'); await turn();
          history.pushState({}, '', '/app/paid'); document.title = 'Paid'; await turn();
          history.back(); await back; await turn();
        }"""
    )
    events = source.events(4)
    pages = [event["properties"] for event in events]
    assert [page["path"] for page in pages] == ["/app", "/app/cart", "/app/paid", "/app/cart"]
    assert pages[1]["title"] == "Cart"
    assert pages[1]["referrer"] == address
    assert pages[2]["referrer"] == address + "/cart?step=1"
    assert pages[3]["referrer"] == address + "/paid"
