"""/api/sources: as in Segment's Public API."""

from typing import Any

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from headwater.access import sources
from headwater.access.model import OnSome
from headwater.access.permissions import Permission
from headwater.api.frame import ApiRoute, Call, answer
from headwater.api.pages import asked, paginated
from headwater.errors import BadRequestError
from headwater.workspaces.model import Source, SourceType


class SourceSettings(msgspec.Struct, frozen=True, rename="camel"):
    """The settings that every kind of source has; others are left as they are.

    `allowed_origins` are the origins whose web pages may send; an empty list lets all of them.
    """

    allowed_origins: list[str] | None = None


class CreateSource(msgspec.Struct, rename="camel"):
    """What makes a source: `slug` and `metadataId` as Segment's clients send them, or `name` and
    `type`, which are ours. The id of a type's metadata is the type."""

    slug: str = ""
    name: str = ""
    metadata_id: str = ""
    type: str = ""
    enabled: bool = True
    settings: SourceSettings = SourceSettings()


class UpdateSource(msgspec.Struct, rename="camel"):
    """What to change of a source; what is left out stays."""

    name: str | None = None
    enabled: bool | None = None
    slug: str | None = None
    settings: SourceSettings = SourceSettings()


async def index(call: Call) -> Response:
    found = await run_in_threadpool(sources.listed, call.context.changes, call.principal)
    shown = [_shown(each, call) for each in found]
    return answer(paginated("sources", shown, asked(call.request.query_params)))


async def create(call: Call) -> Response:
    body = await call.body(CreateSource)
    if not body.name and not body.slug:
        raise BadRequestError("name: is missing.", hint="Send a name or a slug.")
    kind = _kind(body.type or body.metadata_id or SourceType.SERVER)
    made = await run_in_threadpool(
        sources.create,
        call.context.changes,
        call.principal,
        name=body.name,
        type=kind,
        slug=body.slug,
        enabled=body.enabled,
        allowed_origins=body.settings.allowed_origins or (),
    )
    return answer({"data": {"source": _shown(made, call)}}, 201)


async def show(call: Call) -> Response:
    found = await run_in_threadpool(
        sources.one, call.context.changes, call.principal, call.path("source_id")
    )
    return answer({"data": {"source": _shown(found, call), "trackingPlanId": None}})


async def change(call: Call) -> Response:
    body = await call.body(UpdateSource)
    source_id = call.path("source_id")
    if body.slug is not None:
        found = await run_in_threadpool(
            sources.one, call.context.changes, call.principal, source_id
        )
        if body.slug != found.slug:
            raise BadRequestError(
                "slug: cannot change, for it names the source's schema in the warehouse.",
                hint="Change the name instead.",
            )
    changed = await run_in_threadpool(
        sources.update,
        call.context.changes,
        call.principal,
        source_id,
        name=body.name,
        enabled=body.enabled,
        allowed_origins=body.settings.allowed_origins,
    )
    return answer({"data": {"source": _shown(changed, call)}})


async def remove(call: Call) -> Response:
    await run_in_threadpool(
        sources.delete, call.context.changes, call.principal, call.path("source_id")
    )
    return answer({"data": {"status": "SUCCESS"}})


async def add_write_key(call: Call) -> Response:
    changed = await run_in_threadpool(
        sources.add_write_key, call.context.changes, call.principal, call.path("source_id")
    )
    return answer({"data": {"source": _shown(changed, call)}})


async def remove_write_key(call: Call) -> Response:
    await run_in_threadpool(
        sources.remove_write_key,
        call.context.changes,
        call.principal,
        call.path("source_id"),
        call.path("write_key"),
    )
    return answer({"data": {"status": "SUCCESS"}})


def _kind(text: str) -> SourceType:
    try:
        return SourceType(text)
    except ValueError:
        known = ", ".join(SourceType)
        raise BadRequestError(f"type: must be one of {known}, not {text!r}.") from None


def _shown(source: Source, call: Call) -> dict[str, Any]:
    kind = source.type.value
    return {
        "id": source.id,
        "slug": source.slug,
        "name": source.name,
        "workspaceId": source.workspace_id,
        "enabled": source.enabled,
        "writeKeys": source.write_keys if sources.may_see_keys(call.principal, source) else (),
        "settings": {"allowedOrigins": source.allowed_origins},
        "labels": source.labels,
        "metadata": {
            "id": kind,
            "name": kind.capitalize(),
            "slug": kind,
            "description": f"Events of a {kind}.",
            "logos": {"default": ""},
            "options": [],
            "categories": [kind.capitalize()],
            "isCloudEventSource": False,
            "status": "PUBLIC",
        },
    }


ROUTES = (
    ApiRoute("GET", "/api/sources", OnSome(Permission.SOURCE_READ), index),
    ApiRoute("POST", "/api/sources", Permission.SOURCE_ADMIN, create),
    ApiRoute("GET", "/api/sources/{source_id}", OnSome(Permission.SOURCE_READ), show),
    ApiRoute("PATCH", "/api/sources/{source_id}", OnSome(Permission.SOURCE_ADMIN), change),
    ApiRoute("DELETE", "/api/sources/{source_id}", OnSome(Permission.SOURCE_ADMIN), remove),
    ApiRoute(
        "POST", "/api/sources/{source_id}/writekey", OnSome(Permission.SOURCE_ADMIN), add_write_key
    ),
    ApiRoute(
        "DELETE",
        "/api/sources/{source_id}/writekey/{write_key}",
        OnSome(Permission.SOURCE_ADMIN),
        remove_write_key,
    ),
)
