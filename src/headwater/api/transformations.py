"""/api/transformations: what changes events of a source without code."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from msgspec import UNSET, UnsetType
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from headwater.access.permissions import Permission
from headwater.api.frame import DONE, ApiRoute, Call, Data, Doc, Status, answer
from headwater.api.pages import Paged, page_of
from headwater.api.transformation_bodies import (
    ChangeTransformation,
    CreateTransformation,
    OneTransformation,
    OperationKind,
    OperationKinds,
    Transformations,
    TransformationV1,
    TriedTransformation,
    TryTransformation,
)
from headwater.api.visible import visible
from headwater.cleaning.counts import Touched, touched
from headwater.errors import InvalidError
from headwater.pipeline.event import Limits
from headwater.transformations import changing
from headwater.transformations.changing import Wanted
from headwater.transformations.kinds import KINDS
from headwater.transformations.model import HashProperties, Transformation
from headwater.transformations.opening import secrets_of
from headwater.transformations.trying import without_and_with
from headwater.whatif.trial import compare, latest, pasted
from headwater.workspaces import masks

_TAG: Final = "Transformations"


async def index(call: Call) -> Response:
    """In the order of their making, in which each source's are taken."""
    page = page_of(call.asked(Paged).pagination)
    found = await run_in_threadpool(changing.listed, call.context.changes, call.principal)
    counts = await _counts(call)
    shown = [_shown(call, each, counts) for each in found]
    return answer(Data(Transformations(page.cut(shown), page.of(len(shown)))))


async def kinds(call: Call) -> Response:  # noqa: ARG001
    found = [
        OperationKind(
            kind.name,
            kind.about,
            next(iter(msgspec.json.schema(kind.settings)["$defs"].values())),
            kind.example,
        )
        for kind in KINDS.values()
    ]
    return answer(Data(OperationKinds(found)))


async def create(call: Call) -> Response:
    wanted = _wanted(await call.body(CreateTransformation))
    context = call.context
    made = await run_in_threadpool(
        changing.create, context.changes, call.principal, context.vault, wanted
    )
    return answer(Data(OneTransformation(_shown(call, made, {}))))


async def show(call: Call) -> Response:
    found = await run_in_threadpool(
        changing.one, call.context.changes, call.principal, call.path("transformation_id")
    )
    return answer(Data(OneTransformation(_shown(call, found, await _counts(call)))))


async def change(call: Call) -> Response:
    """Lists are replaced whole; `null` takes away an allow-list or the hashing. The key of the
    hashing stays when it is left out."""
    wanted = _wanted(await call.body(ChangeTransformation))
    context = call.context
    after = await run_in_threadpool(
        changing.change,
        context.changes,
        call.principal,
        context.vault,
        call.path("transformation_id"),
        wanted,
    )
    return answer(Data(OneTransformation(_shown(call, after, await _counts(call)))))


async def remove(call: Call) -> Response:
    await run_in_threadpool(
        changing.remove, call.context.changes, call.principal, call.path("transformation_id")
    )
    return answer(DONE)


async def attempt(call: Call) -> Response:
    """By the pipeline's own code, beside all else that is on; nothing is written."""
    body = await call.body(TryTransformation)
    context, by = call.context, call.principal
    made = await run_in_threadpool(
        changing.proposed,
        context.changes,
        by,
        context.vault,
        _wanted(body.transformation),
        body.transformation_id or None,
    )
    [source] = await visible(call, [made.source_id])
    requests = (
        pasted(body.events, source.id, context.clock.now())
        if body.events
        else await run_in_threadpool(latest, context.log, {source.id}, body.count)
    )
    if not body.events:
        context.changes.record_read(by, "Events", f"trial of the transformation {made.name}")
    settings = context.settings
    limits = Limits(settings.max_event_bytes, settings.max_batch_events, settings.max_nesting)
    without, with_it = await run_in_threadpool(
        without_and_with, context.changes, by, context.vault, context.published.current(), made
    )
    trial = await run_in_threadpool(
        compare, requests, without, with_it, limits, samples=body.samples
    )
    return answer(Data(TriedTransformation(trial)))


async def _counts(call: Call) -> Mapping[str, Touched]:
    context = call.context
    return await run_in_threadpool(touched, context.log, now=context.clock.now())


_DEFINED: Final = {
    "condition": "condition",
    "drop": "drop",
    "new_event_name": "new_event_name",
    "property_renames": "property_renames",
    "property_value_transformations": "property_value_transformations",
    "fql_defined_properties": "fql_defined_properties",
    "allow_properties": "allow_properties",
    "operations": "operations",
}
"""The members of a definition, by those of the API."""


def _wanted(body: CreateTransformation | ChangeTransformation) -> Wanted:
    """What a body asks for. Raises InvalidError for a destination."""
    if body.destination_metadata_id:
        raise InvalidError(
            "destinationMetadataId: there are no destinations yet that a transformation could be "
            "for.",
            field="destinationMetadataId",
            hint="Leave it out: the transformation then changes all that its source sends.",
        )
    definition: dict[str, Any] = {}
    for theirs, ours in _DEFINED.items():
        value = getattr(body, theirs)
        if value is not UNSET:
            definition[ours] = tuple(value) if isinstance(value, list) else value
    hashing, key = body.hash_properties_configuration, None
    if hashing is None:
        definition["hash_properties"], key = None, ""
    elif hashing is not UNSET:
        definition["hash_properties"] = msgspec.structs.replace(hashing, key="")
        key = hashing.key or None
    return Wanted(_given(body.name), _given(body.source_id), _given(body.enabled), definition, key)


def _given(value: Any) -> Any:
    return None if value is UNSET else value


def _shown(call: Call, made: Transformation, counts: Mapping[str, Touched]) -> TransformationV1:
    definition = made.definition
    hashing: HashProperties | UnsetType = UNSET
    if definition.hash_properties is not None:
        key = secrets_of(made, call.context.vault).key
        hashing = msgspec.structs.replace(
            definition.hash_properties, key=masks.shown({"key": key}, {"key"})["key"]
        )
    allowed = definition.allow_properties
    return TransformationV1(
        id=made.id,
        name=made.name,
        source_id=made.source_id,
        enabled=made.enabled,
        condition=definition.condition,
        drop=definition.drop,
        new_event_name=definition.new_event_name or UNSET,
        property_renames=list(definition.property_renames) or UNSET,
        property_value_transformations=list(definition.property_value_transformations) or UNSET,
        fql_defined_properties=list(definition.fql_defined_properties) or UNSET,
        allow_properties=UNSET if allowed is None else list(allowed),
        hash_properties_configuration=hashing,
        operations=list(definition.operations) or UNSET,
        touched=counts.get(made.id, Touched()),
    )


_PATH: Final = "/api/transformations"
_ONE: Final = f"{_PATH}/{{transformation_id}}"

ROUTES = (
    ApiRoute(
        "GET",
        _PATH,
        Permission.PLAN_READ,
        index,
        Doc(
            "List the transformations.",
            _TAG,
            query=Paged,
            answer=Data[Transformations],
            operation="listTransformations",
        ),
    ),
    ApiRoute(
        "POST",
        _PATH,
        Permission.PLAN_ADMIN,
        create,
        Doc(
            "Make a transformation.",
            _TAG,
            body=CreateTransformation,
            answer=Data[OneTransformation],
            operation="createTransformation",
            errors=(409,),
        ),
    ),
    ApiRoute(
        "GET",
        f"{_PATH}/kinds",
        Permission.PLAN_READ,
        kinds,
        Doc("List the kinds of operation.", _TAG, answer=Data[OperationKinds]),
    ),
    ApiRoute(
        "POST",
        f"{_PATH}/test",
        (Permission.PLAN_READ, Permission.SOURCE_READ, Permission.PII_READ),
        attempt,
        Doc(
            "Say what a transformation would do.",
            _TAG,
            body=TryTransformation,
            answer=Data[TriedTransformation],
            errors=(404,),
        ),
    ),
    ApiRoute(
        "GET",
        _ONE,
        Permission.PLAN_READ,
        show,
        Doc(
            "One transformation.",
            _TAG,
            answer=Data[OneTransformation],
            operation="getTransformation",
        ),
    ),
    ApiRoute(
        "PATCH",
        _ONE,
        Permission.PLAN_ADMIN,
        change,
        Doc(
            "Change a transformation.",
            _TAG,
            body=ChangeTransformation,
            answer=Data[OneTransformation],
            operation="updateTransformation",
        ),
    ),
    ApiRoute(
        "DELETE",
        _ONE,
        Permission.PLAN_ADMIN,
        remove,
        Doc(
            "Delete a transformation.", _TAG, answer=Data[Status], operation="deleteTransformation"
        ),
    ),
)
