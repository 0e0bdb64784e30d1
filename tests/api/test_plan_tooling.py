"""What is inferred, what drifts, and the versions of plans, over the API."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from headwater.plans.files import reading

PLAN = """
name: Shop
events:
  Paid: {properties: {total: {type: number}}, required: [total]}
"""


def rules(text: str = PLAN) -> list[dict[str, Any]]:
    return [
        {
            "type": each.type,
            "key": each.key,
            "version": each.version,
            "jsonSchema": each.json_schema,
        }
        for each in reading.read(text).rules
    ]


@pytest.fixture
def plan(alice: TestClient) -> str:
    made = alice.post("/api/tracking-plans", json={"name": "Shop", "type": "LIVE"})
    plan_id = made.json()["data"]["trackingPlan"]["id"]
    assert alice.put(f"/api/tracking-plans/{plan_id}/rules", json={"rules": rules()}).is_success
    return f"/api/tracking-plans/{plan_id}"


def test_a_plan_goes_back_to_a_version_which_is_a_new_one(alice: TestClient, plan: str) -> None:
    first = alice.get(f"{plan}/versions").json()["data"]["versions"][0]
    wider = PLAN.replace("{type: number}", "{type: [number, string]}")
    assert alice.put(f"{plan}/rules", json={"rules": rules(wider)}).is_success
    number = first["version"]
    changes = alice.get(f"{plan}/versions/{number}/changes").json()["data"]["changes"]
    [[change]] = [each["properties"] for each in changes]
    assert (change["path"], change["effect"]) == ("properties.total", "changed")
    assert change["after"] == {"type": "number", "required": True}
    saved = alice.get(f"{plan}/versions/{number}").json()["data"]["plan"]
    assert [each["key"] for each in saved["rules"]] == ["Paid"]

    assert alice.post(f"{plan}/versions/{number}/restore").is_success
    newest = alice.get(f"{plan}/versions").json()["data"]["versions"][0]
    assert newest["note"] == f"Back to version {number}"
    [rule] = alice.get(f"{plan}/rules").json()["data"]["rules"]
    assert rule["jsonSchema"] == rules()[0]["jsonSchema"]
    for unknown in ("999", "none", "-1"):
        assert alice.get(f"{plan}/versions/{unknown}").status_code == 404


def test_who_may_read_plans_may_see_drifts_and_not_settle_them(
    alice: TestClient, bob: TestClient, plan: str
) -> None:
    assert alice.get(f"{plan}/drifts").json()["data"]["drifts"] == []
    assert alice.post(f"{plan}/drifts/check").json()["data"] == {"found": 0}
    assert alice.post(f"{plan}/drifts/accept", json={"driftIds": ["none"]}).status_code == 404
    assert alice.post(f"{plan}/drifts/accept", json={"driftIds": []}).status_code == 422
    assert bob.post(f"{plan}/drifts/check").status_code in (403, 404)


def test_inference_asks_for_a_source_that_the_caller_sees(alice: TestClient) -> None:
    path = "/api/tracking-plans/infer"
    assert alice.post(path, json={"sourceId": "none"}).status_code == 404
    assert alice.post(path, json={"sourceId": "x", "last": 0}).status_code == 422
    made = alice.post("/api/sources", json={"name": "Web", "type": "server"}).json()["data"]
    found = alice.post(path, json={"sourceId": made["source"]["id"]}).json()["data"]["inferred"]
    assert (found["events"], found["proposals"], found["since"]) == (0, [], None)
