"""/api/metrics: metrics and dimensions, which UI, API and SQL share."""

from typing import Annotated, Final

import msgspec
from msgspec import Meta
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from headwater.access.permissions import Permission
from headwater.api.frame import ApiRoute, Call, Data, Doc, answer
from headwater.kit.clock import isoformat
from headwater.semantics import keeping
from headwater.semantics.model import MOST, Definitions, Dimension, Metric, Version
from headwater.semantics.sql import dimension_sql, metric_sql

_TAG: Final = "Metrics"


class ReplaceDefinitions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All of them; what is left out is removed."""

    metrics: Annotated[list[Metric], Meta(max_length=MOST)] = msgspec.field(default_factory=list)
    dimensions: Annotated[list[Dimension], Meta(max_length=MOST)] = msgspec.field(
        default_factory=list
    )
    version: Annotated[
        Annotated[int, Meta(ge=0)] | None,
        Meta(description="The version that the change was made of; refused if there is a newer."),
    ] = None


class DefinitionsV1(msgspec.Struct, frozen=True, rename="camel"):
    """The definitions; `sql` has what stands for each name in a question."""

    version: int
    metrics: list[Metric]
    dimensions: list[Dimension]
    sql: dict[str, str]
    updated_at: str
    updated_by: str


class DefinitionVersions(msgspec.Struct, frozen=True):
    """The versions that are kept, the newest first."""

    versions: list[DefinitionsV1]


async def show(call: Call) -> Response:
    found = await run_in_threadpool(keeping.current, call.context.changes, call.principal)
    return answer(Data(_shown(found)))


async def replace(call: Call) -> Response:
    body = await call.body(ReplaceDefinitions)
    made = await run_in_threadpool(
        keeping.replace,
        call.context.changes,
        call.principal,
        Definitions(body.metrics, body.dimensions),
        body.version,
    )
    return answer(Data(_shown(made)))


async def versions(call: Call) -> Response:
    found = await run_in_threadpool(keeping.versions, call.context.changes, call.principal)
    return answer(Data(DefinitionVersions([_shown(each) for each in found])))


def _shown(version: Version) -> DefinitionsV1:
    held = version.definitions
    known = {each.name: each for each in held.metrics}
    sql = {each.name: metric_sql(each, known) for each in held.metrics}
    sql |= {each.name: dimension_sql(each) for each in held.dimensions}
    return DefinitionsV1(
        version.number,
        held.metrics,
        held.dimensions,
        sql,
        isoformat(version.at) if version.number else "",
        version.by,
    )


ROUTES = (
    ApiRoute(
        "GET",
        "/api/metrics",
        Permission.WAREHOUSE_READ,
        show,
        Doc("The metrics and dimensions.", _TAG, answer=Data[DefinitionsV1]),
    ),
    ApiRoute(
        "PUT",
        "/api/metrics",
        Permission.WAREHOUSE_ADMIN,
        replace,
        Doc(
            "Put others in the place of all metrics and dimensions.",
            _TAG,
            body=ReplaceDefinitions,
            answer=Data[DefinitionsV1],
            errors=(409,),
        ),
    ),
    ApiRoute(
        "GET",
        "/api/metrics/versions",
        Permission.WAREHOUSE_READ,
        versions,
        Doc("Earlier versions.", _TAG, answer=Data[DefinitionVersions]),
    ),
)
