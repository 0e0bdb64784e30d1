"""/api/sync-rules: rules are set, read and removed, checked and published."""

from collections.abc import Mapping

import msgspec
import pytest
from starlette.testclient import TestClient

from headwater.access.model import OWNER
from headwater.api.frame import Context
from headwater.app.state import CONTRIBUTORS
from headwater.syncing.model import PART, Policy, Rule, RuleSet, Subject, rules_in
from headwater.workspaces import store
from tests.api.people import another_workspace, enter

PATH = "/api/sync-rules"
ALL = f"{PATH}/people/rules/*"


@pytest.fixture
def slug(alice: TestClient) -> str:
    made = alice.post("/api/sources", json={"name": "CRM", "type": "server"})
    return str(made.json()["data"]["source"]["slug"])


def published(context: Context) -> Mapping[Subject, RuleSet]:
    """The first workspace's rules as they are published."""
    with context.changes.reading() as connection:
        part = msgspec.Raw(msgspec.json.encode(CONTRIBUTORS[PART](connection)))
        configuration = store.configuration(connection)
    with_rules = msgspec.structs.replace(configuration, parts={PART: part})
    return rules_in(with_rules, configuration.workspaces[0].id)


def test_a_rule_lives(alice: TestClient, context: Context, slug: str) -> None:
    rule = {"policy": "source_order", "order": [slug], "freshDays": 30, "nulls": "withdraw"}
    put = alice.put(f"{PATH}/people/rules/firstName", json=rule)
    held = {"subject": "people", "trait": "first_name", "rule": rule}
    assert put.json()["data"]["syncRule"] == held
    assert alice.get(f"{PATH}/people/rules/first_name").json()["data"]["syncRule"] == held
    assert alice.get(PATH).json()["data"]["syncRules"] == [held]
    assert published(context)[Subject.PEOPLE] == {"first_name": msgspec.convert(rule, Rule)}

    alice.put(ALL, json={"policy": "oldest"})
    alice.put(f"{PATH}/organizations/rules/name", json={})
    named = [
        (each["subject"], each["trait"]) for each in alice.get(PATH).json()["data"]["syncRules"]
    ]
    assert named == [("people", "*"), ("people", "first_name"), ("organizations", "name")]

    assert alice.delete(f"{PATH}/people/rules/firstName").is_success
    assert alice.get(f"{PATH}/people/rules/firstName").status_code == 404
    assert published(context)[Subject.PEOPLE] == {"*": Rule(policy=Policy.OLDEST)}


def test_every_change_is_audited_and_none_that_changes_nothing(alice: TestClient) -> None:
    for rule in ({"policy": "oldest"}, {"policy": "oldest"}, {"policy": "longest"}):
        alice.put(ALL, json=rule)
    alice.delete(ALL)
    events = alice.get("/api/audit-events").json()["data"]["events"]
    assert [each["type"] for each in events if "Sync Rule" in each["type"]] == [
        "Sync Rule Deleted",
        "Sync Rule Modified",
        "Sync Rule Created",
    ]


@pytest.mark.parametrize(
    ("rule", "field"),
    [
        ({"order": ["nowhere"]}, "order"),
        ({"exclude": ["crm", "crm"]}, "exclude"),
        ({"sourceFreshDays": {"nowhere": 3}}, "sourceFreshDays"),
        ({"freshDays": -1}, "freshDays"),
        ({"policy": "best"}, "policy"),
        ({"policy": "source_order", "order": []}, "order"),
    ],
)
def test_a_rule_that_cannot_be_is_refused_by_its_field(
    alice: TestClient, slug: str, rule: dict[str, object], field: str
) -> None:
    assert slug == "crm"
    refused = alice.put(ALL, json=rule)
    assert refused.status_code == 422
    assert field in refused.text
    assert alice.post(f"{PATH}/people/test", json={"trait": "*", "rule": rule}).status_code == 422


def test_there_are_people_and_organizations_and_nothing_else(alice: TestClient) -> None:
    assert alice.put(f"{PATH}/pets/rules/name", json={}).status_code == 404
    assert alice.get(f"{PATH}/pets").status_code == 404


def test_the_rules_of_one_workspace_are_not_anothers(alice: TestClient, context: Context) -> None:
    alice.put(ALL, json={"policy": "oldest"})
    charlie = enter(context, another_workspace(context), "charlie@example.com", *OWNER)
    assert charlie.get(PATH).json()["data"]["syncRules"] == []
    assert charlie.put(ALL, json={"policy": "longest"}).is_success
    assert alice.get(ALL).json()["data"]["syncRule"]["rule"] == {"policy": "oldest"}
