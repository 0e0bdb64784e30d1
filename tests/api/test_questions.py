"""Questions asked before and saved queries, over the API."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.testclient import TestClient

from headwater.access import audit
from headwater.api.application import application
from headwater.api.frame import Context
from headwater.errors import QueryRefusedError
from headwater.queries.failures import failure_of
from headwater.queries.model import TOTAL_HEADER, TRUNCATED_HEADER
from headwater.queries.remote import RemoteWarehouse

ALICE = {"Authorization": "Bearer token-of-alice"}
ANSWER = {TOTAL_HEADER: "3", TRUNCATED_HEADER: "true"}


async def warehouse(request: Request) -> Response:
    """Refuses what is no SELECT, and answers everything else alike."""
    body = await request.json()
    if "SELECT" not in body["sql"]:
        error = QueryRefusedError("This question cannot be asked.")
        error.position = 2
        return Response(msgspec.json.encode(failure_of(error)), 400)
    return Response(f"{body['format']} of {body['sql']}", headers=ANSWER)


@pytest.fixture
def bob(context: Context) -> Iterator[TestClient]:
    routes = [Route("/query", warehouse, methods=["POST"])]
    remote = RemoteWarehouse(Path("x"), transport=httpx.ASGITransport(Starlette(routes=routes)))
    served = application(replace(context, warehouse=remote))
    return TestClient(served, headers={"Authorization": "Bearer token-of-bob"})


def history(client: TestClient, **query: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get("/api/query/history", params=query).json()["data"][
        "history"
    ]
    return found


def save(client: TestClient, **body: str) -> Any:
    return client.post("/api/saved-queries", json=body)


def test_a_question_is_remembered_where_its_asker_wants_it(bob: TestClient) -> None:
    bob.post("/api/query", json={"sql": "SELECT 1"})
    bob.post("/api/query", json={"sql": "SELECT 2", "remember": True})
    [asked] = history(bob)
    assert (asked["sql"], asked["rows"], asked["truncated"], asked["error"]) == (
        "SELECT 2",
        3,
        True,
        "",
    )
    assert bob.get("/api/query/history", headers=ALICE).json()["data"]["history"] == []


def test_a_question_that_failed_is_remembered_with_its_reason(bob: TestClient) -> None:
    answer = bob.post("/api/query", json={"sql": "DROP x", "remember": True})
    assert answer.status_code == 400
    assert answer.json()["position"] == 2
    [asked] = history(bob)
    assert asked["rows"] is None
    assert "cannot be asked" in asked["error"]


def test_questions_are_found_and_forgotten(bob: TestClient) -> None:
    for sql in ("SELECT a", "SELECT b"):
        bob.post("/api/query", json={"sql": sql, "remember": True})
    [asked] = history(bob, text="select A")
    bob.delete(f"/api/query/history/{asked['id']}")
    assert [each["sql"] for each in history(bob)] == ["SELECT b"]
    bob.delete("/api/query/history")
    assert history(bob) == []


def test_a_question_is_on_the_record_as_a_read_of_personal_data(
    bob: TestClient, context: Context
) -> None:
    bob.post("/api/query", json={"sql": "SELECT email FROM users"})
    context.changes.close()
    with context.changes.reading() as connection:
        last = list(audit.entries(connection))[-1]
    assert (last.action, last.subject, last.subject_id) == (
        "Personal Data Read",
        "SQL",
        "SELECT email FROM users",
    )


def test_a_saved_query_is_made_found_changed_and_removed(bob: TestClient) -> None:
    made = save(bob, name="Orders", sql="SELECT 1", description="All of them")
    assert made.status_code == 201
    held = made.json()["data"]["savedQuery"]
    assert held["createdBy"] == held["updatedBy"] == "Bob"
    path = f"/api/saved-queries/{held['id']}"
    assert bob.get(path).json()["data"]["savedQuery"] == held
    after = bob.patch(path, json={"sql": "SELECT 2"}).json()["data"]["savedQuery"]
    assert (after["name"], after["sql"]) == ("Orders", "SELECT 2")
    assert [q["id"] for q in bob.get("/api/saved-queries").json()["data"]["savedQueries"]] == [
        held["id"]
    ]
    assert bob.delete(path).status_code == 200
    assert bob.get(path).status_code == 404


def test_a_saved_query_that_cannot_be_says_why(bob: TestClient) -> None:
    save(bob, name="Orders", sql="SELECT 1")
    assert save(bob, name="Orders", sql="SELECT 2").status_code == 409
    refused = save(bob, name=" ", sql="SELECT 2")
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "name"


def test_a_saved_querys_rows_have_an_address(bob: TestClient) -> None:
    held = save(bob, name="Orders", sql="SELECT 5").json()["data"]["savedQuery"]
    path = f"/api/saved-queries/{held['id']}/rows"
    assert bob.get(path).text == "csv of SELECT 5"
    assert bob.get(path).headers["content-type"] == "text/csv; charset=utf-8"
    parquet = bob.get(path, params={"format": "parquet"})
    assert parquet.text == "parquet of SELECT 5"
    assert parquet.headers[TRUNCATED_HEADER] == "true"
    del bob.headers["Authorization"]
    assert bob.get(path, auth=("headwater", "token-of-bob")).status_code == 200
    bob.headers["Authorization"] = "Bearer token-of-bob"
    assert bob.get(path, params={"format": "exe"}).status_code == 422


def test_a_saved_query_keeps_its_chart_and_names_its_parameters(bob: TestClient) -> None:
    chart = {"kind": "pie", "x": "event", "y": "n", "series": "", "view": "chart"}
    sql = "SELECT {{least:number=10}}, {{who}}"
    body = {"name": "Drawn", "sql": sql, "chart": chart}
    kept = bob.post("/api/saved-queries", json=body).json()["data"]["savedQuery"]
    assert kept["chart"] == chart
    assert kept["parameters"] == [
        {"name": "least", "type": "number", "default": "10"},
        {"name": "who", "type": "text", "default": None},
    ]
    path = f"/api/saved-queries/{kept['id']}"
    changed = bob.patch(path, json={"name": "Drawn again"}).json()["data"]["savedQuery"]
    assert changed["chart"] == chart
    assert bob.patch(path, json={"chart": None}).json()["data"]["savedQuery"]["chart"] is None
    assert bob.patch(path, json={"chart": {"kind": "cake"}}).status_code == 422
    asked = bob.get(f"{path}/rows", params={"format": "xlsx", "parameters": '{"who": "me"}'})
    assert asked.status_code == 200
    wrong = bob.get(f"{path}/rows", params={"parameters": "{"})
    assert (wrong.status_code, wrong.json()["message"].startswith("parameters: ")) == (422, True)
