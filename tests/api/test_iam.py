"""Users, groups, roles, invitations and labels, in the shapes of Segment's Public API."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from headwater.access import invitations
from headwater.access.admission import by_token
from headwater.access.model import OWNER, Grant
from headwater.access.roles import Role
from headwater.api.frame import Context
from tests.api.conftest import ALICE
from tests.api.people import enter

DONE = {"data": {"status": "SUCCESS"}}
BOB = "bob@example.com"


@pytest.fixture
def workspace_id(context: Context) -> str:
    return by_token(context.changes, ALICE).workspace_id


@pytest.fixture
def owner(context: Context, workspace_id: str) -> TestClient:
    return enter(context, workspace_id, "alice@example.com", *OWNER)


@pytest.fixture
def bob_id(context: Context, workspace_id: str, owner: TestClient) -> str:
    enter(context, workspace_id, BOB, Grant(Role.MINIMAL_USER))
    users = owner.get("/api/users").json()["data"]["users"]
    return next(each["id"] for each in users if each["email"] == BOB)


def data(response: Any, status: int = 200) -> Any:
    assert response.status_code == status, response.text
    return response.json()["data"]


def whole(workspace_id: str) -> dict[str, Any]:
    return {"id": workspace_id, "type": "WORKSPACE", "labels": []}


def test_roles_are_listed_a_page_at_a_time(owner: TestClient) -> None:
    first = data(owner.get("/api/roles?pagination[count]=2&pagination[cursor]=MA=="))
    assert [each["name"] for each in first["roles"]] == ["Workspace Owner", "Workspace Member"]
    assert all(set(each) == {"id", "name", "description"} for each in first["roles"])
    assert first["pagination"]["totalEntries"] == len(Role)
    cursor = first["pagination"]["next"]
    second = data(owner.get(f"/api/roles?pagination.count=2&pagination.cursor={cursor}"))
    assert second["roles"][0]["name"] == "Minimal User"


def test_a_user_is_shown_with_his_permissions(
    owner: TestClient, bob_id: str, workspace_id: str
) -> None:
    user = data(owner.get(f"/api/users/{bob_id}"))["user"]
    assert user == {
        "id": bob_id,
        "name": BOB,
        "email": BOB,
        "permissions": [
            {
                "roleName": "Minimal User",
                "roleId": "minimal-user",
                "resources": [whole(workspace_id)],
            }
        ],
    }
    assert data(owner.get("/api/users"))["users"][1] == user


def test_permissions_are_replaced_and_added(
    owner: TestClient, bob_id: str, workspace_id: str
) -> None:
    path = f"/api/users/{bob_id}/permissions"
    source = data(owner.post("/api/sources", json={"name": "Shop"}), 201)["source"]
    given = {"roleId": "source-admin", "resources": [{"id": source["id"], "type": "SOURCE"}]}
    replaced = data(owner.put(path, json={"permissions": [given]}))["permissions"]
    assert replaced == [
        {
            "roleId": "source-admin",
            "roleName": "Source Admin",
            "resources": [{"id": source["id"], "type": "SOURCE", "labels": []}],
        }
    ]
    more = {"roleId": "workspace-member", "resources": [whole(workspace_id)]}
    added = data(owner.post(path, json={"permissions": [more]}))["permissions"]
    assert [each["roleId"] for each in added] == ["source-admin", "workspace-member"]
    assert data(owner.put(path, json={"permissions": []}))["permissions"] == []


def test_permissions_can_be_given_by_label(
    owner: TestClient, context: Context, workspace_id: str
) -> None:
    label = {"key": "env", "value": "test"}
    data(owner.post("/api/labels", json={"label": label}), 201)
    one, other = (
        data(owner.post("/api/sources", json={"name": name}), 201)["source"]["id"]
        for name in ("One", "Other")
    )
    data(owner.post(f"/api/sources/{one}/labels", json={"labels": [label]}))
    bob = enter(context, workspace_id, BOB)
    user_id = data(owner.get("/api/users"))["users"][1]["id"]
    resource = {**whole(workspace_id), "labels": [label]}
    given = {"roleId": "source-read-only", "resources": [resource]}
    path = f"/api/users/{user_id}/permissions"
    assert data(owner.put(path, json={"permissions": [given]}))["permissions"][0]["resources"] == [
        resource
    ]
    assert [each["id"] for each in data(bob.get("/api/sources"))["sources"]] == [one]
    assert bob.get(f"/api/sources/{one}").status_code == 200
    assert bob.get(f"/api/sources/{other}").status_code == 404
    assert bob.get("/api/users").status_code == 403


@pytest.mark.parametrize(
    ("permission", "word"),
    [
        ({"roleId": "nothing", "resources": []}, "roleId"),
        ({"roleId": "source-admin", "resources": []}, "permissions"),
        ({"roleId": "source-admin", "resources": [{"id": "x", "type": "SOURCE"}]}, "SOURCE"),
        ({"roleId": "source-admin", "resources": [{"id": "x", "type": "WORKSPACE"}]}, "resources"),
        ({"roleId": "source-admin", "resources": [{"id": "x", "type": "BOAT"}]}, "type"),
        ({"resources": []}, "roleId"),
    ],
)
def test_permissions_that_cannot_be_are_named(
    owner: TestClient, bob_id: str, permission: dict[str, Any], word: str
) -> None:
    path = f"/api/users/{bob_id}/permissions"
    response = owner.put(path, json={"permissions": [permission]})
    assert response.status_code == 422
    assert word in response.json()["message"]


@pytest.mark.parametrize("query", ["userIds[0]={}", "userIds.0={}", "userIds={}"])
def test_users_are_removed_in_every_clients_way(owner: TestClient, bob_id: str, query: str) -> None:
    response = owner.delete("/api/users?" + query.format(bob_id))
    assert response.json() == DONE
    assert owner.get(f"/api/users/{bob_id}").status_code == 404
    assert owner.delete("/api/users?" + query.format(bob_id)).status_code == 404


def test_the_last_owner_cannot_be_removed(owner: TestClient) -> None:
    [user] = data(owner.get("/api/users"))["users"]
    response = owner.delete(f"/api/users?userIds={user['id']}")
    assert (response.status_code, response.json()["code"]) == (409, "last_owner")


def test_people_are_invited_by_links_that_work(
    owner: TestClient, context: Context, workspace_id: str
) -> None:
    permissions = [{"roleId": "workspace-member", "resources": [whole(workspace_id)]}]
    wanted = [{"email": BOB, "permissions": permissions}, {"email": "carol@example.com"}]
    headers = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "cdp.example.com"}
    made = data(owner.post("/api/invites", json={"invites": wanted}, headers=headers), 201)
    assert made["emails"] == [BOB, "carol@example.com"]
    url = made["links"][0]["url"]
    assert url.startswith("https://cdp.example.com/invitation?token=")
    assert invitations.found(context.changes, url.partition("=")[2]).email == BOB
    assert data(owner.get("/api/invites"))["invites"] == [BOB, "carol@example.com"]


@pytest.mark.parametrize("query", ["emails[0]={}", "emails.0={}", "emails={}"])
def test_invitations_are_withdrawn_in_every_clients_way(owner: TestClient, query: str) -> None:
    address = "bob+news@example.com"
    owner.post("/api/invites", json={"invites": [{"email": address}]})
    path = "/api/invites?" + query.format(address.replace("+", "%2B"))
    assert owner.delete(path).json() == DONE
    assert data(owner.get("/api/invites"))["invites"] == []
    assert owner.delete(path).status_code == 404


@pytest.mark.parametrize(
    "body", [{}, {"invites": []}, {"invites": [{}]}, {"invites": [{"email": "nobody"}]}]
)
def test_an_invitation_that_cannot_be_is_refused(owner: TestClient, body: dict[str, Any]) -> None:
    assert owner.post("/api/invites", json=body).status_code == 422


def test_a_group_lives(owner: TestClient, bob_id: str, workspace_id: str) -> None:
    group = data(owner.post("/api/groups", json={"name": "Analysts"}))["userGroup"]
    path = f"/api/groups/{group['id']}"
    assert group == {"memberCount": 0, "permissions": [], "id": group["id"], "name": "Analysts"}
    assert data(owner.get(path))["userGroup"] == group
    assert data(owner.get("/api/groups"))["userGroups"] == [group]
    assert owner.post("/api/groups", json={"name": "Analysts"}).status_code == 409

    given = {"roleId": "tracking-plan-admin", "resources": [whole(workspace_id)]}
    for method in ("PUT", "POST"):
        answer = owner.request(method, f"{path}/permissions", json={"permissions": [given]})
        [shown] = data(answer)["permissions"]
        assert shown == {**given, "roleName": "Tracking Plan Admin"}

    emails = {"emails": [BOB, "carol@example.com"]}
    assert data(owner.post(f"{path}/users", json=emails))["userGroup"]["memberCount"] == 2
    minimal = {"id": bob_id, "name": BOB, "email": BOB}
    assert data(owner.get(f"{path}/users"))["users"] == [minimal]
    assert data(owner.get(f"{path}/invites"))["emails"] == ["carol@example.com"]
    found = data(owner.get(f"/api/users/{bob_id}/groups"))["groups"]
    assert found == [{"id": group["id"], "name": "Analysts"}]

    singular = f"/api/group/{group['id']}/users"
    assert owner.delete(f"{singular}?emails[0]=carol@example.com").json() == DONE
    replaced = data(owner.put(singular, json={"emails": []}))["userGroup"]
    assert replaced["memberCount"] == 0

    renamed = data(owner.patch(path, json={"name": "Others"}))["userGroup"]
    assert (renamed["name"], renamed["permissions"][0]["roleId"]) == ("Others", given["roleId"])
    assert owner.delete(path).json() == DONE
    assert owner.get(path).status_code == 404


def test_labels_come_and_go(owner: TestClient) -> None:
    label = {"key": "env/eu", "value": "production", "description": "For real"}
    assert data(owner.post("/api/labels", json={"label": label}), 201)["label"] == label
    plain = {"key": "team", "value": "shop"}
    assert data(owner.post("/api/labels", json={"label": plain}), 201)["label"] == plain
    assert data(owner.get("/api/labels"))["labels"] == [label, plain]
    assert owner.post("/api/labels", json={"label": plain}).status_code == 409
    assert owner.delete("/api/labels/env%2Feu/production").json() == DONE
    assert owner.delete("/api/labels/env%2Feu/production").status_code == 404


def test_a_label_that_a_source_bears_stays(owner: TestClient) -> None:
    label = {"key": "team", "value": "shop"}
    owner.post("/api/labels", json={"label": label})
    source = data(owner.post("/api/sources", json={"name": "Shop"}), 201)["source"]
    path = f"/api/sources/{source['id']}/labels"
    owner.post(path, json={"labels": [label]})
    assert data(owner.get(f"/api/sources/{source['id']}"))["source"]["labels"] == [label]
    assert owner.delete("/api/labels/team/shop").status_code == 409
    owner.put(path, json={"labels": []})
    assert owner.delete("/api/labels/team/shop").json() == DONE


def test_lists_of_many_are_led_through_page_by_page(owner: TestClient) -> None:
    names = [f"Group {number:03}" for number in range(260)]
    for name in names:
        owner.post("/api/groups", json={"name": name})
    found: list[str] = []
    cursor = "MA=="
    while cursor:
        page = data(owner.get("/api/groups", params={"pagination[cursor]": cursor}))
        assert len(page["userGroups"]) <= 200
        found += [each["name"] for each in page["userGroups"]]
        cursor = page["pagination"].get("next", "")
    assert found == names
