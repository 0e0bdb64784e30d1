"""What the warehouse holds, and its repair, over the API."""

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

from headwater.access import audit, tokens
from headwater.access.admission import by_token
from headwater.access.model import Grant
from headwater.access.roles import Role
from headwater.api.application import application
from headwater.api.frame import Context
from headwater.errors import NotFoundError
from headwater.queries.contents import (
    ColumnFacts,
    ConflictFacts,
    Contents,
    TableDetail,
    TableFacts,
    TableKind,
)
from headwater.queries.failures import failure_of
from headwater.queries.model import Column, TableInfo
from headwater.queries.remote import RemoteWarehouse

ALICE = {"Authorization": "Bearer token-of-alice"}
BOB = {"Authorization": "Bearer token-of-bob"}
NO_PII = {"Authorization": "Bearer token-of-carol"}
FACTS = TableFacts("shop", "order_paid", TableKind.TABLE, 3, None, 1)
CONFLICT = ConflictFacts(
    "shop", "order_paid", "total", "type", "BIGINT", 2, "2026-01-01T00:00:00.000Z", ('"x"',), "text"
)
CONTENTS = Contents("DuckDB", 9, None, 3, (FACTS,), (CONFLICT,), ())
COLUMN = ColumnFacts("total", "BIGINT", "properties", ("total",), 3)
DETAIL = TableDetail(FACTS, (COLUMN,), 9, (), (CONFLICT,))
REPAIRED = {"tables": ["shop.order_paid"], "type": "text", "filled": 2, "conflicts": 2}


class FakeRole:
    """A warehouse role that answers with constants and keeps what it was told to repair."""

    def __init__(self) -> None:
        self.repaired: dict[str, Any] = {}

    async def contents(self, _: Request) -> Response:
        return Response(msgspec.json.encode(CONTENTS))

    async def tables(self, _: Request) -> Response:
        table = TableInfo("shop", "order_paid", (Column("total", "BIGINT"),))
        paths = (Column("properties.total", "BIGINT"),)
        view = TableInfo("main", "order_paid", (Column("messageId", "VARCHAR"),), paths)
        return Response(msgspec.json.encode([table, view]))

    async def table(self, request: Request) -> Response:
        if request.query_params["name"] != "order_paid":
            return Response(msgspec.json.encode(failure_of(NotFoundError("No such table."))), 404)
        return Response(msgspec.json.encode(DETAIL))

    async def repair(self, request: Request) -> Response:
        self.repaired = await request.json()
        return Response(msgspec.json.encode(REPAIRED))


@pytest.fixture
def role() -> FakeRole:
    return FakeRole()


@pytest.fixture
def client(context: Context, role: FakeRole) -> Iterator[TestClient]:
    routes = [
        Route("/contents", role.contents),
        Route("/tables", role.tables),
        Route("/table", role.table),
        Route("/repair", role.repair, methods=["POST"]),
    ]
    remote = RemoteWarehouse(Path("x"), transport=httpx.ASGITransport(Starlette(routes=routes)))
    workspace_id = by_token(context.changes, "token-of-alice").workspace_id
    with context.changes.noting() as connection:
        tokens.insert_token(
            connection,
            workspace_id,
            name="Carol",
            grants=[Grant(Role.WORKSPACE_MEMBER)],
            created_by="system",
            now=1,
            secret="token-of-carol",
        )
    return TestClient(application(replace(context, warehouse=remote)), headers=BOB)


def test_the_contents_are_shown(client: TestClient) -> None:
    found = client.get("/api/warehouse/contents").json()["data"]["contents"]
    assert found["tables"][0]["name"] == "order_paid"
    assert found["conflicts"][0]["examples"] == ['"x"']


def test_examples_of_values_take_the_permission_to_see_personal_data(client: TestClient) -> None:
    found = client.get("/api/warehouse/contents", headers=NO_PII).json()["data"]["contents"]
    assert found["conflicts"][0]["examples"] == []
    table = client.get("/api/warehouse/tables/shop/order_paid", headers=NO_PII).json()
    assert table["data"]["table"]["conflicts"][0]["examples"] == []


def test_a_table_is_shown_and_another_is_not_found(client: TestClient) -> None:
    found = client.get("/api/warehouse/tables/shop/order_paid").json()["data"]["table"]
    assert found["columns"][0]["paths"] == ["total"]
    assert client.get("/api/warehouse/tables/shop/nothing").status_code == 404


def test_editors_get_tables_columns_paths_and_functions(client: TestClient) -> None:
    found = client.get("/api/warehouse/schema").json()["data"]
    assert found["tables"][0]["columns"] == [{"name": "total", "type": "BIGINT"}]
    assert "paths" not in found["tables"][0]
    assert found["tables"][1]["paths"] == [{"name": "properties.total", "type": "BIGINT"}]
    assert "date_trunc" in found["functions"]


def test_a_repair_reaches_the_warehouse_and_the_audit_trail(
    client: TestClient, role: FakeRole, context: Context
) -> None:
    body = {"table": "shop.order_paid", "column": "total"}
    done = client.post("/api/warehouse/repair", json=body, headers=ALICE)
    assert done.json() == {"data": {"repaired": REPAIRED}}
    assert (role.repaired["table"], role.repaired["type"]) == ("shop.order_paid", "text")
    with context.changes.reading() as connection:
        last = list(audit.entries(connection))[-1]
    assert (last.action, last.subject_id) == (
        "Warehouse Column Repaired",
        "shop.order_paid.total",
    )
    assert last.before == '{"type":"BIGINT"}'


def test_a_member_may_not_repair(client: TestClient, role: FakeRole) -> None:
    body = {"table": "shop.order_paid", "column": "total"}
    assert client.post("/api/warehouse/repair", json=body).status_code == 403
    assert role.repaired == {}


def test_a_repair_of_nothing_is_refused(client: TestClient) -> None:
    for body in ({"table": "order_paid", "column": "total"}, {"table": "a.b", "column": ""}):
        assert client.post("/api/warehouse/repair", json=body, headers=ALICE).status_code == 422
