"""What a source's schema admits, and the labels that it bears."""

from collections.abc import Callable, Iterable

import msgspec
from msgspec import UNSET, UnsetType
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from headwater.access import labels, source_settings
from headwater.access.changes import Changes
from headwater.access.model import OnSome, Principal
from headwater.access.permissions import Permission
from headwater.api.frame import ApiRoute, Call, Data, Doc, answer
from headwater.workspaces.model import Label, Source
from headwater.workspaces.source_settings import SourceSettingsOutputV1


class SchemaSettings(msgspec.Struct, frozen=True, rename="camel"):
    """A source's schema settings."""

    source_id: str
    settings: SourceSettingsOutputV1


class LabelInput(msgspec.Struct, frozen=True):
    """A label of the workspace. Its description is the workspace's to say."""

    key: str
    value: str
    description: str | UnsetType = UNSET


class SourceLabelsInput(msgspec.Struct, frozen=True):
    """Labels for a source."""

    labels: list[LabelInput]


class SourceLabels(msgspec.Struct, frozen=True):
    """All labels that a source bears."""

    labels: tuple[Label, ...]


async def show(call: Call) -> Response:
    """Where nothing was set, everything is let through."""
    source_id = call.path("source_id")
    found = await run_in_threadpool(
        source_settings.schema, call.context.changes, call.principal, source_id
    )
    return answer(Data(SchemaSettings(source_id, found)))


async def change(call: Call) -> Response:
    """What is left out stays; an empty source to forward to switches the forwarding off."""
    body = await call.body(SourceSettingsOutputV1)
    source_id = call.path("source_id")
    changed = await run_in_threadpool(
        source_settings.update_schema, call.context.changes, call.principal, source_id, body
    )
    return answer(Data(SchemaSettings(source_id, changed)))


async def add_labels(call: Call) -> Response:
    return await _put_labels(call, labels.add_to_source)


async def replace_labels(call: Call) -> Response:
    return await _put_labels(call, labels.replace_in_source)


async def _put_labels(
    call: Call, put: Callable[[Changes, Principal, str, Iterable[Label]], Source]
) -> Response:
    body = await call.body(SourceLabelsInput)
    wanted = [Label(each.key, each.value) for each in body.labels]
    labelled = await run_in_threadpool(
        put, call.context.changes, call.principal, call.path("source_id"), wanted
    )
    return answer(Data(SourceLabels(labelled.labels)))


ROUTES = (
    ApiRoute(
        "GET",
        "/api/sources/{source_id}/settings",
        OnSome(Permission.SOURCE_READ),
        show,
        Doc(
            "Show what a source's schema admits.",
            "Sources",
            operation="listSchemaSettingsInSource",
            answer=Data[SchemaSettings],
        ),
    ),
    ApiRoute(
        "PATCH",
        "/api/sources/{source_id}/settings",
        OnSome(Permission.SOURCE_ADMIN),
        change,
        Doc(
            "Change what a source's schema admits.",
            "Sources",
            operation="updateSchemaSettingsInSource",
            body=SourceSettingsOutputV1,
            answer=Data[SchemaSettings],
        ),
    ),
    ApiRoute(
        "POST",
        "/api/sources/{source_id}/labels",
        Permission.WORKSPACE_ADMIN,
        add_labels,
        Doc(
            "Give a source more labels.",
            "Sources",
            operation="addLabelsToSource",
            body=SourceLabelsInput,
            answer=Data[SourceLabels],
        ),
    ),
    ApiRoute(
        "PUT",
        "/api/sources/{source_id}/labels",
        Permission.WORKSPACE_ADMIN,
        replace_labels,
        Doc(
            "Give a source these labels alone.",
            "Sources",
            operation="replaceLabelsInSource",
            body=SourceLabelsInput,
            answer=Data[SourceLabels],
        ),
    ),
)
