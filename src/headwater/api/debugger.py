"""Events as they pass: a stream of server-sent events, or the last ones at once."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Final

import msgspec
from msgspec import Meta
from starlette.responses import Response, StreamingResponse

from headwater.access.model import OnSome
from headwater.access.permissions import Permission
from headwater.api.frame import ApiRoute, Call, Data, Doc, answer
from headwater.api.visible import hidden, one, visible
from headwater.debugger.debugger import MOST_RECENT
from headwater.debugger.filters import Filter
from headwater.debugger.masking import masked_seen
from headwater.debugger.model import Seen
from headwater.errors import UnavailableError
from headwater.workspaces.model import Source

LONGEST_SECONDS: Final = 900.0
"""A stream ends after this; browsers open it again, and who they are is asked again then."""

_READ: Final = OnSome(Permission.SOURCE_READ)


class DebuggerQuery(msgspec.Struct, frozen=True):
    """Which events are shown."""

    fql: Annotated[str, Meta(max_length=10_000, description="Those that fulfil this FQL.")] = ""
    text: Annotated[str, Meta(max_length=1000, description="Those that hold this text.")] = ""
    history: Annotated[
        int, Meta(ge=0, le=MOST_RECENT, description="How many of the last events come first.")
    ] = 100
    once: Annotated[
        int, Meta(ge=0, le=1, description="1: the last events as JSON, and no stream.")
    ] = 0


class SeenEvents(msgspec.Struct, frozen=True):
    """The last events, the newest first."""

    events: list[Seen]


async def of_source(call: Call) -> Response:
    """Each `seen` event has one event in its data; the same id may come again, with what has
    become of it since. `skipped` says how many came too fast to be shown. Values are masked for who
    may not see personal data."""
    return await _shown(call, [await one(call)])


async def of_all(call: Call) -> Response:
    """As for one source, for all that the caller may see."""
    return await _shown(call, await visible(call))


async def _shown(call: Call, sources: Sequence[Source]) -> Response:
    asked = call.asked(DebuggerQuery)
    masked = hidden(call, sources)
    wanted = Filter.of(asked.fql, asked.text, masked)
    if len(masked) < len(sources):
        named = " ".join(source.id for source in sources)
        call.context.changes.record_read(call.principal, "debugger", named)
    if asked.once:
        found = await _recent(call, sources, wanted, asked.history)
        return answer(Data(SeenEvents([_hidden(each, masked) for each in found])))
    return StreamingResponse(
        _stream(call, sources, wanted, masked, asked.history),
        media_type="text/event-stream",
        headers={"X-Accel-Buffering": "no"},
    )


async def _recent(call: Call, sources: Sequence[Source], wanted: Filter, count: int) -> list[Seen]:
    if not count:
        return []
    debugger = call.context.backends.debugger
    return await debugger.recent(call.principal.workspace_id, sources, wanted, count)


async def _stream(
    call: Call,
    sources: Sequence[Source],
    wanted: Filter,
    masked: frozenset[str],
    history: int,
) -> AsyncIterator[bytes]:
    ids = {source.id for source in sources}
    end = asyncio.get_running_loop().time() + LONGEST_SECONDS
    async with call.context.backends.debugger.watch(ids, wanted) as watcher:
        yield b"retry: 1000\n\n"
        try:
            for each in reversed(await _recent(call, sources, wanted, history)):
                yield _message("seen", _hidden(each, masked))
        except UnavailableError:
            yield b": the last events cannot be told now\n\n"
        told = 0
        async for batch in watcher:
            if watcher.skipped > told:
                yield _message("skipped", {"skipped": watcher.skipped - told})
                told = watcher.skipped
            shown = (_message("seen", _hidden(each, masked)) for each in batch)
            yield b"".join(shown) or b": beat\n\n"
            if asyncio.get_running_loop().time() > end:
                return


def _hidden(seen: Seen, masked: frozenset[str]) -> Seen:
    return masked_seen(seen) if seen.source_id in masked else seen


def _message(name: str, value: object) -> bytes:
    return b"event: %s\ndata: %s\n\n" % (name.encode(), msgspec.json.encode(value))


def _doc(summary: str) -> Doc:
    return Doc(
        summary,
        "Debugger",
        query=DebuggerQuery,
        answer=Data[SeenEvents],
        media=("text/event-stream",),
        errors=(503,),
    )


ROUTES = (
    ApiRoute(
        "GET",
        "/api/sources/{source_id}/debugger",
        _READ,
        of_source,
        _doc("A source's events as they pass."),
    ),
    ApiRoute("GET", "/api/debugger", _READ, of_all, _doc("All sources' events as they pass.")),
)
