"""Alice owns a workspace, Bob is a member of it, Charlie owns another one.

Charlie calls every route with the ids of Alice's things, and finds what he finds with made-up
ids: nothing. No list that he can read names anything of hers, and nothing of hers changes.
"""

from typing import Any

import pytest
from starlette.testclient import TestClient

from headwater.access.admission import by_token
from headwater.access.model import OWNER, Grant
from headwater.access.roles import Role
from headwater.api.application import ROUTES
from headwater.api.frame import ApiRoute, Context
from headwater.api.tracking_plan_bodies import SourceInput
from tests.api.conftest import ALICE
from tests.api.people import another_workspace, enter

WITH_IDS = [route for route in ROUTES if "{" in route.path]
EVERYBODYS = {"source_metadata_id", "warehouse_metadata_id", "destination_metadata_id"}
"""Parameters whose values are the same in every workspace."""

_OF_OTHERS = {
    "asked_id": "none",
    "version": "1",
    "schema": "shop_of_alice",
    "name": "tracks",
    "message_id": "none",
    "type": "track",
    "subject": "people",
    "trait": "email",
    "id": "none",
}
"""What is named alike everywhere, or takes a running warehouse to make: the tests of these routes
try it themselves."""

_UNREAD = {"/metrics", "/api/debugger"}
"""What belongs to no workspace, and what has no end."""

_PULL = """
[pull]
url = "sqlite:///shop.db"
query = "SELECT id FROM customers"
key = ["id"]
[[events]]
type = "identify"
userId = "{id}"
"""

_BODIES: dict[str, Any] = {
    "UpdateSource": {"name": "Stolen"},
    "TryMapping": {
        "mapping": '[[events]]\nevent = "Paid"\nuserId = "{id}"',
        "body": '{"id": "u1"}',
    },
    "PutWebhook": {"preset": "stripe", "secret": "stolen"},
    "LabelDescription": {"description": "Stolen"},
    "ImportProgress": {"rows": 9},
    "NewUpload": {"file": "stolen.csv", "size": 1},
    "Look": {},
    "Mapped": {},
    "SourceSettingsOutputV1": {"track": {"allowUnplannedEvents": False}},
    "SourceLabelsInput": {"labels": [{"key": "team", "value": "shop"}]},
    "PermissionsInput": {"permissions": []},
    "NamedGroup": {"name": "Stolen"},
    "GroupEmails": {"emails": []},
    "UpdateWarehouse": {"name": "Stolen"},
    "ChangeSavedQuery": {"name": "Stolen"},
    "ChangeCleaningRule": {"name": "Stolen"},
    "ChangeTransformation": {"name": "Stolen"},
    "ChangeTrackingPlan": {"name": "Stolen"},
    "RulesInput": {"rules": [{"type": "TRACK", "key": "x", "version": 1, "jsonSchema": None}]},
    "UpsertInput": {"rules": [{"type": "TRACK", "key": "y", "version": 1, "jsonSchema": None}]},
    "ChangeFunction": {"displayName": "Stolen"},
    "ChangeInstance": {"name": "Stolen"},
    "RestoreVersion": {"versionId": "none"},
    "SourceInput": {"sourceId": "none"},
    "DriftIds": {"driftIds": ["none"]},
    "Rule": {"policy": "oldest"},
    "TrySyncRule": {"trait": "email"},
    "CreateConnection": {"name": "Stolen", "definition": _PULL},
    "UpdateConnection": {"name": "Stolen too"},
    "RunConnection": {},
    "TryConnection": {"definition": _PULL},
    "TryFunction": {"events": [{"type": "track"}]},
}
"""A body of each type that a route with an id in its path takes: one that would do something."""

CODE = "async function onTrack(event) { return event }"

_PLAN = "/api/tracking-plans/{tracking_plan_id}"
_QUERIES = {
    ("DELETE", "/api/group/{group_id}/users"): "?emails=bob@example.com",
    ("DELETE", f"{_PLAN}/rules"): "?rules[0][type]=TRACK&rules[0][key]=x&rules[0][version]=1",
    ("DELETE", f"{_PLAN}/sources"): "?sourceId={source_id}",
}


class Cast:
    """The three, and what Alice made."""

    def __init__(self, context: Context) -> None:
        self.context = context
        own = by_token(context.changes, ALICE).workspace_id
        self.alice = enter(context, own, "alice@example.com", *OWNER)
        self.bob = enter(context, own, "bob@example.com", Grant(Role.WORKSPACE_MEMBER))
        self.charlie = enter(context, another_workspace(context), "charlie@example.com", *OWNER)
        self.ids = self._ids()

    def _ids(self) -> dict[str, str]:
        """Alice's things, by the names of the parameters that take their ids."""
        make = self._make
        make("/api/labels", {"label": {"key": "team", "value": "shop"}})
        source = make("/api/sources", {"name": "Shop of Alice", "type": "webhook"})["source"]
        make(f"/api/sources/{source['id']}/labels", {"labels": [{"key": "team", "value": "shop"}]})
        group = make("/api/groups", {"name": "Group of Alice"})["userGroup"]
        make(f"/api/groups/{group['id']}/users", {"emails": ["bob@example.com"]})
        make("/api/invites", {"invites": [{"email": "dora@example.com"}]})
        permissions = [{"roleId": "minimal-user", "resources": [self._workspace()]}]
        token = make("/api/tokens", {"name": "Token of Alice", "permissions": permissions})["token"]
        run = make(
            "/api/imports", {"importId": "i1", "sourceId": source["id"], "file": "Orders of Alice"}
        )
        upload = make(f"/api/sources/{source['id']}/uploads", {"file": "a.csv", "size": 3})
        connection = make(
            f"/api/sources/{source['id']}/connections",
            {"name": "Connection of Alice", "definition": _PULL},
        )["connection"]
        saved = make("/api/saved-queries", {"name": "Query of Alice", "sql": "SELECT 1"})
        rule = make(
            "/api/cleaning-rules",
            {"name": "Rule of Alice", "kind": "trim", "settings": {"paths": ["properties.*"]}},
        )["cleaningRule"]
        transformation = make(
            "/api/transformations",
            {"name": "Mine", "sourceId": source["id"], "enabled": True, "if": ""},
        )["transformation"]
        plan = make("/api/tracking-plans", {"name": "Plan of Alice", "type": "LIVE"})
        what_if = make("/api/what-if", {"proposal": {"deletes": False}})["whatIf"]
        function = make(
            "/api/functions",
            {"code": CODE, "displayName": "Function of Alice", "resourceType": "INSERT_SOURCE"},
        )["function"]
        instance = make(
            "/api/insert-function-instances",
            {"functionId": function["id"], "integrationId": source["id"], "settings": {}},
        )["insertFunctionInstance"]
        replay = make("/api/replays", {})["replay"]
        versions = self._get(f"/api/functions/{function['id']}/versions")["versions"]
        users = {each["email"]: each["id"] for each in self._get("/api/users")["users"]}
        return {
            "source_id": source["id"],
            "write_key": source["writeKeys"][0],
            "user_id": users["bob@example.com"],
            "group_id": group["id"],
            "token_id": token["id"],
            "session_id": self._get("/api/sessions")["sessions"][0]["id"],
            "warehouse_id": self._get("/api/warehouses")["warehouses"][0]["id"],
            "import_id": run["import"]["id"],
            "upload_id": upload["upload"]["id"],
            "connection_id": connection["id"],
            "rule_id": rule["id"],
            "transformation_id": transformation["id"],
            "tracking_plan_id": plan["trackingPlan"]["id"],
            "function_id": function["id"],
            "instance_id": instance["id"],
            "version_id": versions[0]["id"],
            "what_if_id": what_if["id"],
            "replay_id": replay["id"],
            "saved_id": next(iter(saved.values()))["id"],
            "key": "team",
            "value": "shop",
            **_OF_OTHERS,
        }

    def _workspace(self) -> dict[str, str]:
        return {"id": self._get("/api")["workspace"]["id"], "type": "WORKSPACE"}

    def _make(self, path: str, body: dict[str, Any]) -> Any:
        response = self.alice.post(path, json=body)
        assert response.is_success, response.text
        return response.json()["data"]

    def _get(self, path: str) -> Any:
        response = self.alice.get(path)
        assert response.is_success, response.text
        return response.json()["data"]

    def call(self, client: TestClient, route: ApiRoute) -> Any:
        """Call a route with the ids of Alice's things."""
        path = route.path.format(**dict.fromkeys(EVERYBODYS, "website"), **self.ids)
        path += _QUERIES.get((route.method, route.path), "").format(**self.ids)
        body = _BODIES[route.doc.body.__name__] if route.doc.body is not None else None
        if route.doc.body is SourceInput:
            body = {"sourceId": self.ids["source_id"]}
        if "versionId" in (body or {}):
            body = {"versionId": self.ids["version_id"]}
        return client.request(route.method, path, json=body)

    def all_of_alices(self) -> dict[str, Any]:
        """What there is in Alice's workspace, by the paths of its lists."""
        paths = ["/api", "/api/labels", "/api/sources", "/api/users", "/api/groups"]
        paths += ["/api/invites", "/api/tokens", "/api/warehouses", "/api/saved-queries"]
        paths += ["/api/cleaning-rules", "/api/transformations", "/api/tracking-plans"]
        paths += ["/api/sync-rules", "/api/connections"]
        paths += ["/api/functions", "/api/insert-function-instances"]
        paths += [f"/api/groups/{self.ids['group_id']}/users"]
        return {path: self._get(path) for path in paths}


@pytest.fixture
def cast(context: Context) -> Cast:
    return Cast(context)


def of_alices(route: ApiRoute) -> bool:
    """Whether a route takes the id of something that Alice made."""
    return "/quarantine/" not in route.path and not any(
        f"{{{each}}}" in route.path for each in EVERYBODYS | set(_OF_OTHERS)
    )


def test_charlie_finds_none_of_alices_things_by_any_route(cast: Cast) -> None:
    before = cast.all_of_alices()
    for route in filter(of_alices, WITH_IDS):
        response = cast.call(cast.charlie, route)
        assert response.status_code == 404, f"{route.method} {route.path}: {response.text}"
    assert cast.all_of_alices() == before


def test_alice_finds_them_by_the_same_calls(cast: Cast) -> None:
    """So that the test above asks for what there is, in a form that would be admitted."""
    unreachable = 503  # no warehouse runs here
    for route in filter(of_alices, WITH_IDS):
        endless = route.path.endswith("/debugger")
        of_traffic = "/drifts/" in route.path  # there is no drift without events
        of_file = "/uploads/{upload_id}/" in route.path  # nor a file that nobody sent
        of_file |= route.path.endswith(("connections/preview", "_id}/preview", "/test"))
        if route.method != "DELETE" and not endless and not of_traffic and not of_file:
            status = cast.call(cast.alice, route).status_code
            assert status in (200, 201, unreachable), f"{route.method} {route.path}: {status}"


def test_what_charlie_may_list_names_nothing_of_alices(cast: Cast) -> None:
    secrets = set(cast.ids.values()) - set(_OF_OTHERS.values()) - {"team", "shop"}
    secrets |= {"alice@example.com", "bob@example.com", "dora@example.com", "of Alice"}
    for route in ROUTES:
        if route.method == "GET" and "{" not in route.path and route.path not in _UNREAD:
            text = cast.charlie.get(route.path).text
            found = {each for each in secrets if each in text}
            assert not found, f"{route.path} shows {found}"


def test_charlie_cannot_give_anything_on_alices_things(cast: Cast) -> None:
    resource = {"id": cast.ids["source_id"], "type": "SOURCE"}
    permissions = [{"roleId": "source-admin", "resources": [resource]}]
    for path, body in (
        ("/api/invites", {"invites": [{"email": "x@example.com", "permissions": permissions}]}),
        ("/api/tokens", {"name": "x", "permissions": permissions}),
    ):
        response = cast.charlie.post(path, json=body)
        assert response.status_code == 422, response.text
    response = cast.charlie.delete(f"/api/users?userIds={cast.ids['user_id']}")
    assert response.status_code == 404
    response = cast.charlie.delete("/api/invites?emails=dora@example.com")
    assert response.status_code == 404


def test_bob_sees_and_changes_nothing(cast: Cast) -> None:
    before = cast.all_of_alices()
    assert cast.bob.get("/api/sources").json()["data"]["sources"][0]["writeKeys"] == []
    for route in WITH_IDS:
        if route.method != "GET" and "query" not in route.path and "saved" not in route.path:
            response = cast.call(cast.bob, route)
            expected = 404 if "session_id" in route.path else 403
            assert response.status_code == expected, f"{route.method} {route.path}"
    assert cast.all_of_alices() == before
