"""Segment's published client keeps a tracking plan, and events are held to it: told of, left out,
kept aside, sent to another source, and replayed once the plan is mended."""

from typing import Any

import httpx
import pytest

from headwater.testing.whole import Whole
from tests.flows.public_api import Npm, new_source, paged

pytestmark = pytest.mark.whole

API = "TrackingPlans"
ORDER = {
    "type": "object",
    "properties": {
        "properties": {
            "type": "object",
            "properties": {"total": {"type": "number"}},
            "required": ["total"],
        }
    },
}
RULE = {"type": "TRACK", "key": "Order Completed", "version": 1, "jsonSchema": ORDER}


def test_every_operation_is_driven_by_the_client(npm: Npm) -> None:
    wanted = {"name": "Client's plan", "type": "LIVE", "description": "As it is"}
    made = npm(API, "createTrackingPlan", wanted).data["trackingPlan"]
    plan_id, source = made["id"], new_source(npm)
    assert made["type"] == "LIVE"
    npm(API, "updateTrackingPlan", plan_id, {"name": "Client's own plan"})
    found = npm(API, "getTrackingPlan", plan_id).data["trackingPlan"]
    assert found["name"] == "Client's own plan"
    listed = paged(npm, API, "listTrackingPlans", "trackingPlans", size=1)
    assert plan_id in {each["id"] for each in listed}

    npm(API, "replaceRulesInTrackingPlan", plan_id, {"rules": [RULE]})
    more = [
        RULE | {"newKey": "Order Paid"},
        {"type": "IDENTIFY", "version": 1, "jsonSchema": {"type": "object"}},
        {"type": "COMMON", "version": 1, "jsonSchema": {"type": "object"}},
    ]
    npm(API, "updateRulesInTrackingPlan", plan_id, {"rules": more})
    rules = paged(npm, API, "listRulesFromTrackingPlan", "rules", plan_id, size=2)
    assert [each.get("key", each["type"]) for each in rules] == ["COMMON", "IDENTIFY", "Order Paid"]
    gone = [{"type": "TRACK", "key": "Order Paid", "version": 1}, {"type": "COMMON", "version": 1}]
    npm(API, "removeRulesFromTrackingPlan", plan_id, gone)
    left = npm(API, "listRulesFromTrackingPlan", plan_id, {"count": 10}).data["rules"]
    assert [each["type"] for each in left] == ["IDENTIFY"]

    npm(API, "addSourceToTrackingPlan", plan_id, {"sourceId": source["id"]})
    [own] = npm(API, "listSourcesFromTrackingPlan", plan_id, {"count": 10}).data["sources"]
    assert own["id"] == source["id"]
    assert npm("Sources", "getSource", source["id"]).data["trackingPlanId"] == plan_id
    npm(API, "removeSourceFromTrackingPlan", plan_id, source["id"])
    npm(API, "deleteTrackingPlan", plan_id)
    assert npm(API, "getTrackingPlan", plan_id).status == 404


def send(whole: Whole, source: dict[str, Any], *events: dict[str, Any]) -> None:
    batch = [{"type": "track", "userId": "u", **event} for event in events]
    answer = httpx.post(
        f"{whole.url}/v1/batch", json={"batch": batch}, auth=(source["writeKeys"][0], "")
    )
    assert answer.status_code == 200, answer.text
    whole.wait_until_loaded()


@pytest.fixture
def api(whole: Whole) -> httpx.Client:
    headers = {"Authorization": f"Bearer {whole.token}"}
    return httpx.Client(base_url=f"{whole.url}/api", headers=headers, timeout=30)


def got(api: httpx.Client, path: str) -> Any:
    answer = api.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


def texts(row: dict[str, Any]) -> list[str]:
    return [str(each).strip('"') for each in row.values()]


def test_events_are_held_to_the_plan_of_their_source(
    npm: Npm, whole: Whole, api: httpx.Client
) -> None:
    shop, blocked, told = new_source(npm), new_source(npm), new_source(npm)
    plan = npm(API, "createTrackingPlan", {"name": "Held to", "type": "LIVE"}).data["trackingPlan"]
    npm(API, "replaceRulesInTrackingPlan", plan["id"], {"rules": [RULE]})
    npm(API, "addSourceToTrackingPlan", plan["id"], {"sourceId": shop["id"]})
    settings = {"track": {"allowUnplannedEvents": False, "allowUnplannedEventProperties": False}}
    npm("Sources", "updateSchemaSettingsInSource", shop["id"], settings)
    send(
        whole,
        shop,
        {"event": "Order Completed", "properties": {"total": 1}, "messageId": "good"},
        {"event": "Order Completed", "properties": {"total": "1", "x": 2}, "messageId": "bad"},
        {"event": "order completed", "messageId": "unplanned"},
    )
    asked = (
        "SELECT id, violation, field, remedy FROM plan_violations"
        f" WHERE source_id = '{shop['id']}' ORDER BY id, field"
    )
    whole.wait_until(lambda: len(whole.query(asked)) == 3)
    assert [tuple(each.values()) for each in whole.query(asked)] == [
        ("bad", "wrong_type", "properties.total", "allowed"),
        ("bad", "unplanned_property", "properties.x", "omitted"),
        ("unplanned", "unplanned_event", "event", "blocked"),
    ]
    path = f"/tracking-plans/{plan['id']}/violations"
    shown = got(api, path)
    assert {(each["field"], each["count"], each["blocked"]) for each in shown["counts"]} == {
        ("properties.total", 1, 0),
        ("properties.x", 1, 0),
        ("event", 1, 1),
    }
    assert {each["value"] for each in shown["samples"]} == {'"1"', "2", '"order completed"'}
    assert got(api, f"{path}?type=unplanned_event&samples=0")["samples"] == []
    unplanned = f"/quarantine/events?reason=unplanned_event&source={shop['id']}"
    assert [each["messageId"] for each in got(api, unplanned)["events"]] == ["unplanned"]
    traced = got(api, "/events/bad")["trace"]
    stages = {each["name"]: each for each in traced["stages"]}
    assert [each["field"] for each in stages["pipeline"]["facts"]["violations"]] == [
        *("properties.total", "properties.x")
    ]

    # What is blocked from now on goes to another source, and violations to a third.
    forwarding = {"forwardingBlockedEventsTo": blocked["id"], "forwardingViolationsTo": told["id"]}
    npm("Sources", "updateSchemaSettingsInSource", shop["id"], forwarding)
    send(whole, shop, {"event": "Other", "messageId": "elsewhere"})
    arrived = (
        "SELECT messageId, context.protocols.sourceId AS origin FROM track WHERE event = 'Other'"
    )
    generated = (
        "SELECT userId, properties.eventMessageID AS message, properties.violationType AS type"
        " FROM track WHERE event = 'Violation Generated'"
    )
    whole.wait_until(lambda: bool(whole.query(arrived) and whole.query(generated)))
    assert [texts(each) for each in whole.query(arrived)] == [["elsewhere", shop["id"]]]
    assert [texts(each) for each in whole.query(generated)] == [
        ["schema-violations", "elsewhere", "Unplanned Event"]
    ]

    # The plan is mended: what was kept aside is sent on again, and passes.
    mended = RULE | {"key": "order completed", "jsonSchema": None}
    npm(API, "updateRulesInTrackingPlan", plan["id"], {"rules": [mended]})
    run = api.post("/quarantine/replay", json={"selection": {"sourceIds": [shop["id"]]}})
    assert run.status_code == 200, run.text
    passed = f"SELECT id FROM {shop['slug'].replace('-', '_')}.tracks WHERE id = 'unplanned'"
    whole.wait_until(lambda: len(whole.query(passed)) == 1)
    whole.wait_until_loaded()
    ours = [r for r in whole.ledger()["rows"] if r["sourceId"] in {shop["id"], blocked["id"]}]
    assert ours
    assert {each["difference"] for each in ours} == {0}
    assert sum(each["filtered"].get(f"forwarded:{blocked['id']}", 0) for each in ours) == 1
