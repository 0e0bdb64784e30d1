"""An analysis as a person asks it: the form, the picture, the table, in both languages."""

from datetime import timedelta
from typing import Any

import httpx
from playwright.sync_api import expect

from headwater.kit.clock import SystemClock, to_datetime
from headwater.testing.whole import Whole
from tests.browser.conftest import LOOKS, Visit, Visitor


def come(server: Whole) -> None:
    """Twelve people click an advertisement, four of whom order."""
    key = server.create_source("Analyses")[1]
    at = to_datetime(SystemClock().now()) - timedelta(days=3)
    calls: list[dict[str, Any]] = []
    for each in range(12):
        call = {"type": "track", "userId": f"seen-{each}"}
        moment = {"timestamp": (at + timedelta(hours=each)).isoformat()}
        ad = {"properties": {"ad": "spring" if each % 2 else "autumn"}}
        calls.append({**call, **moment, "event": "Ad Seen", **ad})
        if each % 3 == 0:
            later = {"timestamp": (at + timedelta(hours=20)).isoformat()}
            calls.append({**call, **later, "event": "Ad Order", "properties": {"total": 30}})
    sent = httpx.post(f"{server.url}/v1/batch", json={"batch": calls}, auth=(key, ""))
    sent.raise_for_status()
    server.wait_until_loaded()


def test_an_analysis_is_asked_seen_and_linked_to(
    owner: Visitor, visit: Visit, server: Whole
) -> None:
    come(server)
    page = owner.page
    owner.go("/analyses")
    owner.check_access()
    owner.shot("analyses-list")
    page.get_by_role("link", name="Campaigns", exact=True).click()
    page.get_by_label("Conversion event").fill("Nothing")
    page.get_by_role("button", name="Analyse").click()
    expect(page.get_by_role("alert").first).to_contain_text("There is no event")
    page.get_by_label("Touch event").fill("Ad Seen")
    page.get_by_label("Property of the touch").fill("ad")
    page.get_by_label("Conversion event").fill("Ad Order")
    page.get_by_label("Property with the value").fill("total")
    page.get_by_role("button", name="Analyse").click()
    rows = page.get_by_role("region", name="rows").get_by_role("row")
    expect(rows).to_have_count(3)
    expect(rows.nth(1)).to_contain_text("60")
    expect(page.locator("#answer .plot svg").first).to_be_visible()
    owner.check_access()
    owner.shot("analyses-campaigns")
    path = page.url.removeprefix(server.url)

    for look in (LOOKS[1], LOOKS[2]):
        other = visit(look)
        other.go(path)
        expect(other.page.locator("#answer .plot svg").first).to_be_visible()
        other.check_access()
        other.shot(f"analyses-{look.name}")
    owner.go("/analyses/time-series?event=Ad+Seen&each=hour&period.days=5&horizon=12")
    expect(page.locator("#answer .plot svg").first).to_be_visible()
    owner.shot("analyses-series")
