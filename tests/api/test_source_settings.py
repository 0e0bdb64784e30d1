"""A source's settings: kept as they were sent, sealed, and never shown whole."""

from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from headwater.workspaces import catalog
from headwater.workspaces.model import SourceType

SECRET = "0123456789-very-secret-abcdef"


def create(client: TestClient, **body: Any) -> dict[str, Any]:
    response = client.post("/api/sources", json={"enabled": True, "metadataId": "server", **body})
    assert response.status_code == 201, response.text
    source: dict[str, Any] = response.json()["data"]["source"]
    return source


def test_a_secret_stands_nowhere_in_the_data_folder_or_the_trail(
    alice: TestClient, tmp_path: Path
) -> None:
    source = create(alice, slug="shop", settings={"apiKey": SECRET, "region": "eu"})
    alice.patch(f"/api/sources/{source['id']}", json={"settings": {"region": "us"}})
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert SECRET.encode() not in path.read_bytes(), path
    trail = alice.get("/api/audit-events", params={"resourceId": source["id"]})
    assert SECRET not in trail.text
    kinds = [event["type"] for event in trail.json()["data"]["events"]]
    assert kinds.count("Source Settings Modified") == 2
    assert trail.text.count("••••••••cdef") >= 3


def test_settings_that_say_nothing_new_are_no_change(alice: TestClient) -> None:
    source = create(alice, slug="shop", settings={"apiKey": SECRET})
    before = alice.get("/api/audit-events").json()["data"]["pagination"]["totalEntries"]
    for settings in ({}, {"apiKey": SECRET}, {"apiKey": "••••••••cdef"}, {"gone": None}):
        alice.patch(f"/api/sources/{source['id']}", json={"settings": settings})
    after = alice.get("/api/audit-events").json()["data"]["pagination"]["totalEntries"]
    assert after == before


def test_what_cannot_be_kept_changes_nothing_at_all(alice: TestClient) -> None:
    source = create(alice, slug="shop", name="Shop")
    deep: Any = 1
    for _ in range(30):
        deep = [deep]
    body = {"name": "Other", "settings": {"deep": deep}}
    refused = alice.patch(f"/api/sources/{source['id']}", json=body)
    assert refused.status_code == 422
    assert alice.get(f"/api/sources/{source['id']}").json()["data"]["source"] == source


def test_a_deleted_sources_settings_are_gone_with_it(alice: TestClient) -> None:
    source = create(alice, slug="shop", settings={"region": "eu"})
    alice.delete(f"/api/sources/{source['id']}")
    assert create(alice, slug="shop2")["settings"] == {}


@pytest.mark.parametrize(("written", "schema"), [("My-Shop", "my_shop"), ("order", "source_order")])
def test_a_slug_comes_back_as_it_was_written(alice: TestClient, written: str, schema: str) -> None:
    source = create(alice, slug=written)
    assert source["slug"] == written
    path = f"/api/sources/{source['id']}"
    assert alice.patch(path, json={"slug": written}).json()["data"]["source"] == source
    rewritten = alice.patch(path, json={"slug": schema}).json()["data"]["source"]
    assert rewritten["slug"] == schema
    assert alice.get(path).json()["data"]["source"]["slug"] == schema
    taken = {"slug": schema, "enabled": True, "metadataId": "server"}
    assert alice.post("/api/sources", json=taken).status_code == 409


def test_every_kind_of_source_is_in_the_catalogue() -> None:
    assert set(catalog.SOURCES) == set(SourceType)
    for kind in catalog.SOURCES.values():
        assert kind.logos.default.startswith("data:image/svg+xml;base64,")


def test_a_member_sees_the_schema_settings_and_may_not_change_them(
    alice: TestClient, bob: TestClient
) -> None:
    source = create(alice, slug="shop")
    path = f"/api/sources/{source['id']}/settings"
    seen = bob.get(path).json()["data"]
    assert seen["settings"]["track"]["commonEventOnViolations"] == "ALLOW"
    assert bob.patch(path, json={"track": {"allowUnplannedEvents": False}}).status_code == 403
    assert bob.put(f"/api/sources/{source['id']}/labels", json={"labels": []}).status_code == 403


def test_a_member_sees_the_warehouse_and_may_not_rename_it(
    alice: TestClient, bob: TestClient
) -> None:
    [warehouse] = bob.get("/api/warehouses").json()["data"]["warehouses"]
    path = f"/api/warehouses/{warehouse['id']}"
    assert bob.patch(path, json={"name": "Mine"}).status_code == 403
    assert bob.delete(path).status_code == 403
    assert bob.get(f"{path}/connection-state").json()["data"] == {"connectionState": "FAILED"}
    renamed = alice.patch(path, json={"settings": {"name": "Ours"}}).json()["data"]["warehouse"]
    assert renamed["settings"] == {"name": "Ours"}
    assert alice.patch(path, json={"settings": {"host": "x"}}).status_code == 422
    trail = alice.get("/api/audit-events", params={"resourceId": warehouse["id"]})
    assert [event["type"] for event in trail.json()["data"]["events"]] == ["Warehouse Modified"]


def test_the_workspace_gets_another_name_and_keeps_its_slug(
    alice: TestClient, bob: TestClient
) -> None:
    renamed = alice.patch("/api", json={"name": "Our shop"}).json()["data"]["workspace"]
    assert (renamed["name"], renamed["slug"]) == ("Our shop", "default")
    assert bob.get("/api").json()["data"]["workspace"] == renamed
    assert bob.patch("/api", json={"name": "Mine"}).status_code == 403
    assert alice.patch("/api", json={"name": " "}).status_code == 422
