"""A warehouse role that answers pages with constants, and keeps what it was asked."""

from pathlib import Path
from typing import Any

import httpx
import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from headwater.errors import HeadwaterError, NotFoundError, QueryRefusedError
from headwater.queries.contents import (
    ColumnFacts,
    ConflictFacts,
    Contents,
    EventName,
    TableDetail,
    TableFacts,
    TableKind,
)
from headwater.queries.failures import failure_of
from headwater.queries.model import TOTAL_HEADER, TRUNCATED_HEADER
from headwater.queries.remote import RemoteWarehouse

AT = "2023-11-14T22:13:20.000Z"
EVENTS = TableFacts("main", "order_paid", TableKind.EVENTS, 3, AT, 9)
PAID = TableFacts("shop", "order_paid", TableKind.TABLE, 3, AT, 2)
EMPTY = TableFacts("shop", "screens", TableKind.TABLE, 0, None, 9)
CONFLICT = ConflictFacts(
    "shop", "order_paid", "total", "type", "BIGINT", 2, AT, ('"secret <b>"',), "text"
)
NAMES = (EventName("shop", "Order Paid", "order_paid"), EventName("shop", "订单", "ding_dan"))
CONTENTS = Contents("DuckDB 2", 123_456, AT, 3, (EVENTS, PAID, EMPTY), (CONFLICT,), NAMES)
NOTHING = Contents("DuckDB 2", 12_288, None, 0, (EMPTY,), (), ())
COLUMNS = (
    ColumnFacts("id", "VARCHAR", "standard", (), 3),
    ColumnFacts("total", "BIGINT", "properties", ("total",), 1),
)
DETAIL = TableDetail(PAID, COLUMNS, 262_144, ("Order Paid",), (CONFLICT,))


class WarehouseRole:
    """Give `remote()` to a page's context."""

    def __init__(self) -> None:
        self.contents = CONTENTS
        self.asked: list[dict[str, Any]] = []
        self.repaired: dict[str, Any] = {}
        self.error: HeadwaterError | None = None
        self.rows: dict[str, Any] = {
            "columns": [{"name": "n", "type": "BIGINT"}, {"name": "t", "type": "VARCHAR"}],
            "data": [{"n": 5, "t": "<b>"}, {"n": None, "t": None}],
            "total": 2,
            "truncated": False,
        }

    def remote(self) -> RemoteWarehouse:
        routes = [
            Route("/contents", self._contents),
            Route("/table", self._table),
            Route("/repair", self._repair, methods=["POST"]),
            Route("/query", self._query, methods=["POST"]),
        ]
        transport = httpx.ASGITransport(Starlette(routes=routes))
        return RemoteWarehouse(Path("unused"), transport=transport)

    async def _contents(self, _: Request) -> Response:
        return _json(self.contents)

    async def _table(self, request: Request) -> Response:
        schema, name = request.query_params["schema"], request.query_params["name"]
        if (schema, name) != ("shop", "order_paid"):
            return _failed(NotFoundError(f"There is no table {schema}.{name}."))
        return _json(DETAIL)

    async def _repair(self, request: Request) -> Response:
        self.repaired = await request.json()
        if self.error is not None:
            return _failed(self.error)
        done = {"tables": ["shop.order_paid"], "type": "text", "filled": 2, "conflicts": 2}
        return _json(done)

    async def _query(self, request: Request) -> Response:
        question = await request.json()
        self.asked.append(question)
        if "SELECT" not in question["sql"]:
            refused = QueryRefusedError("This question cannot be asked: it is empty.")
            refused.position = 2
            return _failed(refused)
        headers = {TOTAL_HEADER: "2", TRUNCATED_HEADER: "false"}
        body = msgspec.json.encode({"sql": question["sql"], **self.rows})
        return Response(body if question["format"] == "json" else b"n,t\n5,b\n", headers=headers)


def _json(value: object) -> Response:
    return Response(msgspec.json.encode(value), media_type="application/json")


def _failed(error: HeadwaterError) -> Response:
    return Response(msgspec.json.encode(failure_of(error)), error.status)
