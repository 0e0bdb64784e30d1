"""/api/tracking-plans/{id}/drifts: what is sent otherwise than planned, with a patch for each."""

from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from headwater.access.permissions import Permission
from headwater.api.frame import DONE, ApiRoute, Call, Data, Doc, Status, answer
from headwater.api.pages import PaginationInput, PaginationOutput, page_of
from headwater.kit.clock import isoformat
from headwater.plans import changing
from headwater.plans.drift import settling
from headwater.plans.drift.model import Drift, DriftKind
from headwater.plans.drift.model import Status as DriftStatus
from headwater.plans.drift.watching import written
from headwater.plans.files.comparing import PropertyChange, changes
from headwater.plans.model import Rule, RuleType


class DriftQuery(msgspec.Struct, frozen=True):
    """Which drifts are asked for."""

    pagination: PaginationInput = PaginationInput()
    status: Annotated[
        Literal["", "open", "accepted", "dismissed", "resolved"],
        Meta(description="In which state; empty is any."),
    ] = "open"


class DriftPatch(msgspec.Struct, frozen=True, rename="camel"):
    """The rule as it would be, and by what that differs from how it is."""

    json_schema: dict[str, Any] | None
    changes: list[PropertyChange]


class DriftV1(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """What `seen` of the `of` events that could show it do against the plan. What is settled
    has no patch."""

    id: str
    source_id: str
    kind: DriftKind
    type: RuleType
    key: str
    version: int
    path: str
    detail: str
    text: str
    seen: int
    of: int
    status: DriftStatus
    first_seen: str
    last_seen: str
    settled_at: str | None
    settled_by: str
    patch: DriftPatch | None


class Drifts(msgspec.Struct, frozen=True):
    drifts: list[DriftV1]
    pagination: PaginationOutput


class DriftIds(msgspec.Struct, frozen=True, rename="camel"):
    """Which drifts."""

    drift_ids: Annotated[list[str], Meta(min_length=1, max_length=settling.MOST)]


class Checked(msgspec.Struct, frozen=True):
    """How many drifts were found that were not known."""

    found: int


async def index(call: Call) -> Response:
    asked = call.asked(DriftQuery)
    page = page_of(asked.pagination)
    gate, by, plan_id = call.context.changes, call.principal, call.path("tracking_plan_id")
    found = await run_in_threadpool(settling.listed, gate, by, plan_id, asked.status)
    rules = await run_in_threadpool(changing.rules, gate, by, plan_id)
    shown = [_shown(each, rules) for each in page.cut(found)]
    return answer(Data(Drifts(shown, page.of(len(found)))))


async def check(call: Call) -> Response:
    """At once, beside the checks that are made every so often."""
    context, by = call.context, call.principal
    plan = await run_in_threadpool(changing.one, context.changes, by, call.path("tracking_plan_id"))
    new = await run_in_threadpool(context.backends.drift.check, by.workspace_id, plan)
    return answer(Data(Checked(len(new))))


async def accept(call: Call) -> Response:
    """All of them, as one new version of the plan; or none."""
    await _settle(call, settling.accept)
    return answer(DONE)


async def dismiss(call: Call) -> Response:
    """They are not told again; the plan stays as it is."""
    await _settle(call, settling.dismiss)
    return answer(DONE)


async def _settle(call: Call, settle: Any) -> None:
    body = await call.body(DriftIds)
    await run_in_threadpool(
        settle,
        call.context.changes,
        call.principal,
        call.path("tracking_plan_id"),
        body.drift_ids,
    )


def _shown(drift: Drift, rules: list[Rule]) -> DriftV1:
    patch = None
    if drift.status is DriftStatus.OPEN:
        [made] = settling.patches([drift], rules)
        before = [made.before] if made.before else []
        differing = changes(before, [made.after])
        told = [change for rule in differing for change in rule.properties]
        patch = DriftPatch(made.after.json_schema, told)
    return DriftV1(
        id=drift.id,
        source_id=drift.source_id,
        kind=drift.kind,
        type=drift.type,
        key=drift.key,
        version=drift.version,
        path=drift.path,
        detail=drift.detail,
        text=written(drift),
        seen=drift.seen,
        of=drift.of,
        status=drift.status,
        first_seen=isoformat(drift.first_seen),
        last_seen=isoformat(drift.last_seen),
        settled_at=None if drift.settled_at is None else isoformat(drift.settled_at),
        settled_by=drift.settled_by,
        patch=patch,
    )


_TAG: Final = "Tracking Plans"
_PATH: Final = "/api/tracking-plans/{tracking_plan_id}/drifts"

ROUTES = (
    ApiRoute(
        "GET",
        _PATH,
        Permission.PLAN_READ,
        index,
        Doc("List what drifts from a plan.", _TAG, query=DriftQuery, answer=Data[Drifts]),
    ),
    ApiRoute(
        "POST",
        f"{_PATH}/check",
        Permission.PLAN_ADMIN,
        check,
        Doc("Compare what is sent with a plan.", _TAG, answer=Data[Checked]),
    ),
    ApiRoute(
        "POST",
        f"{_PATH}/accept",
        Permission.PLAN_ADMIN,
        accept,
        Doc("Take drifts into a plan.", _TAG, body=DriftIds, answer=Data[Status], errors=(409,)),
    ),
    ApiRoute(
        "POST",
        f"{_PATH}/dismiss",
        Permission.PLAN_ADMIN,
        dismiss,
        Doc("Dismiss drifts from a plan.", _TAG, body=DriftIds, answer=Data[Status], errors=(409,)),
    ),
)
