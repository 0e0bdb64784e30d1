"""What functions would do, and what they did: trials, runs with their logs and errors."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from msgspec import UNSET
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from headwater.access import sources as access_sources
from headwater.access.model import OnSome
from headwater.access.permissions import Permission
from headwater.api.frame import ApiRoute, Call, Data, Doc, answer
from headwater.api.function_bodies import (
    FunctionRuns,
    FunctionTrial,
    ListedRuns,
    Tried,
    TriedFunction,
    TryFunction,
)
from headwater.api.functions import TAG
from headwater.debugger.differences import differences
from headwater.debugger.passed import delivered_rows
from headwater.errors import InvalidError
from headwater.functions import changing, connecting, runs
from headwater.functions.checking import HANDLERS
from headwater.functions.model import PART, Function, ResourceType
from headwater.functions.opening import secrets_of
from headwater.functions.runs import Error, lines_of
from headwater.functions.runtime.model import Failed, Program, Result
from headwater.functions.workshop import current, program
from headwater.governing import FEATURES, compile_program
from headwater.pipeline.batch import process
from headwater.pipeline.event import Limits
from headwater.spec import accepted
from headwater.whatif.trial import latest

_DAY: Final = 86_400_000_000
_HANDLERS: Final = frozenset((*HANDLERS, "onRequest"))


async def attempt_new(call: Call) -> Response:
    """Of code that need not be kept."""
    call.principal.require(Permission.FUNCTION_ADMIN)
    body = await call.body(TryFunction)
    if body.code is UNSET:
        raise InvalidError("code: is missing.", field="code")
    return await _attempt(call, body, body.resource_type, body.code, None)


async def attempt(call: Call) -> Response:
    """Of the code that was saved last, or of other `code`. Its handlers are called as the pipeline
    calls them; a function of destinations can be tried too. What it fetches is fetched."""
    found = await run_in_threadpool(
        changing.one, call.context.changes, call.principal, call.path("function_id")
    )
    call.principal.require(Permission.FUNCTION_ADMIN, changing.resource(found.id))
    body = await call.body(TryFunction)
    code = found.code if body.code is UNSET else body.code
    return await _attempt(call, body, found.resource_type, code, found)


async def _attempt(
    call: Call,
    body: TryFunction,
    resource_type: ResourceType,
    code: str,
    function: Function | None,
) -> Response:
    if body.handler and body.handler not in _HANDLERS:
        raise InvalidError(
            f"handler: {body.handler[:60]!r} is none of {', '.join(sorted(_HANDLERS))}.",
            field="handler",
        )
    made = await run_in_threadpool(_program, call, body, resource_type, code, function)
    events = list(body.events) or await _last_events(call, body)
    loaded = await run_in_threadpool(current().loaded, made)
    if loaded.failed is not None:
        trial = FunctionTrial(
            handlers=[], results=[], error=_error(loaded.failed), logs=lines_of(loaded.logs)
        )
        return answer(Data(TriedFunction(trial)))
    results = await run_in_threadpool(current().tried, made, events, body.handler)
    is_source = resource_type is ResourceType.SOURCE
    trial = FunctionTrial(
        handlers=list(loaded.handlers),
        results=[
            _tried(before, result, is_source=is_source)
            for before, result in zip(events, results, strict=True)
        ],
        logs=lines_of(loaded.logs),
    )
    return answer(Data(TriedFunction(trial)))


def _program(
    call: Call,
    body: TryFunction,
    resource_type: ResourceType,
    code: str,
    function: Function | None,
) -> Program:
    context = call.context
    settings, secrets = dict(body.settings), dict[str, Any]()
    if body.instance_id:
        held = connecting.one(context.changes, call.principal, body.instance_id)
        if function is None or held.function_id != function.id:
            raise InvalidError("instanceId: is no connection of this function.", field="instanceId")
        settings = {**held.settings, **settings}
        secrets = secrets_of(held.sealed, context.vault)
    return program(resource_type, code, settings, secrets)


async def _last_events(call: Call, body: TryFunction) -> list[dict[str, Any]]:
    """The last events of a source, as they come to its functions. Raises InvalidError."""
    if not body.source_id:
        raise InvalidError(
            "events: give some, or the sourceId whose last ones to take.", field="events"
        )
    context, by = call.context, call.principal
    source = await run_in_threadpool(access_sources.one, context.changes, by, body.source_id)
    by.require(Permission.PII_READ, access_sources.resource(source))
    context.changes.record_read(by, "Events", f"trial of a function on the source {source.name}")
    return await run_in_threadpool(_events_of, call, source.id, body.count)


def _events_of(call: Call, source_id: str, count: int) -> list[dict[str, Any]]:
    configuration, settings = call.context.published.current(), call.context.settings
    if configuration is None:
        return []
    requests = latest(call.context.log, {source_id}, count)
    limits = Limits(settings.max_event_bytes, settings.max_batch_events, settings.max_nesting)
    programs = compile_program(
        configuration, features=[each for each in FEATURES if each.part != PART]
    )
    found: list[dict[str, Any]] = []
    while requests:
        batch = process(requests, configuration.by_id(), limits, after={}, programs=programs)
        requests = requests[batch.requests :]
        for passed in batch.passed.values():
            body = passed.columns.body([True] * len(passed.columns))
            found += [event for _, event in delivered_rows(accepted.decode(body))]
    return found[-count:]


def _tried(before: dict[str, Any], result: Result, *, is_source: bool) -> Tried:
    after = [before] if result.events is None else list(result.events)
    if result.failed is not None:
        outcome, after = "failed", []
    elif result.dropped is not None:
        outcome, after = "dropped", []
    elif is_source:
        outcome, after = "made", list(result.events or ())
    else:
        outcome = "unchanged" if result.events is None else "changed"
    is_one = outcome == "changed" and len(after) == 1
    return Tried(
        outcome=outcome,
        before=before,
        events=after,
        differences=differences(before, after[0]) if is_one else (),
        reason=result.dropped or "",
        error=None if result.failed is None else _error(result.failed),
        logs=lines_of(result.logs),
        milliseconds=result.milliseconds,
    )


def _error(failed: Failed) -> Error:
    return Error(failed.kind.value, failed.message, failed.name, failed.line, failed.stack)


async def history(call: Call) -> Response:
    """Counts and times; console lines and errors with their lines too for who may see personal
    data, which may stand in them."""
    found = await run_in_threadpool(
        changing.one, call.context.changes, call.principal, call.path("function_id")
    )
    asked = call.asked(ListedRuns)
    folder = call.context.settings.data_dir
    kept = await run_in_threadpool(_kept, folder, found.id, asked)
    since = call.context.clock.now() - _DAY
    spans = await run_in_threadpool(runs.spans, folder, found.id, since)
    if not call.principal.may(Permission.PII_READ):
        kept = [msgspec.structs.replace(each, lines=(), errors=()) for each in kept]
    return answer(Data(FunctionRuns(list(kept), spans)))


def _kept(folder: Any, function_id: str, asked: ListedRuns) -> Sequence[runs.Run]:
    return runs.runs(folder, function_id, count=asked.count, before=asked.before, noted=asked.noted)


_PATH: Final = "/api/functions"
_ONE: Final = f"{_PATH}/{{function_id}}"
_ADMIN: Final = OnSome(Permission.FUNCTION_ADMIN)

ROUTES = (
    ApiRoute(
        "POST",
        f"{_PATH}/test",
        Permission.FUNCTION_ADMIN,
        attempt_new,
        Doc("Say what code would do.", TAG, body=TryFunction, answer=Data[TriedFunction]),
    ),
    ApiRoute(
        "POST",
        f"{_ONE}/test",
        _ADMIN,
        attempt,
        Doc("Say what a function would do.", TAG, body=TryFunction, answer=Data[TriedFunction]),
    ),
    ApiRoute(
        "GET",
        f"{_ONE}/runs",
        OnSome(Permission.FUNCTION_READ),
        history,
        Doc("Say what a function did.", TAG, query=ListedRuns, answer=Data[FunctionRuns]),
    ),
)
