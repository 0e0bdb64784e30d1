"""Replays: what was collected is led through the pipeline again."""

from collections.abc import Sequence
from typing import Annotated

import msgspec
from msgspec import Meta
from starlette.responses import Response

from headwater.access.model import OnSome
from headwater.access.permissions import Permission
from headwater.api.frame import ApiRoute, Call, Data, Doc, answer
from headwater.api.visible import visible
from headwater.archive.requests import END_OF_TIME
from headwater.queries.times import moment
from headwater.replays.model import (
    FASTEST,
    MOST_EVENTS,
    MOST_SOURCES,
    Preview,
    Selection,
    ShownRun,
    Target,
    Text,
)
from headwater.spec.again import Mode

_READ = OnSome(Permission.SOURCE_READ)
_CHANGE = OnSome(Permission.SOURCE_ADMIN)
LONGEST_CONDITION = 5_000


class ReplaySelection(msgspec.Struct, frozen=True, rename="camel"):
    """Collected events: those that fulfil all that is given."""

    source_ids: Annotated[
        tuple[str, ...],
        Meta(max_length=MOST_SOURCES, description="Of these: id, slug or name; none is all."),
    ] = ()
    since: Annotated[Text, Meta(description="Received at or after this time, ISO 8601.")] = ""
    until: Annotated[Text, Meta(description="Received before this time, ISO 8601.")] = ""
    events: Annotated[
        tuple[Text, ...],
        Meta(max_length=MOST_EVENTS, description="Names of track events, or types of calls."),
    ] = ()
    condition: Annotated[
        str, Meta(max_length=LONGEST_CONDITION, description="FQL, asked of the event as it passes.")
    ] = ""


class PreviewReplay(msgspec.Struct, frozen=True):
    """What would be replayed."""

    selection: ReplaySelection = ReplaySelection()
    mode: Mode = Mode.AGAIN


class NewReplay(msgspec.Struct, frozen=True):
    """What is replayed. `rate` is events a second; 0 sets no limit."""

    selection: ReplaySelection = ReplaySelection()
    mode: Mode = Mode.AGAIN
    rate: Annotated[int, Meta(ge=0, le=FASTEST)] = 0
    target: Annotated[Text, Meta(description="Where to; the warehouse alone so far.")] = (
        Target.WAREHOUSE.value
    )


class ReplayPreview(msgspec.Struct, frozen=True):
    """What a replay would send again."""

    preview: Preview


class OneReplay(msgspec.Struct, frozen=True):
    """A replay."""

    replay: ShownRun


class ReplayList(msgspec.Struct, frozen=True):
    """Replays, the newest first."""

    replays: Sequence[ShownRun]


async def index(call: Call) -> Response:
    return answer(Data(ReplayList(await call.context.backends.replays.runs(call.principal))))


async def show(call: Call) -> Response:
    found = await call.context.backends.replays.run(call.principal, call.path("replay_id"))
    return answer(Data(OneReplay(found)))


async def preview(call: Call) -> Response:
    """The stored requests are looked at for some seconds; nothing is changed."""
    body = await call.body(PreviewReplay)
    wanted = await _selection(call, body.selection)
    found = await call.context.backends.replays.preview(call.principal, wanted, body.mode)
    return answer(Data(ReplayPreview(found)))


async def start(call: Call) -> Response:
    """It goes on after the answer. Events keep their times, and none is doubled."""
    body = await call.body(NewReplay)
    wanted = await _selection(call, body.selection)
    replays = call.context.backends.replays
    run = await replays.start(call.principal, wanted, body.mode, body.rate, body.target)
    return answer(Data(OneReplay(run)), 201)


async def pause(call: Call) -> Response:
    found = await call.context.backends.replays.pause(call.principal, call.path("replay_id"))
    return answer(Data(OneReplay(found)))


async def resume(call: Call) -> Response:
    found = await call.context.backends.replays.resume(call.principal, call.path("replay_id"))
    return answer(Data(OneReplay(found)))


async def cancel(call: Call) -> Response:
    """What was sent is led through and loaded."""
    found = await call.context.backends.replays.cancel(call.principal, call.path("replay_id"))
    return answer(Data(OneReplay(found)))


async def _selection(call: Call, given: ReplaySelection) -> Selection:
    among = await visible(call, given.source_ids) if given.source_ids else []
    return Selection(
        source_ids=tuple(source.id for source in among),
        since=moment(given.since, name="since") if given.since else 0,
        until=moment(given.until, name="until") if given.until else END_OF_TIME,
        events=given.events,
        condition=given.condition,
    )


_PATH = "/api/replays/{replay_id}"

ROUTES = (
    ApiRoute(
        "GET", "/api/replays", _READ, index, Doc("Replays.", "Replays", answer=Data[ReplayList])
    ),
    ApiRoute(
        "POST",
        "/api/replays",
        _CHANGE,
        start,
        Doc(
            "Lead events through the pipeline again.",
            "Replays",
            body=NewReplay,
            answer=Data[OneReplay],
            status=201,
            errors=(404,),
        ),
    ),
    ApiRoute(
        "POST",
        "/api/replays/preview",
        _CHANGE,
        preview,
        Doc(
            "What a replay would send again.",
            "Replays",
            body=PreviewReplay,
            answer=Data[ReplayPreview],
            errors=(404,),
        ),
    ),
    ApiRoute(
        "GET", _PATH, _READ, show, Doc("How far a replay is.", "Replays", answer=Data[OneReplay])
    ),
    *(
        ApiRoute(
            "POST",
            f"{_PATH}/{name}",
            _CHANGE,
            handle,
            Doc(says, "Replays", answer=Data[OneReplay], errors=(409,)),
        )
        for name, handle, says in (
            ("pause", pause, "Send no more of a replay for now."),
            ("resume", resume, "Let a paused replay go on."),
            ("cancel", cancel, "Send no more of a replay."),
        )
    ),
)
