"""Segment's published client writes, deploys and connects functions: all fourteen operations."""

from typing import Any

import httpx
import pytest

from headwater.testing.whole import Whole
from tests.flows.public_api import Npm, new_source

pytestmark = pytest.mark.whole

API = "Functions"
CODE = """
async function onRequest(request, settings) {
  Segment.track({event: 'Worded', userId: 'u', properties: {w: settings.word}})
}
"""
SETTING = {
    "name": "word",
    "label": "Word",
    "description": "What to add",
    "type": "STRING",
    "required": True,
    "sensitive": True,
}


def test_a_function_is_made_deployed_connected_and_taken_away(npm: Npm, whole: Whole) -> None:
    source = new_source(npm, metadataId="webhook")
    body = {
        "code": CODE,
        "displayName": f"Words of {source['id']}",
        "resourceType": "SOURCE",
        "settings": [SETTING],
        "description": "Adds a word",
        "logoUrl": "https://example.com/logo.png",
    }
    made = npm(API, "createFunction", body).data["function"]
    assert made["settings"] == [SETTING]
    assert npm(API, "getFunction", made["id"]).data["function"] == made
    listed = npm(API, "listFunctions", {"count": 200}, "SOURCE").data["functions"]
    assert made["id"] in {each["id"] for each in listed}
    of_type = npm(API, "listFunctions", {"count": 200}, "DESTINATION").data["functions"]
    assert made["id"] not in {each["id"] for each in of_type}

    instance = {
        "functionId": made["id"],
        "integrationId": source["id"],
        "name": "Mine",
        "enabled": True,
        "settings": {"word": "a secret of the function"},
    }
    connected = npm(API, "createInsertFunctionInstance", instance).data["insertFunctionInstance"]
    assert connected["settings"] == {}
    assert connected["encryptedSettings"]["word"].startswith("••••")
    one = npm(API, "getInsertFunctionInstance", connected["id"]).data["insertFunctionInstance"]
    assert one == connected
    of_function = npm(API, "listInsertFunctionInstances", {"count": 9}, made["id"]).data
    assert of_function["instances"] == [connected]
    assert npm(API, "createFunctionDeployment", made["id"]).data == {
        "functionDeployment": {"status": "SUCCESS"}
    }

    def acts() -> bool:
        httpx.post(f"{whole.url}/webhooks/{source['id']}", json={})
        asked = "SELECT 1 FROM track WHERE properties.w = 'a secret of the function'"
        return bool(whole.query(asked))

    whole.wait_until(acts)
    change: dict[str, Any] = {"enabled": False, "name": "Other", "settings": {}}
    off = npm(API, "updateInsertFunctionInstance", connected["id"], change).data
    assert off["insertFunctionInstance"]["enabled"] is False
    assert npm(API, "deleteInsertFunctionInstance", connected["id"]).data["status"] == "SUCCESS"

    changed = npm(API, "updateFunction", made["id"], {"code": CODE + "\n//"}).data["function"]
    assert changed["isLatestVersion"] is False
    second, first = npm(API, "listFunctionVersions", made["id"], {"count": 9}).data["versions"]
    assert npm(API, "getFunctionVersion", made["id"], first["id"]).data["version"] == first
    wanted = {"versionId": first["id"]}
    restored = npm(API, "restoreFunctionVersion", made["id"], wanted).data["version"]
    assert (restored["code"], second["code"]) == (CODE, CODE + "\n//")
    assert npm(API, "deleteFunction", made["id"]).data["status"] == "SUCCESS"
    assert npm(API, "getFunction", made["id"]).status == 404


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"code": "function ("}, "code"),
        ({"displayName": ""}, "displayName"),
        ({"settings": [SETTING, SETTING]}, "settings"),
    ],
)
def test_one_that_cannot_be_is_refused_by_its_field(
    npm: Npm, change: dict[str, Any], field: str
) -> None:
    body = {"code": CODE, "displayName": "Wrong", "resourceType": "SOURCE"}
    refused = npm(API, "createFunction", body | change)
    assert refused.status == 422
    assert refused.error["field"] == field
