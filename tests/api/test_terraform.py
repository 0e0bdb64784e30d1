"""The calls of Segment's Terraform provider, as its source shows them, for each of its cycles.

Terraform applies, reads again, and plans: whatever comes back unlike what was sent is drift, which
it would mend for ever.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

MOST = 200  # the provider's page size
GO = {"Accept": "application/json", "User-Agent": "Segment (terraform)"}


class Provider:
    """Speaks as the provider's Go client does: bare brackets, JSON bodies, no vendor's types."""

    def __init__(self, client: TestClient) -> None:
        self._client = client

    def __call__(self, method: str, path: str, body: object = None, status: int = 200) -> Any:
        answer = self._client.request(method, f"/api{path}", json=body, headers=GO)
        assert answer.status_code == status, answer.text
        return answer.json().get("data")

    def pages(self, path: str, name: str) -> Iterator[Any]:
        """A list as `findUser` walks it: from the hard-coded first cursor until `next` is left
        out. A null would lead it round for ever."""
        cursor = "MA=="
        while True:
            bounds = f"pagination[count]={MOST}&pagination[cursor]={cursor}"
            data = self("GET", f"{path}?{bounds}")
            yield from data[name]
            assert data["pagination"].get("next", "") is not None
            if "next" not in data["pagination"]:
                return
            cursor = data["pagination"]["next"]

    def find_user(self, email: str) -> Any:
        return next((u for u in self.pages("/users", "users") if u["email"] == email), None)


@pytest.fixture
def call(alice: TestClient) -> Provider:
    return Provider(alice)


def test_a_source_is_applied_read_changed_and_destroyed(call: Provider) -> None:
    label = {"key": "environment", "value": "production"}
    call("POST", "/labels", {"label": label}, 201)
    metadata = call("GET", "/catalog/sources/website")["sourceMetadata"]

    # Create: a name can only be given by an update, labels and schema settings come after it.
    settings = {"region": "eu", "nested": {"a": [1, None]}}
    made = call(
        "POST",
        "/sources",
        {"slug": "shop", "enabled": True, "metadataId": metadata["id"], "settings": settings},
        201,
    )["source"]
    at = f"/sources/{made['id']}"
    assert call("PATCH", at, {"name": "Shop"})["source"]["name"] == "Shop"
    call("PUT", f"{at}/labels", {"labels": [label]})
    schema = {"track": {"allowUnplannedEvents": False, "commonEventOnViolations": "Block"}}
    assert call("PATCH", f"{at}/settings", schema)["settings"]["track"] == {
        "allowUnplannedEvents": False,
        "allowUnplannedEventProperties": True,
        "allowEventOnViolations": True,
        "allowPropertiesOnViolations": True,
        "commonEventOnViolations": "BLOCK",
    }

    # Read: nothing has drifted.
    read = call("GET", at)["source"]
    assert (read["slug"], read["name"], read["enabled"]) == ("shop", "Shop", True)
    assert {k: read["settings"][k] for k in settings} == settings
    assert [{"key": each["key"], "value": each["value"]} for each in read["labels"]] == [label]
    assert read["metadata"]["id"] == metadata["id"]
    assert len(read["writeKeys"]) == 1
    assert "track" in call("GET", f"{at}/settings")["settings"]

    # Update: settings that are no longer wanted are sent as null, slug and all else again.
    gone = dict.fromkeys(read["settings"])
    changed = call(
        "PATCH",
        at,
        {"slug": "shop", "enabled": False, "name": "Shop", "settings": {**gone, "region": "us"}},
    )["source"]
    assert changed["enabled"] is False
    assert {k: v for k, v in changed["settings"].items() if v} == {"region": "us"}
    call("PUT", f"{at}/labels", {"labels": []})
    assert call("GET", at)["source"]["labels"] == []

    assert call("DELETE", at) == {"status": "SUCCESS"}
    call("GET", at, status=404)


def test_a_label_is_applied_read_and_destroyed(call: Provider) -> None:
    label = {"key": "team", "value": "growth", "description": "Who owns it"}
    call("POST", "/labels", {"label": label}, 201)
    assert label in call("GET", "/labels")["labels"]
    assert call("DELETE", "/labels/team/growth") == {"status": "SUCCESS"}
    assert label not in call("GET", "/labels")["labels"]


def test_a_tracking_plan_is_applied_read_changed_connected_and_destroyed(call: Provider) -> None:
    made = call("POST", "/tracking-plans", {"name": "Shop", "type": "LIVE", "description": ""})
    at = f"/tracking-plans/{made['trackingPlan']['id']}"
    schema = {"type": "object", "properties": {"properties": {"type": "object"}}}
    rules = [
        {"type": "TRACK", "key": f"Event {n:03}", "version": 1, "jsonSchema": schema}
        for n in range(250)
    ]
    rules.append({"type": "COMMON", "version": 1, "jsonSchema": schema})
    call("PUT", f"{at}/rules", {"rules": rules})

    def read() -> list[Any]:
        return [
            {name: each[name] for name in ("type", "key", "version", "jsonSchema") if name in each}
            for each in call.pages(f"{at}/rules", "rules")
        ]

    assert sorted(map(str, read())) == sorted(map(str, rules))
    assert call("GET", at)["trackingPlan"]["name"] == "Shop"
    call("PATCH", at, {"name": "Shop 2"})
    call("PUT", f"{at}/rules", {"rules": rules[:1]})
    assert read() == rules[:1]

    source = {"slug": "shop", "enabled": True, "metadataId": "website"}
    source_id = call("POST", "/sources", source, 201)["source"]["id"]
    call("POST", f"{at}/sources", {"sourceId": source_id})
    assert call("GET", f"/sources/{source_id}")["trackingPlanId"] == made["trackingPlan"]["id"]
    call("DELETE", f"{at}/sources?sourceId={source_id}")
    assert call("GET", f"/sources/{source_id}")["trackingPlanId"] is None
    assert call("DELETE", at) == {"status": "SUCCESS"}
    call("GET", at, status=404)


def test_a_user_group_is_applied_read_changed_and_destroyed(call: Provider) -> None:
    workspace_id = call("GET", "/")["workspace"]["id"]
    roles = {each["name"]: each["id"] for each in call.pages("/roles", "roles")}
    group = call("POST", "/groups", {"name": "Analysts"})["userGroup"]
    at = f"/groups/{group['id']}"
    everything = [{"id": workspace_id, "type": "WORKSPACE", "labels": []}]
    wanted = [{"roleId": roles["Source Read-only"], "resources": everything}]
    call("PUT", f"{at}/permissions", {"permissions": wanted})
    call("PUT", f"/group/{group['id']}/users", {"emails": ["ann@example.com"]})

    read = call("GET", at)["userGroup"]
    [permission] = read["permissions"]
    assert permission["roleId"] == wanted[0]["roleId"]
    assert permission["resources"] == everything
    users = call("GET", f"{at}/users?pagination[count]={MOST}")["users"]
    invited = call("GET", f"{at}/invites?pagination[count]={MOST}")["emails"]
    assert [*(each["email"] for each in users), *invited] == ["ann@example.com"]

    assert call("PATCH", at, {"name": "Readers"})["userGroup"]["name"] == "Readers"
    call("DELETE", at)
    call("GET", at, status=404)


def test_an_invited_user_is_applied_changed_and_destroyed(call: Provider) -> None:
    workspace_id = call("GET", "/")["workspace"]["id"]
    roles = {each["name"]: each["id"] for each in call.pages("/roles", "roles")}
    resources = [{"id": workspace_id, "type": "WORKSPACE", "labels": []}]
    permissions = [{"roleId": roles["Source Admin"], "resources": resources, "labels": []}]
    invite = {"invites": [{"email": "ben@example.com", "permissions": permissions}]}
    call("POST", "/invites", invite, 201)
    assert call.find_user("ben@example.com") is None

    # A change of one who has not accepted is a new invitation.
    call("DELETE", "/invites?emails.0=ben@example.com")
    call("POST", "/invites", invite, 201)
    call("DELETE", "/invites?emails.0=ben@example.com")
    # The provider goes on to delete a user without an id, of whom there is none.
    assert call("DELETE", "/users?userIds.0=") == {"status": "SUCCESS"}
    assert "ben@example.com" not in call("GET", "/invites")["invites"]


def test_the_embedded_warehouse_is_read_and_renamed_and_its_connections_found(
    call: Provider,
) -> None:
    source = call(
        "POST",
        "/sources",
        {"slug": "shop", "enabled": True, "metadataId": "server", "settings": {}},
        201,
    )["source"]
    [warehouse] = call.pages("/warehouses", "warehouses")
    at = f"/warehouses/{warehouse['id']}"
    assert call("GET", at)["warehouse"]["metadata"]["id"] == warehouse["metadata"]["id"]
    call("PATCH", at, {"name": "Main", "settings": {}, "enabled": True})
    assert call("GET", at)["warehouse"]["settings"]["name"] == "Main"
    found = [
        each["id"]
        for each in call.pages(f"/sources/{source['id']}/connected-warehouses", "warehouses")
    ]
    assert found == [warehouse["id"]]
    call("POST", f"{at}/connected-sources/{source['id']}", status=201)
