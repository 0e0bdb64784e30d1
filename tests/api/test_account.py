"""One's own account, sessions, workspaces; tokens; the audit trail."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from headwater.access import heads, setup
from headwater.access.admission import by_token
from headwater.access.audit import Head
from headwater.access.model import OWNER
from headwater.access.setup import NewOwner
from headwater.api.application import application
from headwater.api.frame import Context
from headwater.kit.clock import FakeClock, isoformat
from tests.api.conftest import ALICE
from tests.api.people import enter

DONE = {"data": {"status": "SUCCESS"}}
PASSWORD = "correct horse battery"
COOKIE = "Cookie"
SITE = "Sec-Fetch-Site"


def data(response: Any, status: int = 200) -> Any:
    assert response.status_code == status, response.text
    return response.json()["data"]


@pytest.fixture
def workspace_id(context: Context) -> str:
    return by_token(context.changes, ALICE).workspace_id


@pytest.fixture
def owner(context: Context) -> TestClient:
    """The first owner, signed in with a password in a browser."""
    new = NewOwner("alice@example.com", "Alice", PASSWORD)
    signed_in = setup.create_owner(
        context.changes, ALICE, new, address="192.0.2.1", browser="Firefox"
    )
    headers = {
        COOKIE: f"headwater_session={signed_in.secret}",
        SITE: "same-origin",
        "X-Forwarded-For": "192.0.2.1",
    }
    return TestClient(application(context), headers=headers)


def test_ones_own_account_is_shown_and_changed(owner: TestClient) -> None:
    account = data(owner.get("/api/account"))["account"]
    assert (account["email"], account["name"]) == ("alice@example.com", "Alice")
    body = {"name": "Alice A.", "language": "zh-CN", "timeZone": "Asia/Shanghai"}
    assert data(owner.patch("/api/account", json=body))["account"] == {**account, **body}


def test_a_token_is_no_account(alice: TestClient) -> None:
    for path in ("/api/account", "/api/sessions", "/api/workspaces"):
        response = alice.get(path)
        assert (response.status_code, response.json()["code"]) == (403, "forbidden")


def test_a_password_is_changed_with_the_old_one(owner: TestClient) -> None:
    new = "another horse entirely"
    wrong = owner.put("/api/account/password", json={"password": "wrong", "newPassword": new})
    assert (wrong.status_code, wrong.json()["code"]) == (401, "wrong_credentials")
    body = {"password": PASSWORD, "newPassword": new}
    assert owner.put("/api/account/password", json=body).json() == DONE
    assert owner.get("/api/account").status_code == 200


def test_sessions_are_listed_and_ended(owner: TestClient) -> None:
    [session] = data(owner.get("/api/sessions"))["sessions"]
    assert (session["isCurrent"], session["browser"]) == (True, "Firefox")
    assert owner.delete("/api/sessions").json() == DONE
    assert owner.get("/api/account").status_code == 200
    assert owner.delete(f"/api/sessions/{session['id']}").json() == DONE
    assert owner.get("/api/account").status_code == 401


@pytest.mark.parametrize(
    "headers",
    [
        {SITE: "cross-site"},
        {SITE: "same-site"},
        {SITE: "none"},
        {SITE: "", "Origin": "https://evil.example"},
        {SITE: "", "Origin": "null"},
        {SITE: ""},
    ],
)
def test_another_sites_page_changes_nothing_with_a_visitors_cookie(
    owner: TestClient, headers: dict[str, str]
) -> None:
    for method, path, body in (
        ("POST", "/api/sources", {"name": "Forged"}),
        ("POST", "/api/invites", {"invites": [{"email": "mallory@example.com"}]}),
        ("DELETE", "/api/sessions", None),
        ("PATCH", "/api/account", {"name": "Forged"}),
    ):
        response = owner.request(method, path, json=body, headers=headers)
        assert (response.status_code, response.json()["code"]) == (403, "other_origin")
    assert data(owner.get("/api/sources"))["sources"] == []


def test_a_page_of_ours_may(owner: TestClient) -> None:
    headers = {SITE: "", "Origin": "http://cdp.example", "X-Forwarded-Host": "cdp.example"}
    response = owner.post("/api/sources", json={"name": "Shop"}, headers=headers)
    assert response.status_code == 201


def test_a_person_has_several_workspaces(owner: TestClient) -> None:
    first = data(owner.get("/api"))["workspace"]
    second = data(owner.post("/api/workspaces", json={"name": "Second"}), 201)["workspace"]
    owner.post("/api/sources", json={"name": "In the first"})
    assert data(owner.get("/api/workspaces"))["workspaces"] == [first, second]
    switch = {"workspaceId": second["id"]}
    assert owner.put("/api/sessions/current/workspace", json=switch).json() == DONE
    assert data(owner.get("/api"))["workspace"] == second
    assert data(owner.get("/api/sources"))["sources"] == []
    switch = {"workspaceId": "nothing"}
    assert owner.put("/api/sessions/current/workspace", json=switch).status_code == 404


def test_a_token_is_made_used_and_revoked(
    owner: TestClient, context: Context, workspace_id: str
) -> None:
    source = data(owner.post("/api/sources", json={"name": "Shop"}), 201)["source"]
    owner.post("/api/sources", json={"name": "Blog"})
    resource = {"id": source["id"], "type": "SOURCE", "labels": []}
    body = {
        "name": "Robot",
        "permissions": [{"roleId": "source-read-only", "resources": [resource]}],
        "expiresAt": isoformat(context.clock.now() + 3_600_000_000),
    }
    made = data(owner.post("/api/tokens", json=body), 201)
    token, secret = made["token"], made["secret"]
    assert token["permissions"][0]["resources"] == [resource]
    assert (token["expiresAt"], token["lastUsedAt"]) == (body["expiresAt"], None)

    robot = TestClient(application(context), headers={"Authorization": f"Bearer {secret}"})
    assert [each["id"] for each in data(robot.get("/api/sources"))["sources"]] == [source["id"]]
    assert robot.post("/api/sources", json={"name": "x"}).status_code == 403

    path = f"/api/tokens/{token['id']}"
    assert data(owner.get(path))["token"]["lastUsedAt"] == isoformat(context.clock.now())
    assert [each["name"] for each in data(owner.get("/api/tokens"))["tokens"]][-1] == "Robot"
    assert secret not in owner.get("/api/tokens").text
    assert isinstance(context.clock, FakeClock)
    context.clock.advance(seconds=3600)
    assert robot.get("/api/sources").status_code == 401
    assert owner.delete(path).json() == DONE
    assert owner.get(path).status_code == 404


def test_a_revoked_token_is_out_with_its_next_call(
    owner: TestClient, context: Context, workspace_id: str
) -> None:
    whole = {"id": workspace_id, "type": "WORKSPACE"}
    body = {"name": "x", "permissions": [{"roleId": "workspace-member", "resources": [whole]}]}
    made = data(owner.post("/api/tokens", json=body), 201)
    robot = TestClient(application(context), headers={"Authorization": f"Bearer {made['secret']}"})
    assert robot.get("/api").status_code == 200
    owner.delete(f"/api/tokens/{made['token']['id']}")
    assert robot.get("/api").status_code == 401


@pytest.mark.parametrize(
    "change", [{"name": ""}, {"permissions": []}, {"expiresAt": "2001-01-01"}, {"expiresAt": "x"}]
)
def test_a_token_that_cannot_be_is_refused(
    owner: TestClient, workspace_id: str, change: dict[str, Any]
) -> None:
    whole = {"id": workspace_id, "type": "WORKSPACE"}
    body = {"name": "x", "permissions": [{"roleId": "workspace-member", "resources": [whole]}]}
    assert owner.post("/api/tokens", json={**body, **change}).status_code in (400, 422)


def test_the_trail_says_who_did_what_with_before_and_after(owner: TestClient) -> None:
    source = data(owner.post("/api/sources", json={"name": "Shop"}), 201)["source"]
    owner.patch(f"/api/sources/{source['id']}", json={"name": "Store"})
    page = data(owner.get(f"/api/audit-events?resourceId={source['id']}"))
    modified, created = page["events"]
    assert page["pagination"]["totalEntries"] == 2
    assert (created["type"], modified["type"]) == ("Source Created", "Source Modified")
    assert (modified["before"]["name"], modified["after"]["name"]) == ("Shop", "Store")
    assert modified["actorEmail"] == "alice@example.com"
    assert modified["resourceType"] == "Source"
    assert modified["resourceName"] == "Store"
    assert set(modified) >= {"id", "timestamp", "actor", "resourceId"}
    assert created["before"] is None


def test_the_trail_is_asked_by_time_kind_and_page(owner: TestClient, context: Context) -> None:
    assert isinstance(context.clock, FakeClock)
    context.clock.advance(seconds=3600)
    moment = isoformat(context.clock.now())
    for name in ("One", "Two", "Three"):
        owner.post("/api/sources", json={"name": name})
    page = data(owner.get(f"/api/audit-events?startTime={moment}&pagination[count]=2"))
    assert [each["resourceName"] for each in page["events"]] == ["Three", "Two"]
    rest = page["pagination"]["next"]
    page = data(
        owner.get(
            f"/api/audit-events?startTime={moment}&pagination[count]=2&pagination[cursor]={rest}"
        )
    )
    assert [each["resourceName"] for each in page["events"]] == ["One"]
    before = data(owner.get(f"/api/audit-events?endTime={moment}"))["events"]
    assert "Owner Created" in [each["type"] for each in before]
    users = data(owner.get("/api/audit-events?resourceType=User"))["events"]
    assert {each["resourceType"] for each in users} == {"User"}
    assert owner.get("/api/audit-events?startTime=yesterday").status_code in (400, 422)


def test_a_question_is_in_the_trail_as_a_read(owner: TestClient, context: Context) -> None:
    owner.post("/api/query", json={"sql": "SELECT email FROM users"})
    context.changes.close()
    reads = data(owner.get("/api/audit-events?type=Personal%20Data%20Read"))["events"]
    assert [each["after"] for each in reads] == [{"reads": {"SELECT email FROM users": 1}}]


def test_the_trail_is_verified_with_the_end_that_was_kept(
    owner: TestClient, context: Context
) -> None:
    verdict = data(owner.get("/api/audit-events/verification"))
    assert (verdict["fits"], verdict["firstBroken"]) == (True, None)
    heads.keep(context.settings.data_dir, Head(verdict["entries"], verdict["hash"]))
    assert data(owner.get("/api/audit-events/verification"))["fits"]
    heads.keep(context.settings.data_dir, Head(verdict["entries"] + 1, "cut off"))
    verdict = data(owner.get("/api/audit-events/verification"))
    assert (verdict["fits"], verdict["firstBroken"]) == (False, verdict["entries"] + 1)


def test_a_member_does_not_see_the_trail(bob: TestClient) -> None:
    assert bob.get("/api/audit-events").status_code == 403


def test_charlies_trail_is_his_own(owner: TestClient, context: Context) -> None:
    second = data(owner.post("/api/workspaces", json={"name": "Second"}), 201)["workspace"]
    charlie = enter(context, second["id"], "charlie@example.com", *OWNER)
    events = data(charlie.get("/api/audit-events"))["events"]
    assert [each["type"] for each in events] == ["Workspace Created"]
