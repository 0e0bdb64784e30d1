"""/api/tracking-plans/{id}/violations: how events differed from a plan, counted and shown."""

from collections.abc import Sequence
from typing import Annotated, Final

import msgspec
from msgspec import Meta
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from headwater.access.permissions import Permission
from headwater.api.frame import ApiRoute, Call, Data, Doc, answer
from headwater.api.visible import hidden, visible
from headwater.plans import changing
from headwater.plans.violations import reading
from headwater.plans.violations.model import (
    MOST_SAMPLES,
    Selection,
    ViolationCount,
    ViolationSample,
)
from headwater.queries.times import moment
from headwater.spec.violations import ViolationType

_Text = Annotated[str, Meta(max_length=1000)]


class ViolationsAsked(msgspec.Struct, frozen=True):
    """Which violations are counted and shown."""

    source: Annotated[_Text, Meta(description="A source, by id, slug or name.")] = ""
    event: Annotated[_Text | None, Meta(description="The event's name.")] = None
    field: Annotated[_Text | None, Meta(description="The path that is wrong.")] = None
    type: Annotated[ViolationType | None, Meta(description="The kind of violation.")] = None
    since: Annotated[_Text, Meta(description="Received at or after this time, ISO 8601.")] = ""
    until: Annotated[_Text, Meta(description="Received before this time, ISO 8601.")] = ""
    samples: Annotated[
        int, Meta(ge=0, le=MOST_SAMPLES, description="The most violations to show.")
    ] = 20
    cursor: Annotated[_Text, Meta(description="Where to go on showing.")] = ""


class Violations(msgspec.Struct, frozen=True):
    """The counts of violations by hour, source, event, field and type, and the newest ones. `next`
    is the cursor of the ones after them, empty at the end."""

    counts: Sequence[ViolationCount]
    samples: Sequence[ViolationSample]
    next: str = ""


async def show(call: Call) -> Response:
    """Those of sources that the caller may see; values only where the caller may see personal
    data."""
    asked = call.asked(ViolationsAsked)
    context, by = call.context, call.principal
    plan = await run_in_threadpool(changing.one, context.changes, by, call.path("tracking_plan_id"))
    sources = await visible(call, [asked.source] if asked.source else [])
    selection = Selection(
        plan_id=plan.id,
        event=asked.event,
        field=asked.field,
        type=asked.type,
        since=moment(asked.since, name="since") if asked.since else None,
        until=moment(asked.until, name="until") if asked.until else None,
    )
    ids = {source.id for source in sources}
    masked = hidden(call, sources)
    counts = await reading.counts(context.warehouse, by.workspace_id, ids, selection)
    if not asked.samples:
        return answer(Data(Violations(counts, [])))
    if ids - masked:
        context.changes.record_read(by, "violations", plan.id)
    page = await reading.samples(
        context.warehouse,
        by.workspace_id,
        ids,
        selection,
        cursor=asked.cursor,
        count=asked.samples,
        hidden=masked,
    )
    return answer(Data(Violations(counts, page.violations, page.next)))


_PATH: Final = "/api/tracking-plans/{tracking_plan_id}/violations"

ROUTES = (
    ApiRoute(
        "GET",
        _PATH,
        Permission.PLAN_READ,
        show,
        Doc(
            "Count and show the violations of a plan.",
            "Tracking Plans",
            query=ViolationsAsked,
            answer=Data[Violations],
        ),
    ),
)
