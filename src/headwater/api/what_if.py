"""/api/what-if: what would become of events, before anything is changed."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Final

import msgspec
from msgspec import Meta
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from headwater.access.permissions import Permission
from headwater.api.frame import DONE, ApiRoute, Call, Data, Doc, Status, answer
from headwater.api.rehearsal import items, suppose
from headwater.api.visible import visible
from headwater.kit.clock import isoformat
from headwater.whatif.asked import Asked
from headwater.whatif.model import WhatIfResult
from headwater.whatif.proposal import GoverningItem, ProposedStep
from headwater.whatif.running import Run, State
from headwater.whatif.whatif import LONGEST_WAIT

_TAG: Final = "What-If"
_ACCESS: Final = (Permission.PLAN_READ, Permission.SOURCE_READ, Permission.PII_READ)


class AskWhatIf(Asked, frozen=True):
    """Changes to what governs, the events to try them on, and how long to wait for the answer."""

    wait: Annotated[
        float, Meta(ge=0, le=LONGEST_WAIT, description="Seconds; then it goes on by itself.")
    ] = 20.0


class ShowWhatIf(msgspec.Struct, frozen=True):
    """How long to wait for the run's end."""

    wait: Annotated[float, Meta(ge=0, le=LONGEST_WAIT, description="Seconds.")] = 0.0


class WhatIfRun(msgspec.Struct, frozen=True, rename="camel"):
    """A run: how far it is, what it is of, and what it found once it is done. `names` are those of
    the rules and plans by whose ids events are touched."""

    id: str
    state: State
    started_at: str
    ended_at: str | None
    read: int
    expected: int
    error: str
    steps: Sequence[ProposedStep]
    passed_over: Sequence[str]
    names: Mapping[str, str]
    result: WhatIfResult | None


class OneWhatIf(msgspec.Struct, frozen=True, rename="camel"):
    what_if: WhatIfRun


class WhatIfs(msgspec.Struct, frozen=True):
    """The runs that are kept, the newest first, without what they found."""

    runs: list[WhatIfRun]


class WhatIfItems(msgspec.Struct, frozen=True):
    """All that governs, as its files would say it."""

    items: list[GoverningItem]


async def ask(call: Call) -> Response:
    """By the pipeline's own code and the loader's; nothing is written. Answers once it is done, or
    after `wait` seconds with the run as it is then."""
    body = await call.body(AskWhatIf)
    sources = await visible(call)
    supposition = await run_in_threadpool(suppose, call.context, call.principal, body.proposal)
    what_if = call.context.backends.what_if
    run = await what_if.begin(call.principal, sources, body, supposition)
    run = await what_if.runs.wait(run, body.wait)
    return answer(Data(OneWhatIf(shown(run))))


async def governing(call: Call) -> Response:
    """What a proposal can change, in the form in which it says so."""
    found = await run_in_threadpool(items, call.context, call.principal)
    return answer(Data(WhatIfItems(found)))


async def index(call: Call) -> Response:
    """Kept for an hour, and until Headwater stops."""
    found = call.context.backends.what_if.runs.all(call.principal.workspace_id)
    return answer(Data(WhatIfs([shown(run, is_whole=False) for run in found])))


async def show(call: Call) -> Response:
    wait = call.asked(ShowWhatIf).wait
    runs = call.context.backends.what_if.runs
    run = runs.run(call.principal.workspace_id, call.path("what_if_id"))
    run = await runs.wait(run, wait)
    return answer(Data(OneWhatIf(shown(run))))


async def end(call: Call) -> Response:
    """One that is over is forgotten."""
    runs = call.context.backends.what_if.runs
    runs.end(call.principal.workspace_id, call.path("what_if_id"))
    return answer(DONE)


def shown(run: Run, *, is_whole: bool = True) -> WhatIfRun:
    """A run as the API has it."""
    supposition = run.supposition
    return WhatIfRun(
        id=run.id,
        state=run.state,
        started_at=isoformat(run.started_at),
        ended_at=isoformat(run.ended_at) if run.ended_at else None,
        read=run.read,
        expected=run.expected,
        error=run.error,
        steps=supposition.steps,
        passed_over=supposition.passed_over,
        names=supposition.names,
        result=run.result if is_whole else None,
    )


_PATH: Final = "/api/what-if"
_ONE: Final = f"{_PATH}/{{what_if_id}}"

ROUTES = (
    ApiRoute(
        "POST",
        _PATH,
        _ACCESS,
        ask,
        Doc(
            "Say what changes would do to events.",
            _TAG,
            body=AskWhatIf,
            answer=Data[OneWhatIf],
            errors=(404, 409),
        ),
    ),
    ApiRoute(
        "GET",
        _PATH,
        _ACCESS,
        index,
        Doc("List the runs of what-if.", _TAG, answer=Data[WhatIfs]),
    ),
    ApiRoute(
        "GET",
        f"{_PATH}/items",
        _ACCESS,
        governing,
        Doc("List what governs, as its files would say it.", _TAG, answer=Data[WhatIfItems]),
    ),
    ApiRoute(
        "GET",
        _ONE,
        _ACCESS,
        show,
        Doc("One run of what-if.", _TAG, query=ShowWhatIf, answer=Data[OneWhatIf]),
    ),
    ApiRoute(
        "DELETE",
        _ONE,
        _ACCESS,
        end,
        Doc("End a run of what-if.", _TAG, answer=Data[Status]),
    ),
)
