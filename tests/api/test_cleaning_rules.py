"""Cleaning rules over the API: made, changed, audited, published, counted and tried."""

from typing import Any

import msgspec
import pytest
from starlette.testclient import TestClient

from headwater.access import audit
from headwater.api.frame import Context
from headwater.app.state import CONTRIBUTORS
from headwater.cleaning.model import PART
from headwater.ports import Entry, Outcome, Owner, Record, Stream, Tally
from headwater.spec import collected

PATH = "/api/cleaning-rules"
TRIM = {"name": "Trim", "kind": "trim", "settings": {"paths": ["properties.*"]}}


def make(client: TestClient, **body: Any) -> Any:
    response = client.post(PATH, json=TRIM | body)
    assert response.status_code == 201, response.text
    return response.json()["data"]["cleaningRule"]


def source_id(client: TestClient) -> str:
    made = client.post("/api/sources", json={"name": "Shop", "type": "server"})
    return str(made.json()["data"]["source"]["id"])


def published(context: Context) -> Any:
    with context.changes.reading() as connection:
        return msgspec.to_builtins(CONTRIBUTORS[PART](connection))


def test_a_rule_lives(alice: TestClient, context: Context) -> None:
    assert published(context) is None
    first = make(alice)
    second = make(alice, name="Second", scope={"types": ["track"]}, position=0)
    assert (first["position"], second["position"]) == (1, 0)
    assert first["touched"] == {"total": 0, "lastDay": 0}
    listed = alice.get(PATH).json()["data"]["cleaningRules"]
    assert [each["name"] for each in listed] == ["Second", "Trim"]
    [rules] = published(context)["rules"].values()
    assert [each["id"] for each in rules] == [second["id"], first["id"]]

    changed = alice.patch(f"{PATH}/{first['id']}", json={"enabled": False, "position": 9})
    assert changed.json()["data"]["cleaningRule"]["enabled"] is False
    [rules] = published(context)["rules"].values()
    assert [each["id"] for each in rules] == [second["id"]]

    assert alice.delete(f"{PATH}/{second['id']}").json() == {"data": {"status": "SUCCESS"}}
    assert alice.get(f"{PATH}/{second['id']}").status_code == 404
    assert published(context) is None
    with context.changes.reading() as connection:
        actions = [entry.action for entry in audit.entries(connection)]
    assert [each for each in actions if "Rule" in each] == [
        "Cleaning Rule Created",
        "Cleaning Rule Created",
        "Cleaning Rule Modified",
        "Cleaning Rule Deleted",
    ]


def test_a_change_to_the_same_is_none(alice: TestClient, context: Context) -> None:
    rule = make(alice)
    same = alice.patch(f"{PATH}/{rule['id']}", json=TRIM).json()["data"]["cleaningRule"]
    assert same == rule


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"kind": "polish"}, "kind"),
        ({"name": " "}, "name"),
        ({"settings": {}}, "settings"),
        ({"settings": {"paths": ["messageId"]}}, "settings"),
        ({"settings": {"paths": ["properties.a"], "more": 1}}, "settings"),
        ({"kind": "drop", "settings": {"where": "type = (and"}}, "settings"),
        ({"kind": "allowed_range", "settings": {"paths": ["properties.a"]}}, "settings"),
        (
            {"kind": "normalize_phone", "settings": {"paths": ["userId"], "region": "XX"}},
            "settings",
        ),
        ({"kind": "drop_internal_traffic", "settings": {"networks": ["here"]}}, "settings"),
        ({"scope": {"types": ["order"]}}, "scope.types"),
        ({"scope": {"sources": ["nowhere"]}}, "scope.sources"),
        ({"scope": {"condition": "a b"}}, "scope.condition"),
        ({"scope": {"colour": "red"}}, "scope"),
        ({"position": -1}, "position"),
    ],
)
def test_what_cannot_be_used_is_refused_by_its_name(
    alice: TestClient, wrong: dict[str, Any], field: str
) -> None:
    response = alice.post(PATH, json=TRIM | wrong)
    assert response.status_code == 422, response.text
    assert response.json()["message"].startswith(f"{field}")


def test_a_name_is_taken_once(alice: TestClient) -> None:
    make(alice)
    assert alice.post(PATH, json=TRIM).status_code == 409


def test_a_rule_of_a_source_that_is_gone_can_still_be_turned_off(alice: TestClient) -> None:
    source = source_id(alice)
    rule = make(alice, scope={"sources": [source]})
    alice.delete(f"/api/sources/{source}")
    assert alice.patch(f"{PATH}/{rule['id']}", json={"enabled": False}).status_code == 200


def test_who_may_only_look_changes_nothing(alice: TestClient) -> None:
    rule = make(alice)
    alice.headers["Authorization"] = "Bearer token-of-bob"
    assert alice.post(PATH, json=TRIM | {"name": "B"}).status_code == 403
    assert alice.patch(f"{PATH}/{rule['id']}", json={"enabled": False}).status_code == 403
    assert alice.delete(f"{PATH}/{rule['id']}").status_code == 403


def test_the_kinds_tell_their_settings(alice: TestClient) -> None:
    kinds = {each["kind"]: each for each in alice.get(f"{PATH}/kinds").json()["data"]["kinds"]}
    assert kinds["trim"]["about"].startswith("Remove white space")
    paths, inside = kinds["trim"]["settings"]
    assert (paths["name"], paths["is_required"]) == ("paths", True)
    assert (inside["name"], inside["default"]) == ("inside", False)


def test_a_rule_tells_what_it_touched(alice: TestClient, context: Context) -> None:
    rule = make(alice)
    hour = context.clock.now() // 3_600_000_000
    tallies = [
        Tally("s", hour - 24, Outcome.TOUCHED, rule["id"], 5),
        Tally("s", hour, Outcome.TOUCHED, rule["id"], 2),
        Tally("s", hour, Outcome.PASSED, "", 7),
    ]
    context.log.writer(Owner.PIPELINE).append(Entry({}, tallies))
    shown = alice.get(f"{PATH}/{rule['id']}").json()["data"]["cleaningRule"]
    assert shown["touched"] == {"total": 7, "lastDay": 2}


def tried(client: TestClient, **body: Any) -> Any:
    response = client.post(f"{PATH}/test", json=body)
    assert response.status_code == 200, response.text
    return response.json()["data"]["trial"]


CALL = {"type": "track", "event": "Sold", "userId": "u", "messageId": "m1"}


def test_a_rule_is_tried_on_a_pasted_event(alice: TestClient) -> None:
    source_id(alice)
    event = CALL | {"properties": {"a": " x ", "n": 1}}
    trial = tried(alice, rule=TRIM, events=[event])
    assert (trial["read"], trial["effects"]) == (1, {"changed": 1})
    [sample] = trial["samples"]
    assert sample["after"]["properties"] == {"a": "x", "n": 1}
    assert sample["differences"] == [
        {"path": "properties.a", "change": "changed", "before": " x ", "after": "x"}
    ]
    assert alice.get(PATH).json()["data"]["cleaningRules"] == []


def test_a_rule_is_tried_on_the_last_events(alice: TestClient, context: Context) -> None:
    source = source_id(alice)
    meta = collected.ENCODER.encode(collected.Request(collected.Shape.BATCH))
    writer = context.log.writer(Owner.COLLECTOR)
    for number in range(5):
        calls = [CALL | {"messageId": f"{number}{n}", "properties": {"n": n}} for n in range(2)]
        body = msgspec.json.encode({"batch": calls})
        record = Record(source, context.clock.now(), 2, body, meta)
        writer.append(Entry({Stream.COLLECTED: [record]}))
    drop = {"kind": "drop", "settings": {"where": "properties.n = 1"}}
    trial = tried(alice, rule=drop, count=6, samples=2)
    assert (trial["read"], trial["effects"]) == (6, {"dropped": 3})
    assert [each["after"] for each in trial["samples"]] == [None, None]

    kept = make(alice, name="Keep out", **drop)
    again = tried(alice, ruleId=kept["id"], rule={"settings": {"action": "quarantine"}})
    assert again["effects"] == {"quarantined": 10}
    assert again["samples"][0]["detail"].startswith("rule_violation: The rule “Keep out” says")
    assert again["touched"] == {kept["id"]: 10}


def test_a_change_of_type_alone_is_a_change(alice: TestClient) -> None:
    source_id(alice)
    rule = {"kind": "parse_boolean", "settings": {"paths": ["properties.n"]}}
    trial = tried(alice, rule=rule, events=[CALL | {"properties": {"n": 1}}])
    assert trial["effects"] == {"changed": 1}
