"""/api/metrics: defined once, used by name in questions, versioned, audited."""

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

from headwater.api.application import application
from headwater.api.frame import Context
from headwater.errors import QueryError
from headwater.queries.failures import failure_of
from headwater.queries.remote import RemoteWarehouse

ORDERS = {"name": "orders", "event": "Order Completed"}
SHOP = {"name": "shop", "property": "shop"}


async def warehouse(request: Request) -> Response:
    """Says back what it is asked; fails at the word `oops`."""
    sql = (await request.json())["sql"]
    if "oops" not in sql:
        return Response(sql)
    error = QueryError("There is no oops.")
    error.position = sql.index("oops")
    return Response(msgspec.json.encode(failure_of(error)), 400)


@pytest.fixture
def clients(context: Context) -> tuple[TestClient, TestClient]:
    routes = [Route("/query", warehouse, methods=["POST"])]
    remote = RemoteWarehouse(Path("x"), transport=httpx.ASGITransport(Starlette(routes=routes)))
    served = application(replace(context, warehouse=remote))
    return tuple(  # type: ignore[misc]
        TestClient(served, headers={"Authorization": f"Bearer token-of-{name}"})
        for name in ("alice", "bob")
    )


def put(client: TestClient, **body: Any) -> Any:
    return client.put("/api/metrics", json=body)


def test_each_change_is_a_version_and_in_the_audit_trail(
    clients: tuple[TestClient, TestClient],
) -> None:
    alice, bob = clients
    assert bob.get("/api/metrics").json()["data"]["version"] == 0
    made = put(alice, metrics=[ORDERS], dimensions=[SHOP]).json()["data"]
    assert (made["version"], made["sql"]["shop"]) == (
        1,
        "json_extract_string(properties, '/shop')",
    )
    assert put(alice, metrics=[ORDERS], dimensions=[SHOP]).json()["data"]["version"] == 1
    assert put(alice, metrics=[ORDERS], version=1).json()["data"]["version"] == 2
    assert put(alice, metrics=[], version=1).status_code == 409
    found = bob.get("/api/metrics/versions").json()["data"]["versions"]
    assert [each["version"] for each in found] == [2, 1]
    assert found[1]["dimensions"][0]["name"] == "shop"
    events = alice.get("/api/audit-events").json()["data"]["events"]
    assert "Metrics Modified" in {each["type"] for each in events}


def test_who_may_only_look_changes_nothing_and_mistakes_are_told_by_their_place(
    clients: tuple[TestClient, TestClient],
) -> None:
    alice, bob = clients
    assert put(bob, metrics=[ORDERS]).status_code == 403
    refused = put(alice, metrics=[ORDERS, {"name": "each", "ratio": {"of": "orders", "to": "x"}}])
    assert refused.status_code == 422
    assert "metrics[1].ratio: each: the metric x is not there." in refused.text


def test_questions_and_saved_queries_use_them_by_name(
    clients: tuple[TestClient, TestClient],
) -> None:
    alice, bob = clients
    put(alice, metrics=[ORDERS])
    sql = "SELECT METRIC(orders) FROM track"
    meant = 'count(*) FILTER (WHERE "event" = \'Order Completed\') AS "orders"'
    assert meant in bob.post("/api/query", json={"sql": sql}).text
    saved = alice.post("/api/saved-queries", json={"name": "Orders", "sql": sql}).json()["data"]
    rows = alice.get(f"/api/saved-queries/{saved['savedQuery']['id']}/rows")
    assert meant in rows.text
    wrong = "SELECT METRIC(orders), oops FROM track"
    failed = bob.post("/api/query", json={"sql": wrong}).json()
    assert str(wrong.index("oops")) in str(failed)
    unknown = bob.post("/api/query", json={"sql": "SELECT METRIC(order) FROM track"})
    assert (unknown.status_code, "Did you mean orders?" in unknown.text) == (400, True)
