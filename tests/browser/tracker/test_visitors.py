"""Who the visitor is, how they came, and whether they agreed."""

from playwright.sync_api import BrowserContext, Page

from tests.browser.tracker.shop import Shop, Source, go, lost, settle, with_options

STORED = """() => [
  ...document.cookie.split('; ').filter(Boolean).map(cookie => cookie.split('=')[0]),
  ...Object.keys(localStorage), ...Object.keys(sessionStorage)]"""


def cookies(visitor: BrowserContext) -> dict[str, str]:
    return {cookie["name"]: cookie["value"] for cookie in visitor.cookies()}


def test_ids_live_in_cookies_and_storage_under_segments_names(
    shop: Shop, source: Source, visitor: BrowserContext, tab: Page
) -> None:
    address = shop.serve("/ids", source.snippet)
    go(tab, address)
    tab.evaluate("analytics.identify('用户 1', {plan: 'pro', age: 7})")
    tab.evaluate("analytics.group('g-1', {name: 'Tea & Co'})")
    anonymous = tab.evaluate("analytics.user().anonymousId()")
    assert cookies(visitor) == {
        "ajs_anonymous_id": anonymous,
        "ajs_user_id": "%E7%94%A8%E6%88%B7%201",
        "ajs_group_id": "g-1",
    }
    assert tab.evaluate("JSON.parse(localStorage.ajs_user_traits)") == {"plan": "pro", "age": 7}

    go(tab, address)
    tab.evaluate("analytics.identify(null, {age: 8})")
    assert tab.evaluate("[analytics.user().id(), analytics.user().anonymousId()]") == [
        "用户 1",
        anonymous,
    ]
    assert tab.evaluate("[analytics.group().id(), analytics.group().traits()]") == [
        "g-1",
        {"name": "Tea & Co"},
    ]

    events = source.events(5)

    traits = [event["traits"] for event in events if event["type"] == "identify"]
    assert {traits[0]["age"], traits[1]["age"]} == {7, 8}
    assert all(each["plan"] == "pro" for each in traits)
    assert {event["anonymousId"] for event in events} == {anonymous}


def test_what_segments_library_left_is_taken_over(
    shop: Shop, source: Source, visitor: BrowserContext, tab: Page
) -> None:
    visitor.add_cookies(
        [
            {"name": "ajs_anonymous_id", "value": "before-1", "url": shop.url},
            {"name": "ajs_user_id", "value": "%22user-1%22", "url": shop.url},
        ]
    )
    go(tab, shop.serve("/before", source.snippet))
    [event] = source.events(1)
    assert (event["anonymousId"], event["userId"]) == ("before-1", "user-1")


def test_another_person_at_the_browser_and_a_reset_are_somebody_else(
    shop: Shop, source: Source, tab: Page
) -> None:
    go(tab, shop.serve("/reset", source.snippet))
    tab.evaluate(
        """() => {
          analytics.identify('user-1', {plan: 'pro'});
          analytics.identify('user-2', {age: 7});
          analytics.reset();
          analytics.track('After');
          analytics.setAnonymousId('mine');
          analytics.track('Mine');
        }"""
    )
    _, first, second, after, mine = source.events(5)
    assert second["traits"] == {"age": 7}
    assert "userId" not in after or after["userId"] is None
    assert mine["anonymousId"] == "mine"
    assert len({event["anonymousId"] for event in (first, second, after, mine)}) == 4
    assert after["context"]["sessionId"] != first["context"]["sessionId"] or (
        after["context"]["sessionStart"] is True
    )


def test_the_campaign_stays_with_the_session_and_the_session_ends_after_half_an_hour(
    shop: Shop, source: Source, tab: Page
) -> None:
    tab.clock.install()
    address = shop.serve("/campaign", source.snippet)
    go(tab, address + "?utm_source=news&utm_campaign=spring&UTM_Medium=mail&gclid=click-1&q=x")
    tab.clock.run_for(1000)
    settle(tab)
    go(tab, address)
    tab.clock.run_for(1000)
    settle(tab)
    tab.clock.fast_forward("29:00")
    tab.evaluate("analytics.track('Still')")
    tab.clock.fast_forward("31:00")
    tab.evaluate("analytics.track('Later')")
    tab.clock.run_for(1000)
    settle(tab)

    events = source.events(4)

    by_name = {event.get("event") or event["context"]["page"]["search"]: event for event in events}
    campaign = {"source": "news", "name": "spring", "medium": "mail", "gclid": "click-1"}
    landing = by_name.pop("?utm_source=news&utm_campaign=spring&UTM_Medium=mail&gclid=click-1&q=x")
    assert landing["context"]["campaign"] == campaign
    assert landing["context"]["sessionStart"] is True
    for name in ("", "Still"):
        assert by_name[name]["context"]["campaign"] == campaign
        assert by_name[name]["context"]["sessionId"] == landing["context"]["sessionId"]
        assert "sessionStart" not in by_name[name]["context"]
    assert by_name["Later"]["context"]["sessionStart"] is True
    assert by_name["Later"]["context"]["sessionId"] > landing["context"]["sessionId"]
    assert "campaign" not in by_name["Later"]["context"]
    assert lost(events) == 0


def test_nothing_is_stored_or_sent_before_the_visitor_agrees_and_all_is_afterwards(
    shop: Shop, source: Source, visitor: BrowserContext, tab: Page
) -> None:
    sent: list[str] = []
    tab.on("request", lambda request: sent.append(request.url))
    address = shop.serve("/pending", with_options(source, '{consent: "pending"}'))
    go(tab, address)
    tab.evaluate("analytics.identify('user-1', {plan: 'pro'}); analytics.track('Held')")
    go(tab, address)
    tab.evaluate("analytics.identify('user-1', {plan: 'pro'}); analytics.track('Held')")
    early = tab.evaluate("analytics.user().anonymousId()")
    tab.evaluate("dispatchEvent(new Event('pagehide'))")
    assert tab.evaluate(STORED) == []
    assert [url for url in sent if url.endswith("/v1/b")] == []

    tab.evaluate("analytics.consent(true)")
    settle(tab)
    go(tab, address)

    events = source.events(4)
    assert {event["anonymousId"] for event in events} == {early}
    assert sorted(event.get("userId") or "" for event in events) == ["", *["user-1"] * 3]
    assert cookies(visitor)["ajs_anonymous_id"] == early


def test_a_refusal_is_kept_and_takes_everything_away(
    shop: Shop, source: Source, visitor: BrowserContext, tab: Page
) -> None:
    sent: list[str] = []
    address = shop.serve("/refused", source.snippet)
    go(tab, address)
    settle(tab)
    other = visitor.new_page()
    go(other, address)
    settle(other)
    tab.on("request", lambda request: sent.append(request.url))
    other.on("request", lambda request: sent.append(request.url))
    visitor.set_offline(True)
    tab.evaluate("analytics.track('Never')")
    tab.evaluate("analytics.consent(false)")
    visitor.set_offline(False)
    sent.clear()
    other.wait_for_function("localStorage.hw_consent")
    for page in (tab, other):
        page.evaluate("analytics.track('Never')")
        assert page.evaluate(STORED) == ["hw_consent"]
    go(tab, address)
    tab.evaluate("analytics.track('Never')")
    assert tab.evaluate(STORED) == ["hw_consent"]
    assert [url for url in sent if url.endswith("/v1/b")] == []

    tab.evaluate("analytics.consent(true)")
    tab.evaluate("analytics.track('Again')")

    events = source.events(3)
    assert [event["event"] for event in events if event["type"] == "track"] == ["Again"]
    assert len({event["anonymousId"] for event in events}) == 2


def test_categories_go_along_in_segments_form(shop: Shop, source: Source, tab: Page) -> None:
    go(tab, shop.serve("/categories", with_options(source, '{consent: "pending"}')))
    tab.evaluate("analytics.consent({Advertising: false, Analytics: true})")
    [event] = source.events(1)
    assert event["context"]["consent"] == {
        "categoryPreferences": {"Advertising": False, "Analytics": True}
    }


def test_global_privacy_control_is_a_refusal_unless_the_visitor_or_the_page_says_otherwise(
    shop: Shop, source: Source, visitor: BrowserContext, tab: Page
) -> None:
    visitor.add_init_script(
        "Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', {value: true})"
    )
    sent: list[str] = []
    tab.on("request", lambda request: sent.append(request.url))
    go(tab, shop.serve("/gpc", source.snippet))
    tab.evaluate("analytics.track('Never')")
    assert tab.evaluate(STORED) == []
    go(tab, shop.serve("/gpc-not", with_options(source, "{gpc: false}")))
    settle(tab)
    go(tab, shop.url + "/gpc")
    assert len([url for url in sent if url.endswith("/v1/b")]) == 1
    tab.evaluate("analytics.consent(true)")
    tab.evaluate("analytics.track('Agreed')")

    events = source.events(2)

    assert sorted(event["context"]["page"]["path"] for event in events) == ["/gpc", "/gpc-not"]
