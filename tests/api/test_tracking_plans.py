"""Tracking plans over the API: made, filled, connected, refused where they cannot be, published."""

from typing import Any

import msgspec
import pytest
from starlette.testclient import TestClient

from headwater.access import audit
from headwater.access.admission import by_token
from headwater.api.frame import Context
from headwater.app.state import CONTRIBUTORS
from headwater.plans import changing
from headwater.plans.model import PART, Published
from tests.api.conftest import ALICE

PATH = "/api/tracking-plans"
ORDER = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "type": "object",
    "description": "Somebody paid.",
    "properties": {
        "properties": {
            "type": "object",
            "properties": {"total": {"type": "number"}},
            "required": ["total"],
        }
    },
}
RULE = {"type": "TRACK", "key": "Order Completed", "version": 1, "jsonSchema": ORDER}


@pytest.fixture
def source_id(alice: TestClient) -> str:
    made = alice.post("/api/sources", json={"name": "Shop", "type": "server"})
    return str(made.json()["data"]["source"]["id"])


@pytest.fixture
def plan(alice: TestClient) -> Any:
    made = alice.post(PATH, json={"name": "Shop", "type": "LIVE", "description": "All of it"})
    assert made.status_code == 200, made.text
    return made.json()["data"]["trackingPlan"]


def rules_of(alice: TestClient, plan: Any) -> Any:
    return alice.get(f"{PATH}/{plan['id']}/rules").json()["data"]["rules"]


def put(alice: TestClient, plan: Any, *rules: Any) -> Any:
    return alice.put(f"{PATH}/{plan['id']}/rules", json={"rules": list(rules)})


def refused(response: Any, status: int = 422) -> tuple[str, str]:
    assert response.status_code == status, response.text
    [error] = response.json()["errors"]
    return error.get("field", ""), error["message"]


def test_a_plan_lives(alice: TestClient, context: Context, plan: Any) -> None:
    assert plan["id"].startswith("tp_")
    assert (plan["slug"], plan["type"], plan["description"]) == ("shop", "LIVE", "All of it")
    changed = alice.patch(f"{PATH}/{plan['id']}", json={"name": "Shop and app"})
    assert changed.json()["data"] == {"status": "SUCCESS"}
    found = alice.get(f"{PATH}/{plan['id']}").json()["data"]["trackingPlan"]
    assert (found["name"], found["slug"]) == ("Shop and app", "shop")

    alice.post(PATH, json={"name": "Library", "type": "RULE_LIBRARY"})
    listed = alice.get(f"{PATH}?pagination[count]=1").json()["data"]
    assert [each["name"] for each in listed["trackingPlans"]] == ["Shop and app"]
    assert listed["pagination"]["totalEntries"] == 2
    only = alice.get(f"{PATH}?type=RULE_LIBRARY").json()["data"]["trackingPlans"]
    assert [each["name"] for each in only] == ["Library"]

    assert alice.delete(f"{PATH}/{plan['id']}").json()["data"] == {"status": "SUCCESS"}
    refused(alice.get(f"{PATH}/{plan['id']}"), 404)
    with context.changes.reading() as connection:
        actions = [each.action for each in audit.entries(connection)][-4:]
    assert actions == [
        *("Tracking Plan Created", "Tracking Plan Modified", "Tracking Plan Created"),
        "Tracking Plan Deleted",
    ]


def test_rules_are_replaced_changed_renamed_and_removed(alice: TestClient, plan: Any) -> None:
    at = f"{PATH}/{plan['id']}/rules"
    identify = {"type": "IDENTIFY", "version": 1, "jsonSchema": None}
    assert put(alice, plan, RULE, identify).json()["data"] == {"status": "SUCCESS"}
    first = rules_of(alice, plan)
    assert [(each["type"], each.get("key")) for each in first] == [
        ("IDENTIFY", None),
        ("TRACK", "Order Completed"),
    ]
    assert first[1]["jsonSchema"] == ORDER
    assert first[0]["jsonSchema"] is None

    renamed = RULE | {"newKey": "Order Paid"}
    second = RULE | {"version": 2.0, "jsonSchema": {"type": "object"}}
    assert alice.patch(at, json={"rules": [renamed, second]}).is_success
    found = {(each.get("key"), each["version"]): each for each in rules_of(alice, plan)}
    assert found.keys() == {(None, 1), ("Order Paid", 1), ("Order Completed", 2)}
    assert found["Order Paid", 1]["createdAt"] == first[1]["createdAt"]

    for query in (
        "rules[0][type]=TRACK&rules[0][key]=Order+Paid&rules[0][version]=1",
        "rules.0[type]=TRACK&rules.0[key]=Order+Completed&rules.0[version]=2",
    ):
        assert alice.delete(f"{at}?{query}").json()["data"] == {"status": "SUCCESS"}
    assert [each["type"] for each in rules_of(alice, plan)] == ["IDENTIFY"]
    gone = alice.delete(f"{at}?rules[0][type]=TRACK&rules[0][key]=None&rules[0][version]=1")
    assert "no rule TRACK 'None' version 1" in refused(gone, 404)[1]


def test_every_state_of_a_plan_is_kept_as_a_version(
    alice: TestClient, context: Context, plan: Any
) -> None:
    put(alice, plan, RULE)
    put(alice, plan, RULE)  # nothing changes
    put(alice, plan)
    by = by_token(context.changes, ALICE)
    versions = changing.versions(context.changes, by, plan["id"])
    assert [(each.number, each.rules) for each in versions] == [(3, 0), (2, 1), (1, 0)]
    assert versions[0].by == by.actor
    [rule] = changing.version(context.changes, by, plan["id"], 2).rules
    assert rule.json_schema == ORDER
    changing.replace_rules(context.changes, by, plan["id"], [rule], note="Back to version 2")
    assert changing.versions(context.changes, by, plan["id"])[0].note == "Back to version 2"
    assert rules_of(alice, plan)[0]["jsonSchema"] == ORDER


def test_a_source_has_one_plan(
    alice: TestClient, context: Context, plan: Any, source_id: str
) -> None:
    at = f"{PATH}/{plan['id']}/sources"
    assert alice.get(f"/api/sources/{source_id}").json()["data"]["trackingPlanId"] is None
    for _ in range(2):
        assert alice.post(at, json={"sourceId": source_id}).json()["data"] == {"status": "SUCCESS"}
    assert alice.get(f"/api/sources/{source_id}").json()["data"]["trackingPlanId"] == plan["id"]
    [listed] = alice.get(at).json()["data"]["sources"]
    assert listed["id"] == source_id

    other = alice.post(PATH, json={"name": "Other", "type": "LIVE"}).json()["data"]["trackingPlan"]
    message = refused(
        alice.post(f"{PATH}/{other['id']}/sources", json={"sourceId": source_id}), 409
    )
    assert "has the tracking plan 'Shop' already" in message[1]
    refused(alice.delete(f"{PATH}/{other['id']}/sources?sourceId={source_id}"), 404)
    refused(alice.post(at, json={"sourceId": "none"}), 404)
    library = alice.post(PATH, json={"name": "Lib", "type": "TEMPLATE"}).json()["data"]
    at_library = f"{PATH}/{library['trackingPlan']['id']}/sources"
    assert refused(alice.post(at_library, json={"sourceId": source_id}), 409)

    put(alice, plan, RULE)
    settings = {"track": {"allowUnplannedEvents": False}}
    alice.patch(f"/api/sources/{source_id}/settings", json=settings)
    with context.changes.reading() as connection:
        part = msgspec.convert(CONTRIBUTORS[PART](connection), type=Published)
    governed = part.sources[source_id]
    assert governed.settings.track
    assert governed.settings.track.allow_unplanned_events is False
    assert [rule.key for rule in part.plans[governed.plan_id].rules] == ["Order Completed"]

    assert alice.delete(f"{at}?sourceId={source_id}").json()["data"] == {"status": "SUCCESS"}
    with context.changes.reading() as connection:
        assert CONTRIBUTORS[PART](connection) is None


def wrapped(schema: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {"properties": schema}}


@pytest.mark.parametrize(
    ("schema", "field", "message"),
    [
        (wrapped({"type": "objekt"}), "properties.properties.type", "objekt"),
        (
            wrapped({"properties": {"a": {"pattern": "(?!a)"}}}),
            "properties.properties.properties.a.pattern",
            "look-around",
        ),
        (wrapped({"$ref": "http://x.example/y.json"}), "properties.properties.$ref", "fetched"),
        (wrapped({"$ref": "file:///etc/passwd"}), "properties.properties.$ref", "fetched"),
        ({"$ref": "#"}, "", "leads back"),
        ({"$ref": "#/definitions/a"}, "", "leads nowhere"),
        ({"$schema": "https://json-schema.org/draft/2020-12/schema"}, "$schema", "draft-07"),
        (
            {
                "$ref": "#/definitions/d30",
                "definitions": {"d0": {"type": "string"}}
                | {
                    f"d{n}": {"allOf": [{"$ref": f"#/definitions/d{n - 1}"}] * 2}
                    for n in range(1, 31)
                },
            },
            "",
            "written out",
        ),
        (
            {
                "$ref": "#/definitions/d0",
                "definitions": {f"d{n}": {"$ref": f"#/definitions/d{n + 1}"} for n in range(2_000)},
            },
            "",
            "too far",
        ),
        ({"enum": ["x" * 200_000]}, "", "bytes long"),
    ],
    ids=lambda value: value if isinstance(value, str) and value else None,
)
def test_a_schema_that_cannot_be_is_refused_with_the_place_in_it(
    alice: TestClient, plan: Any, schema: Any, field: str, message: str
) -> None:
    at, said = refused(put(alice, plan, RULE | {"jsonSchema": schema}))
    assert at == f"rules.0.jsonSchema.{field}".rstrip(".")
    assert message in said
    assert rules_of(alice, plan) == []


def test_what_is_nested_too_deeply_is_refused(alice: TestClient, plan: Any) -> None:
    schema: dict[str, Any] = {}
    for _ in range(100):
        schema = {"not": schema}
    assert "levels deep" in refused(put(alice, plan, RULE | {"jsonSchema": schema}))[1]


@pytest.mark.parametrize(
    ("rules", "field"),
    [
        ([RULE, RULE], "rules.1"),
        ([{"type": "TRACK", "version": 1, "jsonSchema": {}}], "rules.0.key"),
        ([RULE | {"type": "IDENTIFY"}], "rules.0.key"),
        ([RULE | {"version": 1.5}], "rules.0.version"),
        ([RULE | {"version": -1}], "rules.0.version"),
        ([RULE | {"jsonSchema": "text"}], "rules[0].jsonSchema"),
        ([RULE | {"type": "ALIAS"}], "rules[0].type"),
    ],
)
def test_a_rule_that_cannot_be_is_refused(
    alice: TestClient, plan: Any, rules: list[Any], field: str
) -> None:
    assert refused(put(alice, plan, *rules))[0] == field


def test_names_are_unlike_each_other(alice: TestClient, plan: Any) -> None:
    refused(alice.post(PATH, json={"name": "Shop", "type": "LIVE"}), 409)
    assert refused(alice.post(PATH, json={"name": " ", "type": "LIVE"}))[0] == "name"


def test_who_may_look_may_not_change(alice: TestClient, plan: Any, source_id: str) -> None:
    alice.headers["Authorization"] = "Bearer token-of-bob"
    assert alice.get(f"{PATH}/{plan['id']}").is_success
    refused(put(alice, plan, RULE), 403)
    refused(alice.post(f"{PATH}/{plan['id']}/sources", json={"sourceId": source_id}), 403)
