"""/api/query and /api/export: what is asked reaches the warehouse, and its answer the asker."""

import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from headwater.access.admission import by_token
from headwater.api.application import application
from headwater.api.frame import Context
from headwater.api.query import accepted
from headwater.queries.model import TOTAL_HEADER, TRUNCATED_HEADER, Format
from headwater.queries.remote import RemoteWarehouse

ANSWER = b'{"sql":"SELECT 1","columns":[],"data":[],"total":0,"truncated":false}'


class Heard:
    """A warehouse role that keeps what it is sent and answers with one constant."""

    def __init__(self) -> None:
        self.body: dict[str, Any] = {}
        self.query: dict[str, str] = {}
        self.response = Response(ANSWER, headers={TOTAL_HEADER: "0", TRUNCATED_HEADER: "false"})

    async def __call__(self, request: Request) -> Response:
        self.query = dict(request.query_params)
        self.body = await request.json() if request.method == "POST" else {}
        return self.response


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def asker(context: Context, heard: Heard) -> TestClient:
    routes = [
        Route("/query", heard.__call__, methods=["POST"]),
        Route("/cancel", heard.__call__, methods=["POST"]),
        Route("/export", heard.__call__, methods=["GET"]),
    ]
    remote = RemoteWarehouse(Path("x"), transport=httpx.ASGITransport(Starlette(routes=routes)))
    served = application(replace(context, warehouse=remote))
    return TestClient(served, headers={"Authorization": "Bearer token-of-bob"})


def test_a_question_is_answered_as_the_warehouse_answers(asker: TestClient, heard: Heard) -> None:
    response = asker.post("/api/query", json={"sql": "SELECT 1"})
    assert response.status_code == 200
    assert response.content == ANSWER
    assert response.headers["content-type"] == "application/json"
    assert response.headers[TOTAL_HEADER] == "0"
    assert (heard.body["sql"], heard.body["format"]) == ("SELECT 1", "json")


def test_a_question_is_of_the_askers_own_workspace(
    asker: TestClient, heard: Heard, context: Context
) -> None:
    own = by_token(context.changes, "token-of-bob").workspace_id
    response = asker.post("/api/query", json={"sql": "SELECT 1", "workspaceId": "another"})
    assert heard.body["workspaceId"] == own
    assert heard.body["queryId"] == f"{own}/{response.headers['X-Headwater-Query-Id']}"


def test_limits_and_format_are_passed_on(asker: TestClient, heard: Heard) -> None:
    body = {"sql": "SELECT 1", "maxRows": 5, "timeoutSeconds": 1.5, "format": "csv"}
    response = asker.post("/api/query", json=body)
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    assert body.items() <= heard.body.items()


@pytest.mark.parametrize(
    ("header", "format_"),
    [
        ("", Format.JSON),
        ("*/*", Format.JSON),
        ("text/csv", Format.CSV),
        ("text/html, application/vnd.apache.parquet;q=0.9", Format.PARQUET),
        ("application/vnd.apache.arrow.stream", Format.ARROW),
    ],
)
def test_the_accept_header_chooses_the_format(header: str, format_: Format) -> None:
    assert accepted(header) is format_


@pytest.mark.parametrize(
    "body", [{}, {"sql": 5}, {"sql": "x", "maxRows": 0}, {"sql": "x", "format": "exe"}, []]
)
def test_a_body_that_cannot_be_used_is_refused(asker: TestClient, body: object) -> None:
    response = asker.post("/api/query", json=body)
    assert (response.status_code, response.json()["success"]) == (422, False)


def test_a_refusal_of_the_warehouse_reaches_the_asker(asker: TestClient, heard: Heard) -> None:
    heard.response = Response(
        b'{"code": "query_refused", "message": "No.", "hint": "Ask one SELECT."}', 400
    )
    response = asker.post("/api/query", json={"sql": "DROP TABLE x"})
    assert response.status_code == 400
    assert response.json()["code"] == "query_refused"
    assert response.json()["hint"] == "Ask one SELECT."
    assert response.json()["errors"][0]["type"] == "query_refused"


def test_nobody_asks_without_a_token(asker: TestClient) -> None:
    del asker.headers["Authorization"]
    for call in (
        asker.post("/api/query", json={"sql": "SELECT 1"}),
        asker.post("/api/query/cancel", json={"queryId": "q"}),
        asker.get("/api/export/events"),
    ):
        assert call.status_code == 401


def test_questions_are_only_posted(asker: TestClient) -> None:
    assert asker.get("/api/query?sql=SELECT+1").status_code == 405


def test_a_question_is_cancelled_by_its_id_within_the_workspace(
    asker: TestClient, heard: Heard, context: Context
) -> None:
    heard.response = Response(b'{"cancelled": true}')
    own = by_token(context.changes, "token-of-bob").workspace_id
    response = asker.post("/api/query/cancel", json={"queryId": "q1"})
    assert response.json() == {"cancelled": True}
    assert heard.body == {"queryId": f"{own}/q1"}


def test_a_large_answer_comes_whole(asker: TestClient, heard: Heard) -> None:
    large = io.BytesIO(b"0123456789" * 300_000)
    pieces: Iterator[bytes] = iter(lambda: large.read(65_536), b"")
    heard.response = StreamingResponse(pieces)
    assert len(asker.post("/api/query", json={"sql": "SELECT 1"}).content) == 3_000_000


def test_events_are_exported_within_times(asker: TestClient, heard: Heard) -> None:
    heard.response = Response(b'{"type":"track"}\n')
    response = asker.get("/api/export/events?since=2026-11-23&until=2026-11-23T10:00:00Z")
    assert response.text == '{"type":"track"}\n'
    assert response.headers["content-type"] == "application/x-ndjson"
    assert (heard.query["since"], heard.query["until"]) == (
        "1795392000000000",
        "1795428000000000",
    )


def test_an_export_of_what_is_not_there_or_no_time_is_refused(asker: TestClient) -> None:
    assert asker.get("/api/export/events?source=nothing").status_code == 404
    response = asker.get("/api/export/events?since=yesterday")
    assert (response.status_code, response.json()["code"]) == (422, "invalid_time")
