"""The OpenAPI document and the reference page: made of the routes, complete, and self-contained."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from headwater.access.model import Access
from headwater.api.application import ROUTES
from headwater.api.frame import ApiRoute
from headwater.api.openapi import operation_id, statuses

SEGMENT = json.loads((Path(__file__).parents[1] / "flows" / "segment_73.json").read_text("utf-8"))[
    "operations"
]


@pytest.fixture
def document(anyone: TestClient) -> dict[str, Any]:
    response = anyone.get("/api/openapi.json")
    assert response.headers["content-type"] == "application/json"
    found: dict[str, Any] = response.json()
    return found


def shape(path: str) -> str:
    """A path whatever its parameters are called."""
    return re.sub(r"\{\w+\}", "{}", path)


@pytest.mark.parametrize("name", sorted(SEGMENT))
def test_segments_operation_is_served_at_its_path_with_its_status(name: str) -> None:
    [route] = [route for route in ROUTES if route.doc.operation == name]
    wanted = SEGMENT[name]
    assert route.method == wanted["method"]
    assert shape(route.path.removeprefix("/api") or "/") == shape(wanted["path"])
    assert route.doc.status == wanted["status"]


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_every_route_says_what_it_is(route: ApiRoute) -> None:
    assert route.doc.summary.endswith(".")
    assert route.doc.tag
    assert route.doc.answer is not None or route.doc.media
    if route.doc.body is not None:
        assert route.method != "GET"


def test_the_document_has_every_route_under_a_name_of_its_own(document: dict[str, Any]) -> None:
    assert document["openapi"] == "3.1.0"
    documented = [
        operation["operationId"]
        for methods in document["paths"].values()
        for operation in methods.values()
    ]
    assert sorted(documented) == sorted(map(operation_id, ROUTES))
    assert len(set(documented)) == len(documented)


def test_every_reference_in_the_document_leads_somewhere(document: dict[str, Any]) -> None:
    for reference in set(re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(document))):
        found: Any = document
        for part in reference.split("/"):
            found = found[part]
        assert found, reference


def test_no_schema_is_there_that_nothing_refers_to(document: dict[str, Any]) -> None:
    text = json.dumps(document)
    for name in document["components"]["schemas"]:
        assert f'"#/components/schemas/{name}"' in text, name


def test_every_parameter_of_a_path_is_documented(document: dict[str, Any]) -> None:
    for path, methods in document["paths"].items():
        for operation in methods.values():
            named = [each["name"] for each in operation["parameters"] if each["in"] == "path"]
            assert named == re.findall(r"\{(\w+)\}", path)


def test_credentials_are_asked_for_as_the_access_rule_says(document: dict[str, Any]) -> None:
    for route in ROUTES:
        path = re.sub(r"_(\w)", lambda match: match[1].upper(), route.path)
        security = document["paths"][path][route.method.lower()]["security"]
        assert (security == []) is (route.access is Access.ANYONE), path
        assert ({} in security) is (route.access is Access.LOCAL), path
        assert (401 in statuses(route)) is (route.access is not Access.ANYONE), path


def test_the_page_tells_of_every_operation_and_loads_nothing(
    anyone: TestClient, document: dict[str, Any]
) -> None:
    response = anyone.get("/api/reference")
    assert response.status_code == 200
    page = response.text
    for methods in document["paths"].values():
        for operation in methods.values():
            assert f'<details id="{operation["operationId"]}">' in page
    assert not re.findall(r"""(?:src|href|url)\s*[=(]\s*["']?(?:https?:)?//""", page)
    policy = response.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe-inline" not in policy
    assert len(page) < 1_000_000
