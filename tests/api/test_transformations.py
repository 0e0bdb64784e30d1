"""Transformations over the API: made, changed, audited, published, with secrets sealed, tried."""

from typing import Any

import msgspec
import pytest
from starlette.testclient import TestClient

from headwater.access import audit
from headwater.api.frame import Context
from headwater.app.state import CONTRIBUTORS
from headwater.ports import Entry, Owner, Record, Stream
from headwater.spec import collected
from headwater.transformations.model import PART, Published
from headwater.transformations.opening import opened
from headwater.workspaces import store

PATH = "/api/transformations"
CALL = {"type": "track", "event": "Sold", "userId": "u", "messageId": "m1"}


@pytest.fixture
def source_id(alice: TestClient) -> str:
    made = alice.post("/api/sources", json={"name": "Shop", "type": "server"})
    return str(made.json()["data"]["source"]["id"])


def body(source_id: str, **members: Any) -> dict[str, Any]:
    return {"name": "Mine", "sourceId": source_id, "enabled": True, "if": ""} | members


def make(client: TestClient, source_id: str, **members: Any) -> Any:
    response = client.post(PATH, json=body(source_id, **members))
    assert response.status_code == 200, response.text
    return response.json()["data"]["transformation"]


FULL: dict[str, Any] = {
    "if": "type = 'track'",
    "newEventName": "Bought",
    "propertyRenames": [{"oldName": "a", "newName": "b"}],
    "propertyValueTransformations": [{"propertyPaths": ["properties.c"], "propertyValue": "1"}],
    "fqlDefinedProperties": [{"fql": "lowercase(event)", "propertyName": "lower"}],
    "allowProperties": ["b", "c", "lower"],
    "hashPropertiesConfiguration": {
        "algorithm": "SHA256",
        "key": "a-very-secret-pepper",
        "encoding": "BASE64",
        "paths": ["properties.b"],
    },
    "operations": [{"kind": "drop", "settings": {"paths": ["properties.d"]}}],
}


def test_a_transformation_lives(alice: TestClient, context: Context, source_id: str) -> None:
    made = make(alice, source_id, **FULL)
    masked = FULL["hashPropertiesConfiguration"] | {"key": "••••••••pper"}
    touched = {"total": 0, "lastDay": 0}
    own = {"id": made["id"], "name": "Mine", "sourceId": source_id, "enabled": True, "drop": False}
    expected = FULL | own | {"hashPropertiesConfiguration": masked, "touched": touched}
    assert made == expected
    assert alice.get(f"{PATH}/{made['id']}").json()["data"]["transformation"] == expected
    assert alice.get(PATH).json()["data"]["transformations"] == [expected]

    sent_back = {name: made[name] for name in FULL}
    again = alice.patch(f"{PATH}/{made['id']}", json=sent_back).json()["data"]["transformation"]
    assert again == expected

    off = alice.patch(f"{PATH}/{made['id']}", json={"enabled": False, "allowProperties": None})
    assert off.json()["data"]["transformation"]["enabled"] is False
    assert "allowProperties" not in off.json()["data"]["transformation"]
    assert alice.delete(f"{PATH}/{made['id']}").json() == {"data": {"status": "SUCCESS"}}
    assert alice.get(f"{PATH}/{made['id']}").status_code == 404
    with context.changes.reading() as connection:
        entries = list(audit.entries(connection))
    assert [each.action for each in entries if "Transf" in each.action] == [
        "Transformation Created",
        "Transformation Modified",
        "Transformation Deleted",
    ]
    assert "pepper" not in msgspec.json.encode(entries).decode()


def test_secrets_are_published_sealed_and_opened_by_the_vault(
    alice: TestClient, context: Context, source_id: str
) -> None:
    make(alice, source_id, **FULL)
    with context.changes.reading() as connection:
        part = msgspec.Raw(msgspec.json.encode(CONTRIBUTORS[PART](connection)))
        configuration = store.configuration(connection)
    assert b"pepper" not in bytes(part)
    sealed = msgspec.structs.replace(configuration, parts={PART: part})
    raw = opened(sealed, context.vault).parts[PART]
    [ready] = msgspec.json.decode(raw, type=Published).transformations[source_id]
    assert ready.secrets is not None
    assert ready.secrets.key == "a-very-secret-pepper"
    assert len(ready.secrets.salt) > 20


def test_under_another_key_secrets_stay_sealed(
    alice: TestClient, context: Context, source_id: str
) -> None:
    make(alice, source_id)
    with context.changes.reading() as connection:
        part = msgspec.Raw(msgspec.json.encode(CONTRIBUTORS[PART](connection)))
        sealed = msgspec.structs.replace(store.configuration(connection), parts={PART: part})
    raw = opened(sealed, type(context.vault)("another")).parts[PART]
    [ready] = msgspec.json.decode(raw, type=Published).transformations[source_id]
    assert ready.secrets is None


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": " "}, "name"),
        ({"sourceId": "nowhere"}, "sourceId"),
        ({"if": "a b"}, "if"),
        ({"destinationMetadataId": "54521fd525e721e32a72ee91"}, "destinationMetadataId"),
        ({"propertyRenames": [{"oldName": "properties.*", "newName": "a"}]}, "propertyRenames"),
        (
            {"propertyValueTransformations": [{"propertyPaths": [], "propertyValue": "1"}]},
            "propertyValueTransformations",
        ),
        ({"fqlDefinedProperties": [{"fql": "(", "propertyName": "a"}]}, "fqlDefinedProperties"),
        (
            {"hashPropertiesConfiguration": {"algorithm": "ROT13", "paths": ["a"]}},
            "hashPropertiesConfiguration",
        ),
        ({"operations": [{"kind": "polish"}]}, "operations"),
        ({"operations": [{"kind": "cast", "settings": {"paths": ["a"]}}]}, "operations"),
        ({"operations": [{"kind": "drop", "settings": {"paths": ["a"], "b": 1}}]}, "operations"),
    ],
)
def test_what_cannot_be_used_is_refused_by_its_name(
    alice: TestClient, source_id: str, wrong: dict[str, Any], field: str
) -> None:
    response = alice.post(PATH, json=body(source_id) | wrong)
    assert response.status_code == 422, response.text
    assert response.json()["message"].startswith(field)


def test_a_name_is_taken_once(alice: TestClient, source_id: str) -> None:
    make(alice, source_id)
    assert alice.post(PATH, json=body(source_id)).status_code == 409


def test_who_may_only_look_changes_nothing(
    alice: TestClient, bob: TestClient, source_id: str
) -> None:
    made = make(alice, source_id)
    assert bob.post(PATH, json=body(source_id)).status_code == 403
    assert bob.patch(f"{PATH}/{made['id']}", json={"enabled": False}).status_code == 403
    assert bob.delete(f"{PATH}/{made['id']}").status_code == 403


def test_with_its_source_a_transformation_goes(alice: TestClient, source_id: str) -> None:
    make(alice, source_id)
    alice.delete(f"/api/sources/{source_id}")
    assert alice.get(PATH).json()["data"]["transformations"] == []


def test_the_kinds_tell_their_settings(alice: TestClient) -> None:
    kinds = {each["kind"]: each for each in alice.get(f"{PATH}/kinds").json()["data"]["kinds"]}
    assert kinds["cast"]["settings"]["required"] == ["paths", "to"]


def tried(client: TestClient, **members: Any) -> Any:
    response = client.post(f"{PATH}/test", json=members)
    assert response.status_code == 200, response.text
    return response.json()["data"]["trial"]


def test_one_is_tried_on_a_pasted_event(alice: TestClient, source_id: str) -> None:
    change = body(source_id, propertyRenames=[{"oldName": "a", "newName": "b"}])
    trial = tried(alice, transformation=change, events=[CALL | {"properties": {"a": 1}}])
    assert (trial["read"], trial["effects"]) == (1, {"changed": 1})
    assert trial["samples"][0]["after"]["properties"] == {"b": 1}
    assert alice.get(PATH).json()["data"]["transformations"] == []


def test_one_is_tried_on_the_last_events(
    alice: TestClient, context: Context, source_id: str
) -> None:
    meta = collected.ENCODER.encode(collected.Request(collected.Shape.EVENT))
    writer = context.log.writer(Owner.COLLECTOR)
    for number in range(4):
        call = msgspec.json.encode(CALL | {"messageId": f"m{number}", "properties": {"n": number}})
        writer.append(
            Entry({Stream.COLLECTED: [Record(source_id, context.clock.now(), 1, call, meta)]})
        )
    made = make(alice, source_id, **{"if": "properties.n > 1"}, drop=True)
    trial = tried(alice, transformationId=made["id"])
    assert (trial["read"], trial["effects"]) == (4, {"dropped": 2})
    assert trial["touched"] == {made["id"]: 2}
