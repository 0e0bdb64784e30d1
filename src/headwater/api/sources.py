"""Sources: where events come from, each with its write keys, its settings and its labels."""

from collections.abc import Sequence
from functools import partial
from typing import Annotated, Any

import msgspec
from msgspec import Meta
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from headwater.access import source_settings, sources
from headwater.access.model import OnSome
from headwater.access.permissions import Permission
from headwater.access.source_settings import GivenSettings, ShownSettings
from headwater.api.frame import DONE, ApiRoute, Call, Data, Doc, Status, answer
from headwater.api.pages import Paged, PaginationOutput, asked
from headwater.errors import InvalidError
from headwater.plans import changing as plans
from headwater.workspaces import catalog
from headwater.workspaces.catalog.model import SourceMetadataV1
from headwater.workspaces.model import Label, Source, SourceType
from headwater.workspaces.rules import schema_of

_ORIGINS = "allowedOrigins"


class SourceV1(msgspec.Struct, frozen=True, rename="camel"):
    """A source. Who may not change it does not see its write keys."""

    id: str
    slug: str
    name: str
    metadata: SourceMetadataV1
    workspace_id: str
    enabled: bool
    write_keys: tuple[str, ...]
    settings: dict[str, Any]
    labels: tuple[Label, ...]


class OneSource(msgspec.Struct, frozen=True):
    """A source."""

    source: SourceV1


class SourceWithPlan(msgspec.Struct, frozen=True, rename="camel"):
    """A source, and the tracking plan that it is connected to, if any."""

    source: SourceV1
    tracking_plan_id: str | None


class SourcesPage(msgspec.Struct, frozen=True):
    """A page of sources."""

    sources: list[SourceV1]
    pagination: PaginationOutput


class CreateSource(msgspec.Struct, rename="camel"):
    """What makes a source: `slug` and `metadataId` as Segment's clients send them, or `name` and
    `type`, which are ours. The id of a type's metadata is the type."""

    slug: Annotated[str, Meta(max_length=200)] = ""
    name: Annotated[str, Meta(max_length=200)] = ""
    metadata_id: str = ""
    type: str = ""
    enabled: bool = True
    settings: dict[str, Any] = {}
    disconnect_all_warehouses: Annotated[
        bool, Meta(description="The embedded warehouse takes every source: true is refused.")
    ] = False


class UpdateSource(msgspec.Struct, rename="camel"):
    """What to change of a source; what is left out stays. A setting given as null goes."""

    name: str | None = None
    enabled: bool | None = None
    slug: str | None = None
    settings: dict[str, Any] | None = None


async def index(call: Call) -> Response:
    page = asked(call.request.query_params)
    found = await run_in_threadpool(sources.listed, call.context.changes, call.principal)
    shown = await shown_all(call, page.cut(found))
    return answer(Data(SourcesPage(shown, page.of(len(found)))))


async def create(call: Call) -> Response:
    body = await call.body(CreateSource)
    if not body.name and not body.slug:
        raise InvalidError("name: is missing.", field="name", hint="Send a name or a slug.")
    if body.disconnect_all_warehouses:
        raise InvalidError(
            "disconnectAllWarehouses: the embedded warehouse takes every source.",
            field="disconnectAllWarehouses",
            hint="Leave it out, or make the source with enabled: false.",
        )
    origins = _origins(body.settings)
    making = partial(
        sources.create,
        call.context.changes,
        call.principal,
        name=body.name,
        type=_kind(body.type or body.metadata_id or SourceType.SERVER),
        slug=body.slug,
        enabled=body.enabled,
        allowed_origins=origins or (),
        also=_given(call, body.settings, slug=body.slug).keep,
    )
    return await _answer(call, await run_in_threadpool(making), 201)


async def show(call: Call) -> Response:
    found = await one(call)
    [shown] = await shown_all(call, [found])
    plan_id = await run_in_threadpool(plans.of_source, call.context.changes, found.id)
    return answer(Data(SourceWithPlan(shown, plan_id)))


async def change(call: Call) -> Response:
    """The slug names the source's schema in the warehouse, so it can be written otherwise, but not
    become another."""
    body = await call.body(UpdateSource)
    if body.slug is not None:
        _require_same(body.slug, (await one(call)).slug)
    settings = body.settings or {}
    changing = partial(
        sources.update,
        call.context.changes,
        call.principal,
        call.path("source_id"),
        name=body.name,
        enabled=body.enabled,
        allowed_origins=_origins(settings),
        also=_given(call, settings, slug=body.slug or "").keep,
    )
    return await _answer(call, await run_in_threadpool(changing))


async def remove(call: Call) -> Response:
    """Its events stay in the warehouse."""
    await run_in_threadpool(
        sources.delete, call.context.changes, call.principal, call.path("source_id")
    )
    return answer(DONE)


async def add_write_key(call: Call) -> Response:
    changed = await run_in_threadpool(
        sources.add_write_key, call.context.changes, call.principal, call.path("source_id")
    )
    return await _answer(call, changed)


async def remove_write_key(call: Call) -> Response:
    """Events sent with it are refused from then on. The last key stays."""
    await run_in_threadpool(
        sources.remove_write_key,
        call.context.changes,
        call.principal,
        call.path("source_id"),
        call.path("write_key"),
    )
    return answer(DONE)


async def one(call: Call) -> Source:
    """The source that the path names. Raises NotFoundError."""
    return await run_in_threadpool(
        sources.one, call.context.changes, call.principal, call.path("source_id")
    )


async def shown_all(call: Call, found: Sequence[Source]) -> list[SourceV1]:
    """Sources as the caller may see them."""
    settings = await run_in_threadpool(
        source_settings.shown, call.context.changes, call.context.vault, found
    )
    return [_shown(call, source, settings[source.id]) for source in found]


def _shown(call: Call, source: Source, settings: ShownSettings) -> SourceV1:
    metadata = catalog.SOURCES[source.type.value]
    values = dict(settings.values)
    if _ORIGINS in values or source.allowed_origins or metadata.option(_ORIGINS):
        values[_ORIGINS] = source.allowed_origins
    may_see_keys = sources.may_see_keys(call.principal, source)
    return SourceV1(
        id=source.id,
        slug=settings.slug,
        name=source.name,
        metadata=metadata,
        workspace_id=source.workspace_id,
        enabled=source.enabled,
        write_keys=source.write_keys if may_see_keys else (),
        settings=values,
        labels=source.labels,
    )


async def _answer(call: Call, source: Source, status: int = 200) -> Response:
    [shown] = await shown_all(call, [source])
    return answer(Data(OneSource(shown)), status)


def _given(call: Call, settings: dict[str, Any], *, slug: str) -> GivenSettings:
    return GivenSettings(settings, call.context.vault, slug)


def _origins(settings: dict[str, Any]) -> list[str] | None:
    """The allowed origins that are given; None where they are not."""
    if _ORIGINS not in settings:
        return None
    try:
        return msgspec.convert(settings[_ORIGINS], type=list[str] | None) or []
    except msgspec.ValidationError as error:
        field = f"settings.{_ORIGINS}"
        raise InvalidError(f"{field}: must be a list of texts.", field=field) from error


def _require_same(written: str, slug: str) -> None:
    if written != slug and schema_of(written, ()) != slug:
        raise InvalidError(
            "slug: cannot change, for it names the source's schema in the warehouse.",
            field="slug",
            hint="Change the name instead.",
        )


def _kind(text: str) -> SourceType:
    try:
        return SourceType(text)
    except ValueError:
        known = ", ".join(SourceType)
        raise InvalidError(
            f"type: must be one of {known}, not {text[:100]!r}.", field="metadataId"
        ) from None


_READ = OnSome(Permission.SOURCE_READ)
_ADMIN = OnSome(Permission.SOURCE_ADMIN)

ROUTES = (
    ApiRoute(
        "GET",
        "/api/sources",
        _READ,
        index,
        Doc(
            "List the sources.",
            "Sources",
            operation="listSources",
            query=Paged,
            answer=Data[SourcesPage],
        ),
    ),
    ApiRoute(
        "POST",
        "/api/sources",
        Permission.SOURCE_ADMIN,
        create,
        Doc(
            "Make a source, with a first write key.",
            "Sources",
            operation="createSource",
            body=CreateSource,
            answer=Data[OneSource],
            status=201,
        ),
    ),
    ApiRoute(
        "GET",
        "/api/sources/{source_id}",
        _READ,
        show,
        Doc("Show a source.", "Sources", operation="getSource", answer=Data[SourceWithPlan]),
    ),
    ApiRoute(
        "PATCH",
        "/api/sources/{source_id}",
        _ADMIN,
        change,
        Doc(
            "Change a source.",
            "Sources",
            operation="updateSource",
            body=UpdateSource,
            answer=Data[OneSource],
        ),
    ),
    ApiRoute(
        "DELETE",
        "/api/sources/{source_id}",
        _ADMIN,
        remove,
        Doc("Delete a source.", "Sources", operation="deleteSource", answer=Data[Status]),
    ),
    ApiRoute(
        "POST",
        "/api/sources/{source_id}/writekey",
        _ADMIN,
        add_write_key,
        Doc(
            "Give a source one more write key.",
            "Sources",
            operation="createWriteKeyForSource",
            answer=Data[OneSource],
        ),
    ),
    ApiRoute(
        "DELETE",
        "/api/sources/{source_id}/writekey/{write_key}",
        _ADMIN,
        remove_write_key,
        Doc(
            "Take a write key from a source.",
            "Sources",
            operation="removeWriteKeyFromSource",
            answer=Data[Status],
        ),
    ),
)
