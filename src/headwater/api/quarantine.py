"""Events kept aside: seen, mended and sent on again, dismissed, and taken out as a file."""

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Meta
from starlette.responses import Response, StreamingResponse

from headwater.access.model import OnSome
from headwater.access.permissions import Permission
from headwater.api.frame import ApiRoute, Call, Data, Doc, answer
from headwater.api.visible import hidden, visible
from headwater.errors import ForbiddenError, NotFoundError
from headwater.quarantine.model import (
    LARGEST_RAW,
    MOST_KEYS,
    MOST_PAGE,
    Fixes,
    Kept,
    Preview,
    ReasonCount,
    Run,
    Selection,
    State,
)
from headwater.queries.times import moment
from headwater.search.masking import MASK, masked_text
from headwater.workspaces.model import Source

_READ = OnSome(Permission.SOURCE_READ)
_CHANGE = OnSome(Permission.SOURCE_ADMIN)
_Text = Annotated[str, Meta(max_length=1000)]


class SelectionInput(msgspec.Struct, frozen=True, rename="camel"):
    """Quarantined events: those that fulfil all that is given; times are ISO 8601."""

    reason: _Text = ""
    source_ids: Annotated[tuple[str, ...], Meta(max_length=1000)] = ()
    event: _Text | None = None
    since: _Text = ""
    until: _Text = ""
    keys: Annotated[tuple[str, ...], Meta(max_length=MOST_KEYS)] = ()
    state: State = State.OPEN


class KeptQuery(msgspec.Struct, frozen=True):
    """Which quarantined events are listed."""

    reason: _Text = ""
    source: Annotated[
        tuple[str, ...], Meta(max_length=1000, description="Of these: id, slug or name.")
    ] = ()
    event: _Text | None = None
    since: Annotated[str, Meta(description="Received at or after this time, ISO 8601.")] = ""
    until: Annotated[str, Meta(description="Received before this time, ISO 8601.")] = ""
    state: State = State.OPEN
    cursor: _Text = ""
    count: Annotated[int, Meta(ge=1, le=MOST_PAGE)] = 50


class PreviewInput(msgspec.Struct, frozen=True):
    """What is tried. `raw` is one event as it was edited."""

    selection: SelectionInput
    fixes: Fixes = ()
    raw: Annotated[str, Meta(max_length=LARGEST_RAW)] | None = None
    count: Annotated[int, Meta(ge=1, le=100)] = 20


class ReplayInput(msgspec.Struct, frozen=True):
    """What is sent on again. `raw` is one event as it was edited."""

    selection: SelectionInput
    fixes: Fixes = ()
    raw: Annotated[str, Meta(max_length=LARGEST_RAW)] | None = None


class DismissInput(msgspec.Struct, frozen=True):
    """What is dismissed."""

    selection: SelectionInput


class RestoreInput(msgspec.Struct, frozen=True, rename="camel"):
    """Which dismissal is taken back."""

    run_id: _Text


class Reasons(msgspec.Struct, frozen=True):
    """The reasons of open events, the most frequent first."""

    reasons: list[ReasonCount]


class KeptEvents(msgspec.Struct, frozen=True):
    """A page of quarantined events, the newest first; `next` is empty at the end."""

    events: Sequence[Kept]
    next: str


class OneKept(msgspec.Struct, frozen=True):
    """A quarantined event."""

    event: Kept


class OnePreview(msgspec.Struct, frozen=True):
    """What a replay would do."""

    preview: Preview


class OneRun(msgspec.Struct, frozen=True):
    """Something done about quarantined events."""

    run: Run


class Runs(msgspec.Struct, frozen=True):
    """What was done, the newest first."""

    runs: list[Run]


async def index(call: Call) -> Response:
    among = None if _sees_all(call) else await visible(call)
    found = await call.context.backends.quarantine.reasons(call.principal.workspace_id, among)
    return answer(Data(Reasons(found)))


async def events(call: Call) -> Response:
    """Values are masked for who may not see personal data."""
    asked = call.asked(KeptQuery)
    wanted = await _listed(call, asked)
    page = await call.context.backends.quarantine.events(
        call.principal.workspace_id, wanted, asked.cursor, asked.count
    )
    shown = await _shown(call, page.events, call.request.url.query)
    return answer(Data(KeptEvents(shown, page.next)))


async def event(call: Call) -> Response:
    """The reason is about the value at `field`, where it is about one."""
    found = await call.context.backends.quarantine.event(
        call.principal.workspace_id, call.path("key")
    )
    if not _sees_all(call) and all(s.id != found.source_id for s in await visible(call)):
        raise NotFoundError(f"There is no event {found.key!r} in quarantine.")
    [shown] = await _shown(call, [found], found.key)
    return answer(Data(OneKept(shown)))


async def preview(call: Call) -> Response:
    """The newest of the events are led through the pipeline's own steps; nothing is changed."""
    body = await call.body(PreviewInput)
    wanted = await _selected(call, body.selection)
    await _require_people(call, wanted)
    found = await call.context.backends.quarantine.preview(
        call.principal.workspace_id, wanted, body.fixes, body.count, body.raw
    )
    call.context.changes.record_read(call.principal, "quarantine", wanted.reason or "preview")
    return answer(Data(OnePreview(found)))


async def replay(call: Call) -> Response:
    """Events keep the time of their first receipt, and are loaded once whatever is repeated. A long
    run goes on after the answer: see the runs."""
    body = await call.body(ReplayInput)
    wanted = await _selected(call, body.selection)
    run = await call.context.backends.quarantine.replay(
        call.principal, wanted, body.fixes, body.raw
    )
    return answer(Data(OneRun(run)))


async def dismiss(call: Call) -> Response:
    """They stay where they are, and are listed no more among the open ones."""
    body = await call.body(DismissInput)
    wanted = await _selected(call, body.selection)
    run = await call.context.backends.quarantine.dismiss(call.principal, wanted)
    return answer(Data(OneRun(run)))


async def restore(call: Call) -> Response:
    body = await call.body(RestoreInput)
    run = await call.context.backends.quarantine.restore(call.principal, body.run_id)
    return answer(Data(OneRun(run)))


async def runs(call: Call) -> Response:
    found = await call.context.backends.quarantine.runs(call.principal.workspace_id)
    return answer(Data(Runs(found)))


async def export(call: Call) -> Response:
    """One JSON object a line, the newest first."""
    wanted = await _listed(call, call.asked(KeptQuery))
    await _require_people(call, wanted)
    pieces = await call.context.backends.quarantine.export(call.principal.workspace_id, wanted)
    call.context.changes.record_read(call.principal, "quarantine", call.request.url.query)
    return StreamingResponse(pieces, media_type="application/x-ndjson")


def _sees_all(call: Call) -> bool:
    """Whether the caller may see every source's events, also those of deleted sources."""
    return call.principal.may(Permission.SOURCE_READ)


async def _listed(call: Call, asked: KeptQuery) -> Selection:
    chosen = await visible(call, asked.source)
    given = SelectionInput(
        reason=asked.reason,
        source_ids=tuple(source.id for source in chosen) if asked.source else (),
        event=asked.event,
        since=asked.since,
        until=asked.until,
        state=asked.state,
    )
    return await _selected(call, given)


async def _selected(call: Call, given: SelectionInput) -> Selection:
    """The selection, of the sources that the caller may see. Raises NotFoundError for others."""
    ids = given.source_ids
    if not _sees_all(call):
        seen = {source.id for source in await visible(call)}
        unknown = [each for each in ids if each not in seen]
        if unknown or not seen:
            raise NotFoundError(f"There is no source {' '.join(unknown) or 'to be seen'!r}.")
        ids = ids or tuple(seen)
    return Selection(
        reason=given.reason,
        source_ids=ids,
        event=given.event,
        since=moment(given.since, name="since") if given.since else None,
        until=moment(given.until, name="until") if given.until else None,
        keys=given.keys,
        state=given.state,
    )


async def _require_people(call: Call, wanted: Selection) -> None:
    """Raise ForbiddenError where the caller may not see personal data of what is selected."""
    if call.principal.may(Permission.PII_READ):
        return
    among = await visible(call)
    readable = {source.id for source in among} - hidden(call, among)
    if not wanted.source_ids or not set(wanted.source_ids) <= readable:
        raise ForbiddenError(
            "This needs the permission pii.read on the events' sources.",
            hint="Select the events of a source for which you have it.",
        )


async def _shown(call: Call, kept: Sequence[Kept], subject: str) -> Sequence[Kept]:
    if call.principal.may(Permission.PII_READ):
        readable: set[str] | None = None
    else:
        among: Sequence[Source] = await visible(call)
        readable = {source.id for source in among} - hidden(call, among)
    if kept and (readable is None or any(each.source_id in readable for each in kept)):
        call.context.changes.record_read(call.principal, "quarantine", subject)
    return [
        each if readable is None or each.source_id in readable else _hidden(each) for each in kept
    ]


def _hidden(kept: Kept) -> Kept:
    detail = MASK if kept.detail else ""
    return msgspec.structs.replace(kept, raw=masked_text(kept.raw), detail=detail)


def _route(method: str, path: str, handle: Any, summary: str, **doc: Any) -> ApiRoute:
    access = _READ if method == "GET" or handle is preview else _CHANGE
    doc.setdefault("errors", (400, 404, 409, 503) if method == "POST" else (400, 503))
    return ApiRoute(
        method, f"/api/quarantine{path}", access, handle, Doc(summary, "Quarantine", **doc)
    )


ROUTES = (
    _route("GET", "", index, "Why events are kept aside, and how many.", answer=Data[Reasons]),
    _route(
        "GET",
        "/events",
        events,
        "Quarantined events.",
        query=KeptQuery,
        answer=Data[KeptEvents],
        errors=(400, 404, 503),
    ),
    _route("GET", "/events/{key}", event, "One quarantined event.", answer=Data[OneKept]),
    _route(
        "POST",
        "/preview",
        preview,
        "Try what a replay would do.",
        body=PreviewInput,
        answer=Data[OnePreview],
    ),
    _route(
        "POST",
        "/replay",
        replay,
        "Send events on again, mended.",
        body=ReplayInput,
        answer=Data[OneRun],
    ),
    _route("POST", "/dismiss", dismiss, "Dismiss events.", body=DismissInput, answer=Data[OneRun]),
    _route(
        "POST",
        "/restore",
        restore,
        "Take a dismissal back.",
        body=RestoreInput,
        answer=Data[OneRun],
    ),
    _route("GET", "/runs", runs, "What was done about quarantined events.", answer=Data[Runs]),
    _route(
        "GET",
        "/export",
        export,
        "Quarantined events as a file.",
        query=KeptQuery,
        media=("application/x-ndjson",),
        errors=(400, 404, 503),
    ),
)
