"""The published browser SDKs, on a shop's page of another port, with nothing but the host changed:
every kind of call, unaltered, once, though the first requests fail."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from headwater.testing.whole import Whole
from tests.browser.conftest import AXE
from tests.browser.shop import HTML, SCRIPT, shop
from tests.flows.awkward import AWKWARD, KINDS, MEMBERS, only, stored, without_nulls
from tests.flows.faulty import Fault, Faulty

PACKAGES = AXE.parents[1]
SEGMENT = PACKAGES / "@segment" / "analytics-next" / "dist" / "umd"
RUDDER = PACKAGES / "@rudderstack" / "analytics-js" / "dist" / "npm" / "modern" / "bundled" / "umd"
JITSU = PACKAGES / "@jitsu" / "js" / "dist" / "jitsu.es.js"

NEXT_CALLS = """
    await analytics.identify("browser-user", values);
    await analytics.track("Awkward 订单 🎉", values);
    await analytics.page("Shop", "Home 首页", values);
    await analytics.screen("Shop", "Screen", values);
    await analytics.group("group-1", values);
    await analytics.alias("browser-user", "before");
"""
FAULTS = [Fault.FAILS, Fault.BUSY, Fault.LOST]


@pytest.fixture
def key(server: Whole, request: pytest.FixtureRequest) -> str:
    return server.create_source(request.node.name, "website")[1]


@contextmanager
def visited(browser: Browser, files: dict[str, tuple[str, bytes]], allowed: str) -> Iterator[None]:
    """The shop's page, open. No request may go to any host but these two."""
    gone: list[str] = []
    with shop(files) as origin:
        context = browser.new_context()
        page = context.new_page()
        page.on(
            "request",
            lambda asked: (
                None if asked.url.startswith((origin, allowed)) else gone.append(asked.url)
            ),
        )
        page.on("pageerror", lambda error: gone.append(f"script: {error}"))
        page.goto(f"{origin}/")
        try:
            yield
        finally:
            context.close()
    assert gone == []


def page(script: str, *, head: str = "") -> tuple[str, bytes]:
    values = json.dumps(AWKWARD).replace("</", "<\\/")
    module = f'<script type="module">const values = {values};{script}</script>'
    return HTML, f"<!doctype html><html><head><title>Tea</title>{head}</head>{module}".encode()


def file(path: Path) -> tuple[str, bytes]:
    return SCRIPT, path.read_bytes()


def check(events: list[dict[str, Any]]) -> None:
    """Each kind once, with the values that were given."""
    assert sorted(event["type"] for event in events) == KINDS
    assert only(events, "track")["event"] == "Awkward 订单 🎉"
    assert only(events, "page")["name"] == "Home 首页"
    assert only(events, "group")["groupId"] == "group-1"
    for kind, member in MEMBERS.items():
        found = only(events, kind)[member]
        sent = without_nulls(AWKWARD)
        assert {name: value for name, value in without_nulls(found).items() if name in sent} == sent
    assert {event["userId"] for event in events} == {"browser-user"}


def test_segments_npm_package(browser: Browser, server: Whole, key: str) -> None:
    with Faulty(server.url, FAULTS) as way:
        files = {
            "/": page(
                f"""
                const analytics = AnalyticsNext.AnalyticsBrowser.load(
                    {{ writeKey: "{key}", cdnURL: "{way.url}" }},
                    {{ integrations: {{ "Segment.io": {{
                        apiHost: "{way.url.removeprefix("http://")}/v1", protocol: "http" }} }} }},
                );
                {NEXT_CALLS}
                """,
                head='<script src="/next.js"></script>',
            ),
            "/next.js": file(SEGMENT / "index.js"),
        }
        with visited(browser, files, way.url):
            check(stored(server, "test_segments_npm_package", expected=6))
        assert way.is_over


def test_segments_snippet_with_its_own_script(
    browser: Browser, server: Whole, key: str, segments_snippet: Callable[[str, str], str]
) -> None:
    with Faulty(server.url, FAULTS) as way:
        script = (SEGMENT / "standalone.js").read_text("utf-8").replace("__WRITE_KEY__", key)
        snippet = segments_snippet("http://shop.example", key)
        head = snippet.replace("http://shop.example", "").replace(
            "analytics.load(", f'analytics._cdn = "{way.url}"; analytics.load('
        )
        files = {
            "/": page(NEXT_CALLS.replace("await", ""), head=head),
            f"/analytics.js/v1/{key}/analytics.min.js": (SCRIPT, script.encode()),
        }
        with visited(browser, files, way.url):
            # The snippet itself calls `page` once.
            events = stored(server, "test_segments_snippet_with_its_own_script", expected=7)
        assert way.is_over

    check([each for each in events if each["type"] != "page" or each.get("name")])


def test_rudderstacks_npm_package(browser: Browser, server: Whole, key: str) -> None:
    with Faulty(server.url, [Fault.FAILS, Fault.LOST]) as way:
        files = {
            "/": page(
                f"""
                const rudder = new rudderanalytics.RudderAnalytics();
                rudder.load("{key}", "{way.url}", {{ configUrl: "{way.url}" }});
                rudder.identify("browser-user", values);
                rudder.track("Awkward 订单 🎉", values);
                rudder.page("Shop", "Home 首页", values);
                rudder.group("group-1", values);
                rudder.alias("browser-user", "before");
                """,
                head='<script src="/rudder.js"></script>',
            ),
            "/rudder.js": file(RUDDER / "index.js"),
        }
        with visited(browser, files, way.url):
            events = stored(server, "test_rudderstacks_npm_package", expected=5)
        assert way.is_over

    assert sorted(event["type"] for event in events) == [k for k in KINDS if k != "screen"]
    assert only(events, "track")["event"] == "Awkward 订单 🎉"
    sent = without_nulls(AWKWARD)
    for kind in ("identify", "track", "page", "group"):
        found = as_lists(without_nulls(only(events, kind)[MEMBERS[kind]]))
        assert {name: value for name, value in found.items() if name in sent} == sent


def as_lists(value: Any) -> Any:
    """The library sends some lists in lists as objects of their indexes."""
    if isinstance(value, dict):
        if value and list(value) == [str(index) for index in range(len(value))]:
            return [as_lists(each) for each in value.values()]
        return {key: as_lists(each) for key, each in value.items()}
    return [as_lists(each) for each in value] if isinstance(value, list) else value


def test_jitsus_npm_package(browser: Browser, server: Whole, key: str) -> None:
    files = {
        "/": page(
            f"""
            const {{ jitsuAnalytics }} = await import("/jitsu.js");
            const analytics = jitsuAnalytics({{ host: "{server.url}", writeKey: "{key}" }});
            await analytics.identify("browser-user", values);
            await analytics.track("Awkward 订单 🎉", values);
            await analytics.page("Home 首页", values);
            await analytics.group("group-1", values);
            """
        ),
        "/jitsu.js": file(JITSU),
    }
    with visited(browser, files, server.url):
        events = stored(server, "test_jitsus_npm_package", expected=4)

    assert sorted(event["type"] for event in events) == ["group", "identify", "page", "track"]
    assert only(events, "track")["event"] == "Awkward 订单 🎉"
    for kind in ("identify", "track", "page", "group"):
        found = only(events, kind)[MEMBERS[kind]]
        assert {name: value for name, value in found.items() if name in AWKWARD} == AWKWARD
    assert {event["userId"] for event in events} == {"browser-user"}
