"""Segment's published client keeps transformations, and events become what they say."""

from typing import Any

import httpx
import pytest

from headwater.testing.whole import Whole
from tests.flows.public_api import Npm, new_source, paged

pytestmark = pytest.mark.whole

API = "Transformations"


@pytest.fixture(scope="module")
def source(npm: Npm) -> dict[str, Any]:
    return new_source(npm)


def test_a_transformation_is_made_read_changed_and_deleted(
    npm: Npm, whole: Whole, source: dict[str, Any]
) -> None:
    body = {
        "name": "Old names",
        "sourceId": source["id"],
        "enabled": True,
        "if": "event = 'Bought'",
        "newEventName": "Order Completed",
        "propertyRenames": [{"oldName": "sku_id", "newName": "sku"}],
        "propertyValueTransformations": [
            {"propertyPaths": ["properties.shop"], "propertyValue": "web"}
        ],
        "fqlDefinedProperties": [{"fql": "lowercase(properties.plan)", "propertyName": "tier"}],
        "hashPropertiesConfiguration": {
            "algorithm": "HMAC-SHA256",
            "key": "a key that nobody knows",
            "encoding": "BASE64URL",
            "paths": ["properties.email"],
        },
        "allowProperties": ["sku", "shop", "tier", "email"],
    }
    made = npm(API, "createTransformation", body).data["transformation"]
    assert made["hashPropertiesConfiguration"]["key"].startswith("••••")
    for name in ("name", "if", "propertyRenames", "fqlDefinedProperties", "allowProperties"):
        assert made[name] == body[name]
    assert npm(API, "getTransformation", made["id"]).data["transformation"]["id"] == made["id"]

    sent = {
        "event": "Bought",
        "userId": "u",
        "properties": {"sku_id": 7, "shop": "x", "plan": "GOLD", "email": "a@b.c", "secret": 1},
    }
    answer = httpx.post(f"{whole.url}/v1/track", json=sent, auth=(source["writeKeys"][0], ""))
    assert answer.status_code == 200
    whole.wait_until_loaded()
    asked = (
        "SELECT properties.sku AS sku, properties.shop AS shop, properties.tier AS tier, "
        "properties.secret AS secret, length(CAST(properties.email AS VARCHAR)) AS hashed "
        "FROM track WHERE event = 'Order Completed' AND messageId IS NOT NULL"
    )
    [row] = [row for row in whole.query(asked) if row["hashed"]]
    assert (row["sku"], row["shop"], row["tier"], row["secret"]) == (7, "web", "gold", None)

    change = {"enabled": False, "name": "Older names"}
    changed = npm(API, "updateTransformation", made["id"], change).data["transformation"]
    assert (changed["name"], changed["enabled"], changed["if"]) == (
        "Older names",
        False,
        "event = 'Bought'",
    )
    assert npm(API, "deleteTransformation", made["id"]).data["status"] == "SUCCESS"
    assert npm(API, "getTransformation", made["id"]).status == 404


def test_many_are_listed_page_by_page(npm: Npm, source: dict[str, Any]) -> None:
    for number in range(5):
        body = {"name": f"T{number}", "sourceId": source["id"], "enabled": True, "if": ""}
        npm(API, "createTransformation", body | {"drop": number == 4})
    found = paged(npm, API, "listTransformations", "transformations", size=2)
    assert {f"T{number}" for number in range(5)} <= {each["name"] for each in found}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"if": "type >"}, "if"),
        ({"sourceId": "none"}, "sourceId"),
        ({"name": ""}, "name"),
        ({"fqlDefinedProperties": [{"fql": "(", "propertyName": "x"}]}, "fqlDefinedProperties"),
        (
            {"hashPropertiesConfiguration": {"algorithm": "ROT13", "paths": ["a"]}},
            "hashPropertiesConfiguration",
        ),
    ],
)
def test_one_that_cannot_be_is_refused_by_its_field(
    npm: Npm, source: dict[str, Any], change: dict[str, Any], field: str
) -> None:
    body = {"name": "Wrong", "sourceId": source["id"], "enabled": True, "if": ""}
    refused = npm(API, "createTransformation", body | change)
    assert refused.status in (400, 422)
    assert refused.error["field"] == field
