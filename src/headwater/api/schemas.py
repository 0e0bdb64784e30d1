"""What a source really sends: its events and their properties."""

from typing import Annotated

import msgspec
from msgspec import Meta
from starlette.responses import Response

from headwater.access.model import OnSome
from headwater.access.permissions import Permission
from headwater.api.frame import ApiRoute, Call, Data, Doc, answer
from headwater.api.visible import one, sees_people
from headwater.errors import NotFoundError
from headwater.schemas.model import MOST_SAMPLED, SAMPLED, EventSchema, EventSeen
from headwater.search.masking import MASK
from headwater.spec import EVENT_TYPES


class SourceSchema(msgspec.Struct, frozen=True):
    """The events of a source, the most frequent first."""

    events: list[EventSeen]


class SchemaQuery(msgspec.Struct, frozen=True):
    """Which event, and how much of it is looked at."""

    event: Annotated[
        str, Meta(max_length=1000, description="A track event's name as sent; empty: all.")
    ] = ""
    sample: Annotated[
        int, Meta(ge=1, le=MOST_SAMPLED, description="How many of the newest are looked at.")
    ] = SAMPLED


class OneSchema(msgspec.Struct, frozen=True):
    """An event's schema."""

    schema: EventSchema


async def events(call: Call) -> Response:
    source = await one(call)
    found = await call.context.backends.schemas.events(call.principal.workspace_id, source.slug)
    return answer(Data(SourceSchema(found)))


async def properties(call: Call) -> Response:
    """By a sample of the newest events. Examples are hidden from who may not see personal data."""
    source, kind = await one(call), call.path("type")
    if kind not in EVENT_TYPES:
        raise NotFoundError(
            f"There is no type of event {kind!r}.", hint=f"Types: {', '.join(EVENT_TYPES)}."
        )
    asked = call.asked(SchemaQuery)
    found = await call.context.backends.schemas.properties(
        call.principal.workspace_id, source.slug, kind, asked.event or None, asked.sample
    )
    if sees_people(call, source):
        call.context.changes.record_read(call.principal, "schema", source.id)
    else:
        found = _without_examples(found)
    return answer(Data(OneSchema(found)))


def _without_examples(schema: EventSchema) -> EventSchema:
    hidden = [
        msgspec.structs.replace(each, examples=[MASK] * bool(each.examples))
        for each in schema.properties
    ]
    return msgspec.structs.replace(schema, properties=hidden)


ROUTES = (
    ApiRoute(
        "GET",
        "/api/sources/{source_id}/schema",
        OnSome(Permission.SOURCE_READ),
        events,
        Doc(
            "The events that a source has sent.",
            "Schema",
            answer=Data[SourceSchema],
            errors=(503,),
        ),
    ),
    ApiRoute(
        "GET",
        "/api/sources/{source_id}/schema/{type}",
        OnSome(Permission.SOURCE_READ),
        properties,
        Doc(
            "The properties of an event, as they were really sent.",
            "Schema",
            query=SchemaQuery,
            answer=Data[OneSchema],
            errors=(503,),
        ),
    ),
)
