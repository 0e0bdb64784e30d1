"""Functions over the API: written, versioned, deployed, connected, tried, with secrets sealed."""

from typing import Any

import msgspec
import pytest
from starlette.testclient import TestClient

from headwater.access import audit
from headwater.access.admission import by_token
from headwater.access.model import Grant, Reach
from headwater.access.permissions import Kind
from headwater.access.roles import Role
from headwater.api.frame import Context
from headwater.app.state import CONTRIBUTORS
from headwater.functions import runs
from headwater.functions.model import PART, Published
from headwater.functions.opening import opened
from headwater.webhooks.model import PART as WEBHOOKS
from headwater.workspaces import store
from tests.api.conftest import ALICE
from tests.api.people import enter

PATH, INSTANCES = "/api/functions", "/api/insert-function-instances"
CODE = "async function onTrack(event, settings) { event.properties.n = 1; return event }"
REQUEST = "async function onRequest(request, settings) { Segment.track({event: 'X', userId: 'u'}) }"
SETTINGS = [
    {"name": "apiKey", "label": "Key", "required": True, "sensitive": True, "type": "STRING"},
    {"name": "on", "type": "BOOLEAN"},
    {"name": "names", "type": "ARRAY"},
    {"name": "map", "type": "TEXT_MAP"},
]


@pytest.fixture
def source_id(alice: TestClient) -> str:
    return make_source(alice, "server")


def make_source(client: TestClient, kind: str) -> str:
    made = client.post("/api/sources", json={"name": kind, "type": kind})
    return str(made.json()["data"]["source"]["id"])


def make(client: TestClient, **members: Any) -> Any:
    body = {"code": CODE, "displayName": "Mine", "resourceType": "INSERT_SOURCE"} | members
    response = client.post(PATH, json=body)
    assert response.status_code == 200, response.text
    return response.json()["data"]["function"]


def connect(client: TestClient, function: Any, source_id: str, **members: Any) -> Any:
    body = {"functionId": function["id"], "integrationId": source_id, "settings": {}} | members
    return client.post(INSTANCES, json=body)


def test_a_function_lives(alice: TestClient, context: Context) -> None:
    made = make(alice, settings=SETTINGS, description="What for", logoUrl="https://x/logo.png")
    one = f"{PATH}/{made['id']}"
    assert made["id"].startswith("sfn_")
    assert (made["isLatestVersion"], "deployedAt" in made) == (False, False)
    assert made["settings"][0] == SETTINGS[0] | {"description": ""}
    assert alice.get(one).json()["data"]["function"] == made
    [listed] = alice.get(PATH).json()["data"]["functions"]
    assert "code" not in listed
    assert listed["displayName"] == "Mine"
    assert alice.get(f"{PATH}?resourceType=SOURCE").json()["data"]["functions"] == []

    deployed = alice.post(f"{one}/deploy")
    assert deployed.json() == {"data": {"functionDeployment": {"status": "SUCCESS"}}}
    assert alice.get(one).json()["data"]["function"]["isLatestVersion"] is True
    changed = alice.patch(one, json={"code": CODE + "\n// 2"}).json()["data"]["function"]
    assert changed["isLatestVersion"] is False
    second, first = alice.get(f"{one}/versions").json()["data"]["versions"]
    assert (first["isDeployed"], second["isDeployed"]) == (True, False)
    assert first["code"] == CODE
    assert alice.get(f"{one}/versions/{first['id']}").json()["data"]["version"] == first

    restored = alice.post(f"{one}/versions", json={"versionId": first["id"]})
    assert restored.json()["data"]["version"]["code"] == CODE
    assert alice.get(one).json()["data"]["function"]["code"] == CODE
    assert len(alice.get(f"{one}/versions").json()["data"]["versions"]) == 3
    assert alice.post(f"{one}/versions", json={"versionId": "no"}).status_code == 404
    assert alice.delete(one).json() == {"data": {"status": "SUCCESS"}}
    assert alice.get(one).status_code == 404
    with context.changes.reading() as connection:
        actions = [each.action for each in audit.entries(connection)]
    assert [each for each in actions if "Function" in each] == [
        "Function Created",
        "Function Deployed",
        "Function Modified",
        "Function Modified",
        "Function Deleted",
    ]


@pytest.mark.parametrize(
    ("members", "field", "said"),
    [
        ({"code": "async function onTrack(event) {\n  return event ]\n}"}, "code", "line 2"),
        ({"code": "const x = 1"}, "code", "no handler"),
        ({"code": REQUEST}, "code", "no handler"),
        ({"code": "throw new Error('at once')"}, "code", "at once"),
        ({"code": " "}, "code", "empty"),
        ({"displayName": " "}, "displayName", "1 to 200"),
        ({"resourceType": "OTHER"}, "resourceType", ""),
        ({"settings": [{"name": "a b"}]}, "settings", ""),
        ({"settings": [{"name": "a"}, {"name": "a"}]}, "settings", "same name"),
    ],
)
def test_what_cannot_be_kept_is_refused_by_its_field(
    alice: TestClient, members: dict[str, Any], field: str, said: str
) -> None:
    body = {"code": CODE, "displayName": "Mine", "resourceType": "INSERT_SOURCE"} | members
    response = alice.post(PATH, json=body)
    assert response.status_code == 422, response.text
    error = response.json()["errors"][0]
    assert error["field"].startswith(field)
    assert said in error["message"]
    assert alice.get(PATH).json()["data"]["functions"] == []


def test_a_name_is_taken_once(alice: TestClient) -> None:
    make(alice)
    body = {"code": CODE, "displayName": "Mine", "resourceType": "INSERT_SOURCE"}
    assert alice.post(PATH, json=body).status_code == 409


def test_a_connected_function_is_published_with_its_secrets_sealed(
    alice: TestClient, context: Context, source_id: str
) -> None:
    function = make(alice, settings=SETTINGS)
    values = {"apiKey": "0123456789abcdef", "on": True, "names": ["a"], "map": {"a": "b"}}
    made = connect(alice, function, source_id, name="On shop", enabled=True, settings=values)
    instance = made.json()["data"]["insertFunctionInstance"]
    assert instance["settings"] == {"on": True, "names": ["a"], "map": {"a": "b"}}
    assert instance["encryptedSettings"] == {"apiKey": "••••••••cdef"}
    assert (instance["classId"], instance["integrationId"]) == (function["id"], source_id)
    assert alice.get(f"{INSTANCES}?functionId={function['id']}").json()["data"]["instances"] == [
        instance
    ]
    assert alice.get(f"{INSTANCES}?functionId=no").status_code == 404

    def published() -> Any:
        with context.changes.reading() as connection:
            return CONTRIBUTORS[PART](connection)

    assert published() is None  # not deployed yet
    alice.post(f"{PATH}/{function['id']}/deploy")
    part = msgspec.Raw(msgspec.json.encode(published()))
    assert b"0123456789abcdef" not in bytes(part)
    with context.changes.reading() as connection:
        configuration = store.configuration(connection)
        entries = msgspec.json.encode(list(audit.entries(connection)))
    assert b"0123456789abcdef" not in entries
    sealed = msgspec.structs.replace(configuration, parts={PART: part})
    raw = opened(sealed, context.vault).parts[PART]
    [ready] = msgspec.json.decode(raw, type=Published).inserts[source_id]
    assert ready.values == values
    raw = opened(sealed, type(context.vault)("another")).parts[PART]
    [ready] = msgspec.json.decode(raw, type=Published).inserts[source_id]
    assert ready.secrets is None

    one = f"{INSTANCES}/{instance['id']}"
    same = alice.patch(one, json={"settings": {"apiKey": "••••••••cdef", "on": None}})
    changed = same.json()["data"]["insertFunctionInstance"]
    assert changed["encryptedSettings"] == {"apiKey": "••••••••cdef"}
    assert "on" not in changed["settings"]
    assert alice.delete(f"{PATH}/{function['id']}").status_code == 409
    off = alice.patch(one, json={"enabled": False, "name": "Off"})
    assert off.json()["data"]["insertFunctionInstance"]["enabled"] is False
    assert published() is None
    assert alice.delete(one).json() == {"data": {"status": "SUCCESS"}}
    assert alice.get(one).status_code == 404


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({}, "settings.apiKey"),
        ({"apiKey": 1}, "settings.apiKey"),
        ({"apiKey": "x", "on": "yes"}, "settings.on"),
        ({"apiKey": "x", "map": {"a": 1}}, "settings.map"),
        ({"apiKey": "x", "other": 1}, "settings.other"),
    ],
)
def test_settings_are_checked_by_their_declaration(
    alice: TestClient, source_id: str, settings: dict[str, Any], field: str
) -> None:
    response = connect(alice, make(alice, settings=SETTINGS), source_id, settings=settings)
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == field


def test_where_a_function_can_be_connected(alice: TestClient, context: Context) -> None:
    server, webhook = make_source(alice, "server"), make_source(alice, "webhook")
    for kind in ("DESTINATION", "INSERT_DESTINATION"):
        function = make(alice, displayName=kind, resourceType=kind)
        refused = connect(alice, function, server)
        assert refused.status_code == 422
        assert "no destinations" in refused.json()["errors"][0]["message"]
    source = make(alice, displayName="S", resourceType="SOURCE", code=REQUEST)
    assert connect(alice, source, server).status_code == 422
    assert connect(alice, source, "nowhere").status_code == 422
    assert connect(alice, source, webhook, enabled=True).status_code == 200
    assert connect(alice, source, webhook).status_code == 409
    alice.post(f"{PATH}/{source['id']}/deploy")
    with context.changes.reading() as connection:
        published: Any = CONTRIBUTORS[WEBHOOKS](connection)
    assert list(published.handlers) == [webhook]


def test_who_may_what(alice: TestClient, context: Context, source_id: str) -> None:
    function, other = make(alice), make(alice, displayName="Other")
    workspace = by_token(context.changes, ALICE).workspace_id
    of_one = Grant(Role.FUNCTION_ADMIN, (Reach(Kind.FUNCTION, function["id"]),))
    dora = enter(context, workspace, "dora@example.com", of_one)
    assert [each["id"] for each in dora.get(PATH).json()["data"]["functions"]] == [function["id"]]
    assert dora.patch(f"{PATH}/{function['id']}", json={"description": "x"}).status_code == 200
    assert dora.get(f"{PATH}/{other['id']}").status_code == 403
    assert connect(dora, function, source_id).status_code == 403  # it takes the source too
    both = enter(context, workspace, "eve@example.com", of_one, Grant(Role.SOURCE_ADMIN))
    assert connect(both, function, source_id).status_code == 200
    body = {"sourceId": source_id}
    assert both.post(f"{PATH}/{function['id']}/test", json=body).status_code == 403  # no PII


def tried(client: TestClient, path: str, **body: Any) -> Any:
    response = client.post(path, json=body)
    assert response.status_code == 200, response.text
    return response.json()["data"]["trial"]


HANDLERS = """
async function onTrack(event, settings) {
  console.log('got', event.event, settings.word)
  if (event.event === 'Bad') throw new ValidationError('bad event')
  if (event.event === 'Drop') throw new DropEvent('dropped')
  if (event.event === 'Same') return event
  event.properties.n = 1
  return event
}
async function onDelete(event) { event.deleted = true; return event }
"""


def test_a_trial_shows_what_becomes_of_each_event(alice: TestClient) -> None:
    events = [
        {"type": "track", "event": name, "properties": {}}
        for name in ("Good", "Same", "Drop", "Bad")
    ]
    made = make(alice, code=HANDLERS)
    trial = tried(alice, f"{PATH}/{made['id']}/test", events=events, settings={"word": "w"})
    assert trial["handlers"] == ["onTrack", "onDelete"]
    outcomes = [each["outcome"] for each in trial["results"]]
    assert outcomes == ["changed", "unchanged", "dropped", "failed"]
    good, _, dropped, bad = trial["results"]
    assert [each["path"] for each in good["differences"]] == ["properties.n"]
    assert good["logs"][0]["text"] == "got Good w"
    assert dropped["reason"] == "dropped"
    assert (bad["error"]["name"], bad["error"]["line"]) == ("ValidationError", 4)
    [deleted] = tried(
        alice,
        f"{PATH}/{made['id']}/test",
        events=[{"type": "delete", "userId": "u"}],
        handler="onDelete",
    )["results"]
    assert deleted["events"][0]["deleted"] is True


def test_unsaved_code_and_functions_of_destinations_can_be_tried(alice: TestClient) -> None:
    path = f"{PATH}/test"
    request = {"method": "POST", "url": "https://x/", "headers": {}, "body": "{}"}
    trial = tried(alice, path, code=REQUEST, resourceType="SOURCE", events=[request])
    [made] = trial["results"]
    assert (made["outcome"], made["events"][0]["event"]) == ("made", "X")

    batch = "async function onBatch(events) { console.log(events.length) }"
    events = [{"type": "track", "event": "A"}] * 2
    trial = tried(
        alice, path, code=batch, resourceType="DESTINATION", events=events, handler="onBatch"
    )
    assert [each["outcome"] for each in trial["results"]] == ["unchanged"] * 2
    broken = tried(alice, path, code="function (", events=events)
    assert broken["results"] == []
    assert broken["error"]["line"] == 1
    assert alice.post(path, json={"events": events}).status_code == 422
    assert alice.post(path, json={"code": CODE}).status_code == 422
    wrong = {"code": CODE, "events": events, "handler": "onOther"}
    assert alice.post(path, json=wrong).json()["errors"][0]["field"] == "handler"


def test_what_a_function_did_is_told_with_lines_only_to_who_may_see_people(
    alice: TestClient, context: Context
) -> None:
    function = make(alice)
    recorder = runs.Recorder(context.settings.data_dir)
    now = context.clock.now()
    for number in range(3):
        recorder.note(
            runs.Run(
                at=now + number,
                function_id=function["id"],
                instance_id="i",
                source_id="s",
                events=10,
                changed=5,
                dropped=1,
                failed=number % 2,
                milliseconds=2.5,
                lines=[runs.Logged("log", "hello", "m1")] if number == 2 else [],
                errors=[runs.Error("error", "oops", line=3)] if number == 1 else [],
            )
        )
    recorder.close()
    path = f"{PATH}/{function['id']}/runs"
    data = alice.get(path).json()["data"]
    assert [each["failed"] for each in data["runs"]] == [0, 1, 0]
    assert data["runs"][0]["lines"] == [{"level": "log", "text": "hello", "messageId": "m1"}]
    assert data["runs"][1]["errors"][0]["line"] == 3
    [span] = data["spans"]
    assert (span["runs"], span["events"], span["failed"], span["slowest"]) == (3, 30, 1, 2.5)
    noted = alice.get(path, params={"noted": "true"}).json()["data"]["runs"]
    assert len(noted) == 2
    before = alice.get(path, params={"before": noted[0]["id"], "count": 1}).json()["data"]["runs"]
    assert [each["failed"] for each in before] == [1]
    workspace = by_token(context.changes, ALICE).workspace_id
    member = enter(context, workspace, "m@example.com", Grant(Role.WORKSPACE_MEMBER))
    shown = member.get(path).json()["data"]["runs"]
    assert [each["lines"] for each in shown] == [[], [], []]
