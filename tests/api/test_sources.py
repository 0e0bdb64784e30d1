"""/api/sources, in the shapes of Segment's Public API."""

from typing import Any

import pytest
from starlette.testclient import TestClient


def create(client: TestClient, **body: Any) -> dict[str, Any]:
    response = client.post("/api/sources", json=body)
    assert response.status_code == 201, response.text
    source: dict[str, Any] = response.json()["data"]["source"]
    return source


def test_a_source_has_all_that_segments_clients_require(alice: TestClient) -> None:
    source = create(alice, name="My Shop", type="website")
    assert set(source) >= {
        "id",
        "slug",
        "name",
        "metadata",
        "workspaceId",
        "enabled",
        "writeKeys",
        "settings",
        "labels",
    }
    assert source["slug"] == "my_shop"
    assert source["enabled"] is True
    assert len(source["writeKeys"]) == 1
    assert source["metadata"]["status"] == "PUBLIC"
    assert set(source["metadata"]) >= {
        "id",
        "name",
        "slug",
        "description",
        "logos",
        "options",
        "categories",
        "isCloudEventSource",
    }


def test_segments_body_makes_a_source(alice: TestClient) -> None:
    source = create(alice, slug="my_shop", enabled=False, metadataId="website", settings={})
    assert (source["slug"], source["name"]) == ("my_shop", "my_shop")
    assert source["enabled"] is False
    assert source["metadata"]["id"] == "website"


def test_the_settings_list_the_origins_whose_pages_may_send(alice: TestClient) -> None:
    listed = {"allowedOrigins": ["https://shop.example"]}
    source = create(alice, name="Shop", settings=listed)
    assert source["settings"] == listed
    path = f"/api/sources/{source['id']}"
    alice.patch(path, json={"name": "Other"})
    assert alice.get(path).json()["data"]["source"]["settings"] == listed
    changed = alice.patch(path, json={"settings": {"allowedOrigins": []}}).json()
    assert changed["data"]["source"]["settings"] == {"allowedOrigins": []}
    refused = alice.patch(path, json={"settings": {"allowedOrigins": ["shop"]}})
    assert refused.status_code == 422
    assert "is not an origin" in refused.text


def test_a_source_is_shown_as_it_was_made(alice: TestClient) -> None:
    source = create(alice, name="Shop")
    data = alice.get(f"/api/sources/{source['id']}").json()["data"]
    assert data == {"source": source, "trackingPlanId": None}


def test_a_member_may_look_and_sees_no_write_keys(alice: TestClient, bob: TestClient) -> None:
    source = create(alice, name="Shop")
    shown = bob.get("/api/sources").json()["data"]["sources"]
    assert shown == [{**source, "writeKeys": []}]


def test_a_source_changes_where_it_is_told_to(alice: TestClient) -> None:
    source = create(alice, name="Shop")
    response = alice.patch(f"/api/sources/{source['id']}", json={"enabled": False})
    assert response.status_code == 200
    assert response.json()["data"]["source"] == {**source, "enabled": False}


def test_a_slug_never_changes(alice: TestClient) -> None:
    source = create(alice, name="Shop")
    path = f"/api/sources/{source['id']}"
    assert alice.patch(path, json={"slug": source["slug"], "name": "New"}).status_code == 200
    response = alice.patch(path, json={"slug": "other"})
    assert response.status_code == 422
    assert "slug" in response.json()["message"]


def test_a_deleted_source_is_gone(alice: TestClient) -> None:
    source = create(alice, name="Shop")
    response = alice.delete(f"/api/sources/{source['id']}")
    assert (response.status_code, response.json()) == (200, {"data": {"status": "SUCCESS"}})
    assert alice.get(f"/api/sources/{source['id']}").status_code == 404
    assert alice.delete(f"/api/sources/{source['id']}").status_code == 404


def test_write_keys_come_and_go(alice: TestClient) -> None:
    source = create(alice, name="Shop")
    path = f"/api/sources/{source['id']}/writekey"
    old = source["writeKeys"][0]
    assert alice.delete(f"{path}/{old}").status_code == 409
    both = alice.post(path).json()["data"]["source"]["writeKeys"]
    assert old in both
    assert len(both) == 2
    assert alice.delete(f"{path}/{old}").json() == {"data": {"status": "SUCCESS"}}
    assert alice.delete(f"{path}/{old}").status_code == 404


@pytest.mark.parametrize(
    ("body", "word"),
    [({}, "name"), ({"name": "x", "type": "boat"}, "type"), ({"name": "x" * 300}, "name")],
)
def test_a_source_that_cannot_be_names_the_field(
    alice: TestClient, body: dict[str, Any], word: str
) -> None:
    response = alice.post("/api/sources", json=body)
    assert response.status_code == 422
    assert response.json()["message"].startswith(word)


def test_a_taken_slug_is_a_conflict(alice: TestClient) -> None:
    create(alice, slug="shop", metadataId="website")
    assert alice.post("/api/sources", json={"slug": "shop"}).status_code == 409


@pytest.mark.parametrize(
    "query",
    [
        "pagination[count]=2",
        "pagination%5Bcount%5D=2",
        "pagination.count=2",
        'pagination={"count": 2}',
        "pagination[count]=2&pagination[cursor]=MA==",
    ],
)
def test_a_page_is_asked_for_in_every_clients_way(alice: TestClient, query: str) -> None:
    made = [create(alice, name=f"Shop {number}")["slug"] for number in range(3)]
    data = alice.get(f"/api/sources?{query}").json()["data"]
    assert [source["slug"] for source in data["sources"]] == made[:2]
    assert data["pagination"]["current"] == "MA=="
    assert data["pagination"]["totalEntries"] == 3
    assert "previous" not in data["pagination"]


def test_pages_lead_through_the_whole_list_and_end(alice: TestClient) -> None:
    made = [create(alice, name=f"Shop {number}")["slug"] for number in range(5)]
    found: list[str] = []
    cursor = "MA=="
    while cursor:
        data = alice.get(
            "/api/sources", params={"pagination[count]": 2, "pagination[cursor]": cursor}
        ).json()["data"]
        found += [source["slug"] for source in data["sources"]]
        cursor = data["pagination"].get("next", "")
    assert found == made
    assert "next" not in data["pagination"]
    assert "previous" in data["pagination"]


@pytest.mark.parametrize(
    "query",
    [
        "pagination.count=0",
        "pagination.count=1001",
        "pagination.count=x",
        "pagination.cursor=x",
        "pagination.cursor=eA==",
        "pagination=x",
    ],
)
def test_a_page_that_cannot_be_is_refused(alice: TestClient, query: str) -> None:
    response = alice.get(f"/api/sources?{query}")
    assert response.status_code == 422
    assert "pagination" in response.json()["message"]


def test_the_workspace_is_the_tokens(bob: TestClient) -> None:
    workspace = bob.get("/api").json()["data"]["workspace"]
    assert (workspace["name"], workspace["slug"]) == ("Default", "default")
    assert workspace["id"]
