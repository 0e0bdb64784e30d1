"""Every call of a page on another origin is stored as it was made, once."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page

from headwater.tracker.files import integrity
from headwater.tracker.snippet import content_security_policy, tag
from tests.browser.tracker.shop import Shop, Source, go, lost

AWKWARD: dict[str, Any] = {
    "nested": {"a": {"b": [1, {"c": None}, [True, "x"]]}, "Mixed Case": {"键": "值"}},
    "chinese": "你好，世界 — 订单已完成",
    "emoji": "🎉👩‍👩‍👧‍👦🇨🇳",
    "nothing": None,
    "empty": "",
    "empty_list": [],
    "empty_object": {},
    "large": 9007199254740991,
    "negative": -12.75,
    "tiny": 1e-7,
    "quote": 'he said "hi" \\ / \n\t </script>',
    "nul": "a\u0000b",
    "list": [1, "two", None, {"three": 3}],
}
CALLS = """values => {
  analytics.identify('user-1', values);
  analytics.track('Awkward 订单 🎉', values, {timestamp: '2026-10-01T08:00:00.123Z'});
  analytics.page('Shop', 'Home 首页', values);
  analytics.screen('Screen', values);
  analytics.group('group-1', values);
  analytics.alias('user-1', 'before');
  for (const value of [undefined, null]) analytics.track('Bare', value);
}"""


def by_type(events: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {event["type"]: event for event in events if event.get("event") != "Bare"}


def check_calls(events: list[dict[str, Any]]) -> None:
    found = by_type(events)
    assert found["identify"]["traits"] == AWKWARD
    assert found["identify"]["userId"] == "user-1"
    assert found["track"]["event"] == "Awkward 订单 🎉"
    assert found["track"]["properties"] == AWKWARD
    assert found["track"]["originalTimestamp"] == "2026-10-01T08:00:00.123Z"
    assert (found["page"]["category"], found["page"]["name"]) == ("Shop", "Home 首页")
    assert found["page"]["properties"].items() >= AWKWARD.items()
    assert found["screen"]["name"] == "Screen"
    assert found["screen"]["properties"] == AWKWARD
    assert (found["group"]["groupId"], found["group"]["traits"]) == ("group-1", AWKWARD)
    assert (found["alias"]["userId"], found["alias"]["previousId"]) == ("user-1", "before")
    assert [event["properties"] for event in events if event.get("event") == "Bare"] == [{}, {}]
    assert len({event["anonymousId"] for event in events}) == 1
    assert len({event["messageId"] for event in events}) == len(events)
    assert lost(events) == 0


def test_segments_published_snippet_works_with_its_host_replaced(
    shop: Shop, source: Source, tab: Page, segments_snippet: Callable[[str, str], str]
) -> None:
    go(tab, shop.serve("/segment", segments_snippet(source.url, source.key)))
    tab.evaluate(CALLS, AWKWARD)
    tab.evaluate("analytics.register({}); analytics.debug(); analytics.pageview('/x')")

    events = source.events(9)

    check_calls(events)
    first = events[0]
    assert first["type"] == "page"
    assert first["properties"] == {
        "path": "/segment",
        "referrer": "",
        "search": "",
        "title": "/segment",
        "url": shop.url + "/segment",
    }
    assert first["context"]["page"] == first["properties"]
    assert first["context"]["library"]["name"] == "headwater.js"
    assert first["context"]["userAgent"] == tab.evaluate("navigator.userAgent")
    assert first["context"]["ip"] == "127.0.0.1"


def test_the_snippet_keeps_the_calls_made_before_the_script_is_there(
    shop: Shop, source: Source, tab: Page
) -> None:
    early = """<script>
      window.said = [];
      analytics.on('track', (...details) => said.push(details));
      analytics.identify('user-1', {plan: 'pro'});
      analytics.track('Early', {n: 1});
      analytics.ready(() => { window.isReady = true; });
      window.held = analytics;
    </script>"""
    go(tab, shop.serve("/early?q=1#top".partition("?")[0], source.snippet + early) + "?q=1#top")
    tab.evaluate("held.track('Late')")

    page, identify, track, late = source.events(4)

    assert page["properties"]["url"] == shop.url + "/early?q=1"
    assert page["properties"]["search"] == "?q=1"
    assert page.get("userId") is None
    assert identify["traits"] == {"plan": "pro"}
    assert (track["userId"], track["properties"]) == ("user-1", {"n": 1})
    assert late["userId"] == "user-1"
    assert tab.evaluate("said") == [["Early", {"n": 1}, {}], ["Late", {}, {}]]
    assert tab.evaluate("isReady") is True


def test_the_tag_works_under_a_strict_policy_with_its_hash_checked(
    shop: Shop, source: Source, tab: Page
) -> None:
    said: list[str] = []
    tab.on("console", lambda message: said.append(message.text))
    head = tag(source.url, source.key).replace("<script", "<script data-autocapture")
    assert integrity() in head
    policy = f"default-src 'none'; {content_security_policy(source.url)}"
    go(
        tab,
        shop.serve("/strict", head, "<button>Buy</button>", Content_Security_Policy=policy),
    )
    tab.wait_for_function("document.querySelectorAll('script').length == 2")
    tab.wait_for_load_state("networkidle")
    tab.get_by_role("button").click()

    page, click = source.events(2)

    assert page["type"] == "page"
    assert click["event"] == "Element Clicked"
    assert said == []


@pytest.mark.parametrize("file", ["analytics.js", "analytics.min.js"])
def test_the_readable_file_does_the_same(shop: Shop, source: Source, tab: Page, file: str) -> None:
    head = source.snippet.replace("analytics.min.js", file)
    go(tab, shop.serve(f"/readable-{file}", head))
    tab.evaluate(CALLS, AWKWARD)
    check_calls(source.events(9))


def test_middleware_changes_and_drops_events_and_its_faults_harm_none(
    shop: Shop, source: Source, tab: Page
) -> None:
    go(tab, shop.serve("/middleware", source.snippet))
    results = tab.evaluate(
        """async () => {
          analytics.addSourceMiddleware(({payload, next}) => {
            payload.obj.context.added = payload.type();
            if (payload.obj.event === 'Drop') next(null); else next(payload);
          });
          analytics.addSourceMiddleware(() => { throw new Error('of the page'); });
          analytics.on('track', () => { throw new Error('of a listener'); });
          const kept = await analytics.track('Keep', {big: 10n, at: new Date(0), nan: NaN});
          const dropped = await analytics.track('Drop');
          const circle = {}; circle.self = circle;
          const broken = await analytics.track('Circle', circle);
          return [kept.event.event, dropped, broken];
        }"""
    )
    page, kept = source.events(2)
    assert results == ["Keep", None, None]
    assert "added" not in page["context"]
    assert kept["context"]["added"] == "track"
    assert kept["properties"] == {"big": "10", "at": "1970-01-01T00:00:00.000Z", "nan": None}
    assert lost([page, kept]) == 0


def test_options_reach_the_event_and_its_context(shop: Shop, source: Source, tab: Page) -> None:
    go(tab, shop.serve("/options", source.snippet))
    tab.evaluate(
        """analytics.track('Options', {}, {
          anonymousId: 'given', userId: 'given-user', messageId: 'given-message',
          integrations: {All: false, 'Segment.io': true}, context: {ip: '192.0.2.1'},
          traits: {a: 1},
        })"""
    )
    _, event = source.events(2)
    assert (event["anonymousId"], event["userId"]) == ("given", "given-user")
    assert event["messageId"] == "given-message"
    assert event["integrations"] == {"All": False}
    assert event["context"]["ip"] == "192.0.2.1"
    assert event["context"]["traits"] == {"a": 1}


def test_links_and_forms_are_tracked_without_holding_up_the_page(
    shop: Shop, source: Source, tab: Page
) -> None:
    shop.serve("/after", source.snippet)
    body = '<a id="link" href="/after">On</a><form action="/after"><button>Send</button></form>'
    watch = """analytics.trackLink(document.getElementById('link'), 'Link', a => ({to: a.id}));
      analytics.trackForm(document.querySelectorAll('form'), 'Form', {n: 1});"""
    address = shop.serve("/links", source.snippet, body)
    go(tab, address)
    tab.evaluate(watch)
    tab.click("#link")
    tab.wait_for_url("**/after")
    go(tab, address)
    tab.evaluate(watch)
    tab.click("button")
    tab.wait_for_url("**/after?")
    tab.wait_for_function("analytics.initialized")

    events = source.events(6)

    tracks = {event["event"]: event["properties"] for event in events if event["type"] == "track"}
    assert tracks == {"Link": {"to": "link"}, "Form": {"n": 1}}
    assert lost(events) == 0


def test_the_command_prints_the_code_of_a_source(shop: Shop, source: Source, tab: Page) -> None:
    printed = source.whole.command("snippet", "--source", source.name).decode()
    assert printed == source.snippet + "\n"
    line = source.whole.command("snippet", "--source", source.name, "--form", "tag").decode()
    go(tab, shop.serve("/printed", line))
    [page] = source.events(1)
    assert page["context"]["page"]["path"] == "/printed"
