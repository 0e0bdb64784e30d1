"""/api/warehouse: what the warehouse holds, and the repair of a column. Ours, not Segment's."""

from typing import Annotated

import msgspec
from msgspec import Meta
from starlette.responses import Response

from headwater.access.permissions import Permission
from headwater.api.frame import ApiRoute, Call, Data, Doc, answer
from headwater.queries.contents import ConflictFacts, Contents, TableDetail
from headwater.queries.functions import SCALARS
from headwater.queries.model import Repair, TableInfo
from headwater.queries.repairs import repair


class ContentsAnswer(msgspec.Struct, frozen=True):
    contents: Contents


class TableAnswer(msgspec.Struct, frozen=True):
    table: TableDetail


class SchemaAnswer(msgspec.Struct, frozen=True):
    """Every name that a question can use."""

    tables: list[TableInfo]
    functions: list[str]


class RepairBody(msgspec.Struct, frozen=True):
    """Which column is to have another type."""

    table: Annotated[
        str, Meta(max_length=300, pattern=r"^[^.]+\.[^.]+$", description="Named `schema.table`.")
    ]
    column: Annotated[str, Meta(min_length=1, max_length=200)]
    type: Annotated[
        str, Meta(max_length=20, description="text, integer, float, boolean or time.")
    ] = "text"


class RepairedColumn(msgspec.Struct, frozen=True):
    """What a repair did: the tables that show the column, the values that it gained, and how many
    conflicts are gone."""

    tables: list[str]
    type: str
    filled: int
    conflicts: int


class RepairAnswer(msgspec.Struct, frozen=True):
    repaired: RepairedColumn


async def contents(call: Call) -> Response:
    """Without the permission pii.read, conflicts are shown without examples of their values."""
    by = call.principal
    found = await call.context.warehouse.contents(by.workspace_id)
    if not by.may(Permission.PII_READ):
        found = msgspec.structs.replace(found, conflicts=_without_values(found.conflicts))
    return answer(Data(ContentsAnswer(found)))


async def table(call: Call) -> Response:
    """Without the permission pii.read, conflicts are shown without examples of their values."""
    by = call.principal
    found = await call.context.warehouse.table(
        by.workspace_id, call.path("schema"), call.path("name")
    )
    if not by.may(Permission.PII_READ):
        found = msgspec.structs.replace(found, conflicts=_without_values(found.conflicts))
    return answer(Data(TableAnswer(found)))


async def schema(call: Call) -> Response:
    """For editors: tables with their columns, and the functions that may be called."""
    tables = await call.context.warehouse.tables(call.principal.workspace_id)
    return answer(Data(SchemaAnswer(list(tables), sorted(SCALARS))))


async def mend(call: Call) -> Response:
    """The column's values are read again from the events' JSON, also those that did not fit."""
    body = await call.body(RepairBody)
    by = call.principal
    wanted = Repair(
        workspace_id=by.workspace_id, table=body.table, column=body.column, type=body.type
    )
    done = await repair(call.context.warehouse, call.context.changes, by, wanted)
    return answer(Data(RepairAnswer(msgspec.convert(done, RepairedColumn))))


def _without_values(conflicts: tuple[ConflictFacts, ...]) -> tuple[ConflictFacts, ...]:
    return tuple(msgspec.structs.replace(each, examples=()) for each in conflicts)


_TAG = "Warehouse contents"

ROUTES = (
    ApiRoute(
        "GET",
        "/api/warehouse/contents",
        Permission.WAREHOUSE_READ,
        contents,
        Doc(
            "Tables with their rows and freshness, type conflicts, and event names.",
            _TAG,
            answer=Data[ContentsAnswer],
            errors=(503,),
        ),
    ),
    ApiRoute(
        "GET",
        "/api/warehouse/schema",
        Permission.WAREHOUSE_READ,
        schema,
        Doc("Every name that a question can use.", _TAG, answer=Data[SchemaAnswer], errors=(503,)),
    ),
    ApiRoute(
        "GET",
        "/api/warehouse/tables/{schema}/{name}",
        Permission.WAREHOUSE_READ,
        table,
        Doc("One table with its columns.", _TAG, answer=Data[TableAnswer], errors=(503,)),
    ),
    ApiRoute(
        "POST",
        "/api/warehouse/repair",
        Permission.WAREHOUSE_ADMIN,
        mend,
        Doc(
            "Give a column another type, and fill it again.",
            _TAG,
            body=RepairBody,
            answer=Data[RepairAnswer],
            errors=(400, 404, 503),
        ),
    ),
)
