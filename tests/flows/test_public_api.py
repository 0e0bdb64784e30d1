"""Segment's published clients configure Headwater unmodified: every operation of its nouns."""

from typing import Any

import httpx
import pytest

from headwater.testing.whole import Whole
from tests.flows.public_api import Npm, assert_error, new_source, paged

pytestmark = pytest.mark.whole


def test_the_workspace_is_the_tokens(npm: Npm) -> None:
    workspace = npm("Workspaces", "getWorkspace").data["workspace"]
    assert workspace.keys() == {"id", "slug", "name"}


def test_echo_gives_back_what_was_sent_and_fails_when_told_to(npm: Npm) -> None:
    message = "a+b & c=d 键 [0].x"
    data = npm("Testing", "echo", message, 1).data
    assert (data["method"], data["message"]) == ("get", message)
    assert not any("authorization" in name.lower() for name in data["headers"])
    for status in (400, 401, 403, 404, 409, 422, 429):
        assert npm("Testing", "echo", "x", 0, True, False, False, status).status == status
    assert len(npm("Testing", "echo", "x", 0, False, True).body["errors"]) == 2
    assert npm("Testing", "echo", "x", 0, False, False, True).error["type"] == "unexpected"
    assert npm("Testing", "echo", "x", 2_001).error["field"] == "delay"


@pytest.mark.parametrize(
    ("noun", "listing", "showing", "known"),
    [
        ("sources", "getSourcesCatalog", "getSourceMetadata", "website"),
        ("warehouses", "getWarehousesCatalog", "getWarehouseMetadata", "duckdb"),
        ("destinations", "getDestinationsCatalog", "getDestinationMetadata", ""),
    ],
)
def test_the_catalogue_is_listed_and_each_kind_shown(
    npm: Npm, noun: str, listing: str, showing: str, known: str
) -> None:
    kinds = paged(npm, "Catalog", listing, f"{noun}Catalog", size=2)
    for kind in kinds:
        data = npm("Catalog", showing, kind["id"]).data
        assert data[f"{noun.removesuffix('s')}Metadata"] == kind
    assert known in {kind["id"] for kind in kinds} | {""}
    assert npm("Catalog", showing, "nothing").status == 404


def test_a_source_is_made_shown_changed_and_deleted(npm: Npm) -> None:
    settings = {"region": "eu", "nested": {"a": [1, {"b": None}]}, "apiKey": "0123456789abcdef"}
    made = new_source(npm, slug="My-Shop", metadataId="website", settings=settings)
    assert made["slug"] == "My-Shop"
    assert made["settings"] == {
        "region": "eu",
        "nested": {"a": [1, {"b": None}]},
        "apiKey": "••••••••cdef",
        "allowedOrigins": [],
    }
    shown = npm("Sources", "getSource", made["id"]).data
    assert shown == {"source": made, "trackingPlanId": None}

    change = {"name": "Shop", "enabled": False, "settings": {"region": "us", "nested": None}}
    changed = npm("Sources", "updateSource", made["id"], change).data["source"]
    assert (changed["name"], changed["enabled"]) == ("Shop", False)
    assert changed["settings"] == {
        "region": "us",
        "apiKey": "••••••••cdef",
        "allowedOrigins": [],
    }
    # A client that sends back what it was shown changes nothing.
    same = {"settings": changed["settings"], "slug": changed["slug"]}
    assert npm("Sources", "updateSource", made["id"], same).data["source"] == changed
    assert npm("Sources", "getSource", made["id"]).data["source"] == changed

    assert npm("Sources", "deleteSource", made["id"]).data == {"status": "SUCCESS"}
    for operation in ("getSource", "deleteSource"):
        assert npm("Sources", operation, made["id"]).status == 404
    assert npm("Sources", "updateSource", made["id"], {"name": "x"}).status == 404


def test_write_keys_are_made_and_removed(npm: Npm, whole: Whole) -> None:
    source = new_source(npm)
    [old] = source["writeKeys"]
    both = npm("Sources", "createWriteKeyForSource", source["id"]).data["source"]["writeKeys"]
    [new] = set(both) - {old}
    assert npm("Sources", "removeWriteKeyFromSource", source["id"], old).data["status"] == "SUCCESS"
    assert npm("Sources", "removeWriteKeyFromSource", source["id"], old).status == 404
    assert npm("Sources", "removeWriteKeyFromSource", source["id"], new).status == 409
    event = {"userId": "u", "event": "E"}
    assert httpx.post(f"{whole.url}/v1/track", json=event, auth=(new, "")).status_code == 200
    assert httpx.post(f"{whole.url}/v1/track", json=event, auth=(old, "")).status_code == 401


def test_schema_settings_keep_what_is_given_and_what_was(npm: Npm) -> None:
    source, other = new_source(npm), new_source(npm)
    first = npm("Sources", "listSchemaSettingsInSource", source["id"]).data
    assert first["sourceId"] == source["id"]
    assert first["settings"]["track"]["allowUnplannedEvents"] is True
    assert "forwardingViolationsTo" not in first["settings"]

    change = {
        "track": {"allowUnplannedEvents": False, "commonEventOnViolations": "OMIT_PROPERTIES"},
        "group": {"commonEventOnViolations": "Block"},
        "forwardingViolationsTo": other["id"],
    }
    changed = npm("Sources", "updateSchemaSettingsInSource", source["id"], change).data
    assert changed["settings"]["track"] == first["settings"]["track"] | change["track"]
    assert changed["settings"]["identify"] == first["settings"]["identify"]
    assert changed["settings"]["group"]["commonEventOnViolations"] == "BLOCK"
    assert changed["settings"]["forwardingViolationsTo"] == other["id"]
    assert npm("Sources", "listSchemaSettingsInSource", source["id"]).data == changed

    off = npm(
        "Sources", "updateSchemaSettingsInSource", source["id"], {"forwardingViolationsTo": ""}
    )
    assert "forwardingViolationsTo" not in off.data["settings"]
    for wrong in (
        {"forwardingViolationsTo": "nobody"},
        {"forwardingBlockedEventsTo": source["id"]},
        {"track": {"commonEventOnViolations": "OMIT_TRAITS"}},
        {"identify": {"allowUnplannedTraits": "yes"}},
    ):
        refused = npm("Sources", "updateSchemaSettingsInSource", source["id"], wrong)
        assert refused.status == 422, wrong
    assert npm("Sources", "listSchemaSettingsInSource", "nobody").status == 404


def test_a_list_of_hundreds_is_paged_through_and_back(npm: Npm, http: httpx.Client) -> None:
    for number in range(260):
        body = {"slug": f"many-{number}", "enabled": True, "metadataId": "server"}
        assert http.post("/sources", json=body).status_code == 201
    found = paged(npm, "Sources", "listSources", "sources", size=100)
    slugs = [source["slug"] for source in found]
    assert [slug for slug in slugs if slug.startswith("many-")] == [f"many-{n}" for n in range(260)]
    assert len({source["id"] for source in found}) == len(found)
    whole_page = npm("Sources", "listSources", {"count": 1000}).data["sources"]
    assert whole_page == found
    assert len(npm("Sources", "listSources", {}).data["sources"]) == 200


@pytest.mark.parametrize("pagination", [{"count": 0}, {"count": 1001}, {"count": 5, "cursor": "x"}])
def test_a_page_that_cannot_be_is_refused(npm: Npm, pagination: dict[str, Any]) -> None:
    refused = npm("Sources", "listSources", pagination)
    assert refused.status == 422
    assert refused.error["field"].startswith("pagination")


def test_the_warehouse_is_listed_shown_renamed_and_takes_every_source(npm: Npm) -> None:
    source = new_source(npm)
    [warehouse] = paged(npm, "Warehouses", "listWarehouses", "warehouses", size=1)
    assert warehouse["metadata"]["slug"] == "duckdb"
    assert npm("Warehouses", "getWarehouse", warehouse["id"]).data["warehouse"] == warehouse
    renamed = npm(
        "Warehouses", "updateWarehouse", warehouse["id"], {"name": "Main", "settings": {}}
    ).data["warehouse"]
    assert renamed == warehouse | {"settings": {"name": "Main"}}
    state = npm("Warehouses", "getConnectionStateFromWarehouse", warehouse["id"]).data
    assert state == {"connectionState": "CONNECTED"}
    tried = {"metadataId": "duckdb", "settings": {}}
    assert npm("Warehouses", "createValidationInWarehouse", tried).data["status"] == "CONNECTED"

    sources = paged(
        npm, "Warehouses", "listConnectedSourcesFromWarehouse", "sources", warehouse["id"], size=200
    )
    assert source in sources
    warehouses = paged(
        npm, "Sources", "listConnectedWarehousesFromSource", "warehouses", source["id"], size=200
    )
    assert warehouses == [renamed]
    connect = ("Warehouses", "addConnectionFromSourceToWarehouse", warehouse["id"], source["id"])
    assert npm(*connect).data == {"status": "CONNECTED"}
    assert (
        paged(
            npm,
            "Sources",
            "listConnectedDestinationsFromSource",
            "destinations",
            source["id"],
            size=9,
        )
        == []
    )


def test_what_the_embedded_warehouse_cannot_do_is_refused_with_a_reason(npm: Npm) -> None:
    source = new_source(npm)
    [warehouse] = npm("Warehouses", "listWarehouses", {"count": 9}).data["warehouses"]
    disconnect = "removeSourceConnectionFromWarehouse"
    for refused in (
        npm("Warehouses", "createWarehouse", {"metadataId": "duckdb", "settings": {}}),
        npm("Warehouses", "deleteWarehouse", warehouse["id"]),
        npm("Warehouses", "updateWarehouse", warehouse["id"], {"enabled": False, "settings": {}}),
        npm("Warehouses", disconnect, warehouse["id"], source["id"]),
    ):
        assert refused.status == 409
        assert "warehouse" in refused.error["message"]
    unknown = npm("Warehouses", "createWarehouse", {"metadataId": "nothing", "settings": {}})
    assert (unknown.status, unknown.error["field"]) == (422, "metadataId")
    for missing in (
        npm("Warehouses", "getWarehouse", "nothing"),
        npm("Warehouses", disconnect, "nothing", source["id"]),
        npm("Warehouses", disconnect, warehouse["id"], "nothing"),
    ):
        assert missing.status == 404


def test_a_stranger_and_a_wrong_token_are_refused(npm: Npm) -> None:
    for token in ("", "hw_guess"):
        refused = npm("Sources", "listSources", {"count": 1}, token=token)
        assert refused.status == 401


@pytest.mark.parametrize(
    "body",
    [
        {"slug": "x", "enabled": True, "metadataId": "boat"},
        {"slug": "", "enabled": True, "metadataId": "server"},
        {"slug": "x" * 300, "enabled": True, "metadataId": "server"},
        {"slug": 5, "enabled": True, "metadataId": "server"},
        {"slug": "x", "enabled": "yes", "metadataId": "server"},
        {"slug": "x", "enabled": True, "metadataId": "server", "settings": []},
        {"slug": "x", "enabled": True, "metadataId": "website", "settings": {"allowedOrigins": 1}},
    ],
)
def test_a_source_that_cannot_be_is_refused_by_the_fields_name(
    npm: Npm, body: dict[str, Any]
) -> None:
    refused = npm("Sources", "createSource", body)
    assert refused.status == 422
    assert refused.error["field"]


def test_a_source_without_its_warehouse_is_refused(http: httpx.Client) -> None:
    # The npm package does not know this field and drops it.
    body = {"slug": "x", "enabled": True, "metadataId": "server", "disconnectAllWarehouses": True}
    refused = http.post("/sources", json=body)
    assert refused.status_code == 422
    assert_error(refused.json())
