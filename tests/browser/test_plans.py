"""Tracking plans as a person keeps them: inferred, edited, connected, drifted from, taken back."""

import re
from random import Random

import httpx
import pytest
from playwright.sync_api import expect

from headwater.testing.whole import Whole
from tests.browser.conftest import LOOKS, Look, Visit, Visitor
from tests.plans.streams import hidden_plan, stream

pytestmark = pytest.mark.whole


def send(server: Whole, write_key: str, events: list[dict[str, object]]) -> None:
    for at in range(0, len(events), 500):
        body = {"batch": events[at : at + 500]}
        answer = httpx.post(f"{server.url}/v1/batch", json=body, auth=(write_key, ""))
        assert answer.is_success
    server.wait_until_loaded()


def orders(count: int, first: int = 0, **more: object) -> list[dict[str, object]]:
    return [
        {
            "type": "track",
            "event": "Order Completed",
            "userId": f"u{number}",
            "messageId": f"order{first + number}",
            "properties": {
                "order_id": f"o{first + number}",
                "total": number % 90 + 0.5,
                "currency": ("CNY", "EUR")[number % 2],
            }
            | more,
        }
        for number in range(count)
    ]


def test_a_plan_is_inferred_edited_enforced_drifted_from_and_taken_back(
    server: Whole, owner: Visitor
) -> None:
    page = owner.page
    source_id, write_key = server.create_source("Plan shop")
    send(server, write_key, orders(300))

    # Infer: leave one property out, take the rest into a new plan.
    owner.go(f"/plans/infer?source={source_id}")
    expect(page.get_by_text("300 events").first).to_be_visible()
    page.get_by_label("Leave properties.order_id out").check()
    owner.shot("plan-infer")
    page.get_by_label("Name of the new plan").fill("Plan of the shop")
    page.get_by_role("button", name="Take what is ticked").click()
    expect(page.get_by_role("heading", name="Plan of the shop")).to_be_visible()
    plan_path = re.sub(r".*(/plans/[^/?]+).*", r"\1", page.url)
    expect(page.locator(".plan-properties")).to_contain_text("currency")
    expect(page.locator(".plan-properties")).not_to_contain_text("order_id")

    # Edit: a property by the form, and a schema that is wrong.
    page.get_by_role("link", name="Edit").click()
    page.get_by_label("Name, as it is sent").fill("order_id")
    page.get_by_label("Required").check()
    page.get_by_label("What it means").fill("The order's number")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator(".plan-properties")).to_contain_text("The order's number")
    schema = page.locator("#schema")
    good = schema.input_value()
    schema.fill(good[:-2])
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("Line")
    schema.fill(good.replace('"number"', '"numbre"'))
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_be_visible()

    # Connect, enforce, break it.
    owner.go(f"{plan_path}/sources")
    page.get_by_label("Connect a source").select_option(label="Plan shop")
    page.get_by_role("button", name="Connect", exact=True).click()
    page.get_by_label("An event that breaks its rule").select_option("block")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_label("An event that breaks its rule")).to_have_value("block")
    wrong = orders(4, 1_000, total="much")
    new = orders(60, 2_000, coupon="SPRING")
    wanted = f"SELECT count(*) AS n FROM quarantine WHERE source_id = '{source_id}'"
    server.wait_until(lambda: _is_enforced(server, write_key, wanted))
    send(server, write_key, wrong + new)
    server.wait_until(lambda: server.query(wanted)[0]["n"] >= 5)
    owner.go(f"{plan_path}/violations")
    expect(page.get_by_text("Wrong type").first).to_be_visible()
    expect(page.get_by_text("In quarantine").first).to_be_visible()

    # Drift: look, take the patch, and go back to the version before.
    owner.go(f"{plan_path}/drift")
    page.get_by_role("button", name="Look now").click()
    expect(page.locator(".plan-drifts")).to_contain_text("properties.coupon")
    page.get_by_label(re.compile("properties.coupon: New property")).check()
    page.get_by_role("button", name="Take into the plan").click()
    expect(page.get_by_text("They are taken into the plan.")).to_be_visible()
    owner.go(plan_path)
    expect(page.locator(".plan-properties")).to_contain_text("coupon")
    owner.go(f"{plan_path}/versions")
    page.get_by_role("link", name=re.compile("Compare version")).first.click()
    expect(page.locator(".plan-changes")).to_contain_text("properties.coupon")
    page.get_by_role("button", name="Go back to it…").click()
    page.get_by_role("dialog").get_by_role("button", name="Go back").click()
    owner.go(plan_path)
    expect(page.locator(".plan-properties")).not_to_contain_text("coupon")


def _is_enforced(server: Whole, write_key: str, wanted: str) -> bool:
    """Whether what breaks the plan is kept aside by now: it holds from the next batch on."""
    httpx.post(
        f"{server.url}/v1/batch",
        json={"batch": orders(1, 500_000 + server.query(wanted)[0]["n"], total="no number")},
        auth=(write_key, ""),
    )
    server.wait_until_loaded()
    return bool(server.query(wanted)[0]["n"])


@pytest.mark.parametrize("look", [LOOKS[0], LOOKS[1]], ids=lambda look: look.name, indirect=True)
def test_no_page_of_plans_has_a_serious_fault(server: Whole, visit: Visit, look: Look) -> None:
    headers = {"Authorization": f"Bearer {server.token}"}
    source_id, write_key = server.create_source(f"Plans {look.name}")
    chance = Random(4)
    plan = hidden_plan(chance, events=5)
    events = list(stream(chance, plan, 1_500, slips=0.005))
    for event in events:
        event["messageId"] += look.name
    send(server, write_key, events)
    with httpx.Client(base_url=f"{server.url}/api", headers=headers, timeout=60) as api:
        body = {"name": f"Shop ({look.name})", "type": "LIVE", "description": "What is sold."}
        made = api.post("/tracking-plans", json=body).json()["data"]["trackingPlan"]
        path = f"/tracking-plans/{made['id']}"
        found = api.post("/tracking-plans/infer", json={"sourceId": source_id})
        proposals = found.json()["data"]["inferred"]["proposals"]
        rules = [{name: each[name] for name in ("type", "key", "version", "jsonSchema")}
                 for each in proposals[1:]]  # fmt: skip
        assert api.put(f"{path}/rules", json={"rules": rules}).is_success
        assert api.post(f"{path}/sources", json={"sourceId": source_id}).is_success
        for event in events[:400]:
            event["messageId"] += "again"
            event["properties"] = {**event["properties"], "brand_new": True}  # type: ignore[dict-item]
        send(server, write_key, events[:400])
        assert api.post(f"{path}/drifts/check").is_success

    visitor = visit(look)
    rule = f"rule?type=TRACK&version=1&key={proposals[1]['key'].replace(' ', '%20')}"
    for name, where in (
        ("plans", "/plans"),
        ("plan-infer", f"/plans/infer?source={source_id}"),
        ("plan", f"/plans/{made['id']}"),
        ("plan-rule", f"/plans/{made['id']}/{rule}"),
        ("plan-violations", f"/plans/{made['id']}/violations"),
        ("plan-sources", f"/plans/{made['id']}/sources"),
        ("plan-drift", f"/plans/{made['id']}/drift"),
        ("plan-versions", f"/plans/{made['id']}/versions?version=1"),
    ):
        visitor.go(where)
        for summary in visitor.page.locator("main details:not([data-menu]) > summary").all()[:2]:
            summary.click()
        visitor.check_access()
        visitor.shot(f"{name}-{look.name}")
