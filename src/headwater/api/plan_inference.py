"""/api/tracking-plans/infer: a plan that is proposed by what a source sends."""

from typing import Annotated, Final

import msgspec
from msgspec import Meta
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from headwater.access.permissions import Permission
from headwater.api.frame import ApiRoute, Call, Data, Doc, answer
from headwater.api.visible import sees_people, visible
from headwater.plans.inferring.model import MOST_READ, Inferred, Thresholds
from headwater.plans.inferring.running import infer
from headwater.queries.times import moment


class InferPlan(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """Whose last events to learn from, and when something counts as a rule."""

    source_id: Annotated[str, Meta(description="A source by its id, slug or name.")]
    last: Annotated[
        int, Meta(ge=1, le=MOST_READ, description="The most events to take, the newest.")
    ] = 10_000
    since: Annotated[
        str, Meta(max_length=100, description="Only those received since (ISO 8601).")
    ] = ""
    thresholds: Thresholds = Thresholds()


class InferredPlan(msgspec.Struct, frozen=True):
    """A rule for each kind of event, with the evidence for it. Nothing is changed."""

    inferred: Inferred


async def propose(call: Call) -> Response:
    """Events are taken as they come to their plan: cleaned, and before it omits or blocks any."""
    body = await call.body(InferPlan)
    [source, *_] = await visible(call, [body.source_id])
    sees = sees_people(call, source)
    found = await run_in_threadpool(
        infer,
        call.context.backends.sample,
        source.id,
        count=body.last,
        since=moment(body.since, name="since") if body.since else 0,
        thresholds=body.thresholds,
        shows_values=sees,
    )
    if sees:
        call.context.changes.record_read(
            call.principal, "Events", f"inference of a plan from {source.name}"
        )
    return answer(Data(InferredPlan(found)))


_TAG: Final = "Tracking Plans"

ROUTES = (
    ApiRoute(
        "POST",
        "/api/tracking-plans/infer",
        Permission.PLAN_READ,
        propose,
        Doc(
            "Propose a tracking plan by what a source sends.",
            _TAG,
            body=InferPlan,
            answer=Data[InferredPlan],
            errors=(404,),
        ),
    ),
)
