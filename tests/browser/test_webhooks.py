"""Who sends to a webhook source is set on its page; what is not signed is refused from then on."""

import json

import httpx
from playwright.sync_api import expect

from headwater.kit.clock import SystemClock
from headwater.testing.whole import Whole
from tests.browser.conftest import Look, Visit
from tests.webhooks.senders import SAMPLES, SECRET, stripe


def test_a_sender_is_set_tried_and_removed(visit: Visit, look: Look, server: Whole) -> None:
    source_id, _ = server.create_source(f"Payments {look.name}", "webhook")
    url = f"{server.url}/webhooks/{source_id}"
    owner = visit(look)
    owner.go(f"/sources/{source_id}/sender")
    owner.check_access()
    page = owner.page
    page.locator('input[name="preset"][value="stripe"]').check()
    page.locator("#secret").fill(" ")
    page.locator("form.card button.primary").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.locator('input[name="preset"][value="stripe"]').check()
    page.locator("#secret").fill(SECRET)
    page.locator("form.card button.primary").click()
    expect(
        page.get_by_text("Stripe 发送" if look.language == "zh_CN" else "Stripe sends")
    ).to_be_visible()
    expect(page.locator("#secret")).to_have_value("")
    owner.check_access()
    owner.shot(f"source-sender-{look.name}")

    server.wait_until(lambda: httpx.post(url, content=b"{}").status_code == 401)
    sent = stripe(SAMPLES["stripe"], url, SystemClock().now() / 1_000_000)
    assert httpx.post(url, content=sent.body, headers=sent.headers).json() == {"success": True}
    assert json.loads(sent.body)["id"] == "evt_1"

    page.locator('button[data-opens="remove-sender"]').click()
    page.locator("#remove-sender button.danger").click()
    expect(page.locator('button[data-opens="remove-sender"]')).to_have_count(0)

    page.locator('input[name="preset"][value="custom"]').check()
    page.locator("#mapping-part summary").click()
    page.locator("#mapping").fill('[[events]]\nevent = "Paid"\nuserId = "{who}"')
    page.locator("#sample").fill('{"who": "u-7"}')
    page.locator('button[value="try"]').click()
    expect(page.locator("#tried")).to_contain_text("u-7")
    owner.check_access()
    owner.shot(f"source-mapping-{look.name}")
    page.locator("#secret").fill(SECRET)
    page.locator("form.card button.primary").click()
    expect(page.locator('button[data-opens="remove-sender"]')).to_be_visible()
    expect(page.locator("#mapping")).to_have_value('[[events]]\nevent = "Paid"\nuserId = "{who}"')
