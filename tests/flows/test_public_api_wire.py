"""What Segment's Python client, its Go client and its Terraform provider send, as they send it."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import httpx
import pytest

from headwater.testing.whole import Whole
from tests.flows.public_api import Npm, assert_error

pytestmark = pytest.mark.whole

GO = {"Accept": "application/json", "User-Agent": "OpenAPI-Generator/73.2.0/go"}


@pytest.fixture
def wire(whole: Whole) -> Iterator[httpx.Client]:
    """A client whose base address ends in a slash, as people write it: every path has two."""
    headers = {"Authorization": f"Bearer {whole.token}"}
    with httpx.Client(headers=headers, timeout=60) as client:
        yield client


class Go:
    """Go's client, which Terraform's provider calls: what it reads is held to version 73."""

    def __init__(self, wire: httpx.Client, base: str, npm: Npm) -> None:
        self._wire, self._base, self._npm = wire, base, npm

    def __call__(self, operation: str, method: str, target: str, body: object = None) -> Any:
        """The `data` of an answer; None where it is not found."""
        content = None if body is None else json.dumps(body).encode()
        headers = GO | ({} if content is None else {"Content-Type": "application/json"})
        url = f"{self._base}/api//{target.lstrip('/')}"
        answer = self._wire.request(method, url, content=content, headers=headers)
        if answer.status_code == 404:
            assert_error(answer.json())
            return None
        found = list(self._npm.misfits(operation, answer.status_code, answer.json()))
        assert found == [], answer.text
        return answer.json()["data"]


@pytest.fixture
def go(wire: httpx.Client, whole: Whole, npm: Npm) -> Go:
    return Go(wire, whole.url, npm)


def test_terraforms_source_is_planned_applied_and_destroyed_without_drift(go: Go) -> None:
    wanted: dict[str, Any] = {
        "slug": "terraform-shop",
        "enabled": True,
        "metadataId": "website",
        "settings": {"track": {"x": 1}, "website_url": "https://shop.example"},
    }
    assert go("getSourceMetadata", "GET", "catalog/sources/website") is not None
    made = go("createSource", "POST", "sources", wanted)["source"]
    name = {"name": "Terraform's shop", "slug": wanted["slug"], "enabled": True}
    change = name | {"settings": wanted["settings"]}
    changed = go("updateSource", "PATCH", f"sources/{made['id']}", change)["source"]
    for _ in range(2):  # a plan reads again, and sees no other than was applied
        read = go("getSource", "GET", f"sources/{made['id']}")["source"]
        assert read == changed
        assert read["slug"] == wanted["slug"]
        assert wanted["settings"].items() <= read["settings"].items()
        assert read["metadata"]["id"] == wanted["metadataId"]

    settings = {"track": {"allowUnplannedEvents": True, "commonEventOnViolations": "Block"}}
    path = f"sources/{made['id']}/settings"
    go("updateSchemaSettingsInSource", "PATCH", path, settings)
    track = go("listSchemaSettingsInSource", "GET", path)["settings"]["track"]
    assert track["commonEventOnViolations"] == "BLOCK"

    assert go("deleteSource", "DELETE", f"sources/{made['id']}") == {"status": "SUCCESS"}
    assert go("getSource", "GET", f"sources/{made['id']}") is None


def test_terraform_connects_a_source_and_finds_the_connection(go: Go) -> None:
    source = go("createSource", "POST", "sources", {"slug": "tf-wh", "metadataId": "server"})
    source_id = source["source"]["id"]
    pages = "pagination[count]=200&pagination[cursor]=MA=="
    [warehouse] = go("listWarehouses", "GET", f"warehouses?{pages}")["warehouses"]
    path = f"warehouses/{warehouse['id']}/connected-sources/{source_id}"
    assert go("addConnectionFromSourceToWarehouse", "POST", path) == {"status": "CONNECTED"}
    target = f"sources/{source_id}/connected-warehouses?{pages}"
    found = go("listConnectedWarehousesFromSource", "GET", target)
    assert [each["id"] for each in found["warehouses"]] == [warehouse["id"]]
    assert "next" not in found["pagination"]


def test_terraform_looks_for_a_user_until_the_last_page(go: Go) -> None:
    email = "Terra+form@tf.example"
    invite = {"invites": [{"email": email, "permissions": [{"roleId": "workspace-member"}]}]}
    assert go("createInvites", "POST", "invites", invite)["emails"] == [email.lower()]
    cursor: str | None = "MA=="
    pages = 0
    while cursor is not None:  # it stops where there is no next, and nowhere else
        target = f"users?pagination[count]=1&pagination[cursor]={cursor}"
        cursor = go("listUsers", "GET", target)["pagination"].get("next")
        pages += 1
        assert pages < 1000
    gone = go("deleteInvites", "DELETE", "invites?emails.0=terra%2Bform@tf.example")
    assert gone == {"status": "SUCCESS"}


def test_terraforms_labels_and_groups_come_and_go(go: Go) -> None:
    label = {"key": "tf team", "value": "a/b"}
    assert go("createLabel", "POST", "labels", {"label": label})["label"].items() >= label.items()
    source = go("createSource", "POST", "sources", {"slug": "tf-l", "metadataId": "server"})
    path = f"sources/{source['source']['id']}/labels"
    assert go("replaceLabelsInSource", "PUT", path, {"labels": [label]})["labels"][0]["value"]
    assert go("replaceLabelsInSource", "PUT", path, {"labels": []}) == {"labels": []}
    assert go("deleteLabel", "DELETE", "labels/tf%20team/a%2Fb") == {"status": "SUCCESS"}

    group = go("createUserGroup", "POST", "groups", {"name": "Terraform"})["userGroup"]["id"]
    roles = go("listRoles", "GET", "roles?pagination[count]=200")["roles"]
    [reader] = [role["id"] for role in roles if role["name"] == "Source Read-only"]
    workspace = go("getWorkspace", "GET", "")["workspace"]["id"]
    given = {"roleId": reader, "resources": [{"id": workspace, "type": "WORKSPACE"}]}
    path = f"groups/{group}/permissions"
    put = go("replacePermissionsForUserGroup", "PUT", path, {"permissions": [given]})
    assert put["permissions"][0]["roleId"] == reader
    users = {"emails": ["tf1@tf.example"]}
    added = go("addUsersToUserGroup", "POST", f"groups/{group}/users", users)
    assert added["userGroup"]["memberCount"] == 1
    assert go("deleteUserGroup", "DELETE", f"groups/{group}") == {"status": "SUCCESS"}
    assert go("getUserGroup", "GET", f"groups/{group}") is None


@pytest.mark.parametrize(
    ("version", "target", "parameters"),
    [
        ("v1", "/sources", {"pagination": '{"cursor": "MA==", "count": 2}'}),
        ("v1", "/catalog/sources", {"pagination": '{"count": 1}'}),
        ("v1beta", "/audit-events", {"pagination": '{"count": 1}'}),
        ("v1alpha", "/users", {}),
        ("v1", "/echo", {"message": "a+b c", "delay": "1", "triggerError": "False"}),
    ],
)
def test_pythons_client_gets_the_version_that_it_asks_for(
    wire: httpx.Client, whole: Whole, version: str, target: str, parameters: Mapping[str, str]
) -> None:
    kind = f"application/vnd.segment.{version}+json"
    answer = wire.get(f"{whole.url}/api{target}", params=parameters, headers={"Accept": kind})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == kind
    assert "data" in answer.json()


def test_pythons_repeated_parameters_are_one_list(wire: httpx.Client, whole: Whole) -> None:
    emails = ["py+1@py.example", "py2@py.example"]
    body = {"invites": [{"email": email, "permissions": []} for email in emails]}
    assert wire.post(f"{whole.url}/api/invites", json=body).status_code == 201
    answer = wire.delete(f"{whole.url}/api/invites", params={"emails": emails})
    assert answer.json() == {"data": {"status": "SUCCESS"}}


def test_a_post_without_a_body_needs_no_content_type(wire: httpx.Client, whole: Whole) -> None:
    made = wire.post(f"{whole.url}/api/sources", json={"slug": "bare", "metadataId": "server"})
    path = f"{whole.url}/api/sources/{made.json()['data']['source']['id']}/writekey"
    assert wire.post(path, headers=GO).status_code == 200
