"""Segment's published clients manage people, groups, labels, and read the audit trail."""

from itertools import count
from typing import Any

import httpx
import pytest

from headwater.testing.whole import Whole
from tests.flows.public_api import Npm, new_source, paged

pytestmark = pytest.mark.whole

_numbers = count(1)
MEMBER = {"roleId": "workspace-member"}


def new_email() -> str:
    return f"person{next(_numbers)}@npm.example"


def invited(whole: Whole, http: httpx.Client, *permissions: dict[str, Any]) -> str:
    """The address of somebody who was invited and came."""
    email = new_email()
    body = {"invites": [{"email": email, "permissions": list(permissions) or [MEMBER]}]}
    [link] = http.post("/invites", json=body).json()["data"]["links"]
    token = httpx.URL(link["url"]).params["token"]
    form = {"token": token, "name": "Person", "password": "correct horse battery staple"}
    headers = {"Origin": whole.url}
    accepted = httpx.post(f"{whole.url}/invitation", data=form, headers=headers)
    assert accepted.status_code == 303, accepted.text
    return email


def user_of(npm: Npm, email: str) -> dict[str, Any]:
    users = paged(npm, "IAMUsers", "listUsers", "users", size=200)
    [user] = [each for each in users if each["email"] == email]
    return dict(user)


def test_roles_have_segments_names(npm: Npm) -> None:
    roles = paged(npm, "IAMRoles", "listRoles", "roles", size=4)
    names = {role["name"] for role in roles}
    assert {"Workspace Owner", "Workspace Member", "Source Admin", "Source Read-only"} <= names


def test_people_are_invited_shown_empowered_and_removed(
    npm: Npm, whole: Whole, http: httpx.Client
) -> None:
    email = invited(whole, http)
    source = new_source(npm)
    user = user_of(npm, email)
    assert [each["roleId"] for each in user["permissions"]] == ["workspace-member"]
    assert npm("IAMUsers", "getUser", user["id"]).data["user"] == user

    on_source = {
        "roleId": "source-admin",
        "resources": [{"id": source["id"], "type": "SOURCE"}],
    }
    body = {"permissions": [on_source]}
    more = npm("IAMUsers", "addPermissionsToUser", user["id"], body).data["permissions"]
    assert {each["roleId"] for each in more} == {"workspace-member", "source-admin"}
    only = npm("IAMUsers", "replacePermissionsForUser", user["id"], body).data["permissions"]
    assert [each["roleId"] for each in only] == ["source-admin"]
    assert only[0]["resources"] == [{"id": source["id"], "type": "SOURCE", "labels": []}] or only[
        0
    ]["resources"] == [{"id": source["id"], "type": "SOURCE"}]

    assert npm("IAMUsers", "deleteUsers", [user["id"]]).data == {"status": "SUCCESS"}
    assert npm("IAMUsers", "getUser", user["id"]).status == 404
    wrong = {"permissions": [{"roleId": "emperor", "resources": []}]}
    refused = npm("IAMUsers", "replacePermissionsForUser", user["id"], wrong)
    assert refused.status in (404, 422)


def test_invitations_are_made_listed_and_withdrawn(npm: Npm) -> None:
    emails = [new_email() for _ in range(3)]
    body = {"invites": [{"email": email, "permissions": [MEMBER]} for email in emails]}
    assert npm("IAMUsers", "createInvites", body).data["emails"] == emails
    assert set(emails) <= set(paged(npm, "IAMUsers", "listInvites", "invites", size=2))
    assert npm("IAMUsers", "deleteInvites", emails[:2]).data == {"status": "SUCCESS"}
    left = paged(npm, "IAMUsers", "listInvites", "invites", size=200)
    assert emails[2] in left
    assert not set(emails[:2]) & set(left)
    wrong = {"invites": [{"email": "no address", "permissions": [MEMBER]}]}
    assert npm("IAMUsers", "createInvites", wrong).status == 422


def test_groups_gather_people_and_permissions(npm: Npm, whole: Whole, http: httpx.Client) -> None:
    email, guest = invited(whole, http), new_email()
    invite = {"invites": [{"email": guest, "permissions": [MEMBER]}]}
    assert npm("IAMUsers", "createInvites", invite).status == 201
    name = f"Group {next(_numbers)}"
    group = npm("IAMGroups", "createUserGroup", {"name": name}).data["userGroup"]
    one = group["id"]
    assert npm("IAMGroups", "getUserGroup", one).data["userGroup"] == group
    renamed = npm("IAMGroups", "updateUserGroup", one, {"name": f"{name}!"}).data["userGroup"]
    assert renamed["name"] == f"{name}!"

    both = {"emails": [email, guest]}
    assert npm("IAMGroups", "addUsersToUserGroup", one, both).data["userGroup"]["id"] == one
    users = paged(npm, "IAMGroups", "listUsersFromUserGroup", "users", one, size=200)
    assert [user["email"] for user in users] == [email]
    invites = paged(npm, "IAMGroups", "listInvitesFromUserGroup", "emails", one, size=200)
    assert invites == [guest]
    user = user_of(npm, email)
    groups = paged(npm, "IAMUsers", "listUserGroupsFromUser", "groups", user["id"], size=200)
    assert groups == [{"id": one, "name": f"{name}!"}]

    assert npm("IAMGroups", "replaceUsersInUserGroup", one, {"emails": [guest]}).status == 200
    assert paged(npm, "IAMGroups", "listUsersFromUserGroup", "users", one, size=200) == []
    assert npm("IAMGroups", "removeUsersFromUserGroup", one, [guest]).status == 200
    workspace = npm("Workspaces", "getWorkspace").data["workspace"]["id"]
    everywhere = [{"id": workspace, "type": "WORKSPACE"}]
    body = {"permissions": [{"roleId": "source-read-only", "resources": everywhere}]}
    put = npm("IAMGroups", "replacePermissionsForUserGroup", one, body).data["permissions"]
    assert [each["roleName"] for each in put] == ["Source Read-only"]
    body = {"permissions": [{"roleId": "pii-access", "resources": everywhere}]}
    added = npm("IAMGroups", "addPermissionsToUserGroup", one, body).data["permissions"]
    assert {each["roleId"] for each in added} == {"source-read-only", "pii-access"}

    assert npm("IAMGroups", "deleteUserGroup", one).data == {"status": "SUCCESS"}
    assert npm("IAMGroups", "getUserGroup", one).status == 404


def test_a_list_of_hundreds_of_groups_is_paged_through(npm: Npm, http: httpx.Client) -> None:
    names = [f"Many {number}" for number in range(255)]
    for name in names:
        assert http.post("/groups", json={"name": name}).status_code == 200
    found = paged(npm, "IAMGroups", "listUserGroups", "userGroups", size=100)
    assert set(names) <= {group["name"] for group in found}
    assert len({group["id"] for group in found}) == len(found)


def test_labels_are_made_put_on_sources_and_deleted(npm: Npm) -> None:
    source = new_source(npm)
    number = next(_numbers)
    labels = [
        {"key": f"team{number}", "value": "a/b 100%+é", "description": "The team."},
        {"key": "environment", "value": f"production{number}"},
    ]
    for label in labels:
        made = npm("Labels", "createLabel", {"label": label}).data["label"]
        assert made.items() >= label.items()
        assert npm("Labels", "createLabel", {"label": label}).status == 409
    bare = [{"key": each["key"], "value": each["value"]} for each in labels]
    listed = npm("Labels", "listLabels").data["labels"]
    assert {(each["key"], each["value"]) for each in listed} >= {
        (each["key"], each["value"]) for each in bare
    }

    first = npm("Sources", "addLabelsToSource", source["id"], {"labels": [bare[0]]}).data["labels"]
    assert keys(first) == keys([bare[0]])
    both = npm("Sources", "addLabelsToSource", source["id"], {"labels": [bare[1]]}).data["labels"]
    assert keys(both) == keys(bare)
    one = npm("Sources", "replaceLabelsInSource", source["id"], {"labels": [bare[1]]}).data
    assert keys(one["labels"]) == keys([bare[1]])
    shown = npm("Sources", "getSource", source["id"]).data["source"]
    assert keys(shown["labels"]) == keys([bare[1]])
    unknown = {"labels": [{"key": "no", "value": "such"}]}
    assert npm("Sources", "addLabelsToSource", source["id"], unknown).status == 422

    gone = npm("Labels", "deleteLabel", bare[0]["key"], bare[0]["value"])
    assert gone.data == {"status": "SUCCESS"}
    assert npm("Labels", "deleteLabel", bare[0]["key"], bare[0]["value"]).status == 404
    assert npm("Labels", "deleteLabel", bare[1]["key"], bare[1]["value"]).status == 409
    assert npm("Labels", "createLabel", {"label": {"key": "", "value": "x"}}).status == 422


def keys(labels: list[dict[str, str]]) -> set[tuple[str, str]]:
    return {(each["key"], each["value"]) for each in labels}


def test_the_audit_trail_tells_of_each_change(npm: Npm) -> None:
    source = new_source(npm)
    npm("Sources", "updateSource", source["id"], {"name": "Renamed"})
    npm("Sources", "deleteSource", source["id"])
    page = {"count": 200}
    events = npm("AuditTrail", "listAuditEvents", page, None, None, source["id"]).data["events"]
    assert {event["type"] for event in events} >= {
        "Source Created",
        "Source Modified",
        "Source Deleted",
    }
    assert {event["resourceId"] for event in events} == {source["id"]}
    whole_trail = paged(npm, "AuditTrail", "listAuditEvents", "events", size=1000)
    assert len(whole_trail) > 3
    at = events[0]["timestamp"]
    later = npm("AuditTrail", "listAuditEvents", page, at, "2999-01-01T00:00:00Z").data["events"]
    assert events[0]["id"] in {event["id"] for event in later}
    assert npm("AuditTrail", "listAuditEvents", page, "yesterday").status == 422


def test_who_may_not_is_refused_and_sees_nothing(npm: Npm, http: httpx.Client) -> None:
    source, other = new_source(npm), new_source(npm)
    grants = [{"roleId": "source-read-only", "resources": [{"id": source["id"], "type": "SOURCE"}]}]
    body = {"name": "Reader", "permissions": grants}
    made = http.post("/tokens", json=body)
    assert made.status_code in (200, 201), made.text
    token = made.json()["data"]["secret"]
    seen = npm("Sources", "listSources", {"count": 1000}, token=token).data["sources"]
    assert [each["id"] for each in seen] == [source["id"]]
    assert seen[0]["writeKeys"] == []
    assert npm("Sources", "getSource", other["id"], token=token).status == 404
    assert npm("Sources", "updateSource", source["id"], {"name": "x"}, token=token).status == 403
    assert npm("Sources", "deleteSource", source["id"], token=token).status == 403
    assert npm("Sources", "deleteSource", other["id"], token=token).status in (403, 404)
    make = {"slug": "x", "enabled": True, "metadataId": "server"}
    assert npm("Sources", "createSource", make, token=token).status == 403
    for api, operation, arguments in (
        ("IAMUsers", "listUsers", [{"count": 1}]),
        ("IAMGroups", "createUserGroup", [{"name": "x"}]),
        ("AuditTrail", "listAuditEvents", [{"count": 1}]),
        ("Labels", "createLabel", [{"label": {"key": "a", "value": "b"}}]),
        ("Warehouses", "createWarehouse", [{"metadataId": "duckdb", "settings": {}}]),
    ):
        assert npm(api, operation, *arguments, token=token).status == 403, operation
