"""/api/tracking-plans/{id}/versions: how a plan was, what changed, and back again."""

from collections.abc import Sequence
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from headwater.access.permissions import Permission
from headwater.api.frame import DONE, ApiRoute, Call, Data, Doc, Status, answer
from headwater.api.pages import Paged, PaginationOutput, page_of
from headwater.errors import NotFoundError
from headwater.kit.clock import isoformat
from headwater.plans import changing
from headwater.plans.files.comparing import RuleChange, changes
from headwater.plans.model import Rule, RuleType, Version


class PlanVersion(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A saved state of a plan: when, by whom, what was said of it, and how many rules it has."""

    version: int
    created_at: str
    created_by: str
    note: str
    rule_count: int


class PlanVersions(msgspec.Struct, frozen=True):
    """The newest first."""

    versions: list[PlanVersion]
    pagination: PaginationOutput


class SavedRule(msgspec.Struct, frozen=True, rename="camel"):
    """A rule as a version has it."""

    type: RuleType
    key: str
    version: int
    json_schema: dict[str, Any] | None


class SavedPlan(msgspec.Struct, frozen=True):
    """What a version keeps."""

    name: str
    description: str
    rules: list[SavedRule]


class OnePlanVersion(msgspec.Struct, frozen=True):
    plan: SavedPlan


class Against(msgspec.Struct, frozen=True):
    """What a version is compared with."""

    against: Annotated[
        int, Meta(ge=0, description="Another version; 0 is the plan as it is now.")
    ] = 0


class PlanChanges(msgspec.Struct, frozen=True):
    """What the plan would change by, to become as the version: by rule and property."""

    changes: Sequence[RuleChange]


async def index(call: Call) -> Response:
    page = page_of(call.asked(Paged).pagination)
    found = await run_in_threadpool(
        changing.versions, call.context.changes, call.principal, call.path("tracking_plan_id")
    )
    shown = [_shown(each) for each in page.cut(found)]
    return answer(Data(PlanVersions(shown, page.of(len(found)))))


async def show(call: Call) -> Response:
    saved = await run_in_threadpool(
        changing.version,
        call.context.changes,
        call.principal,
        call.path("tracking_plan_id"),
        _number(call),
    )
    rules = [SavedRule(each.type, each.key, each.version, each.json_schema) for each in saved.rules]
    return answer(Data(OnePlanVersion(SavedPlan(saved.name, saved.description, rules))))


async def compare(call: Call) -> Response:
    against = call.asked(Against).against
    before, after = await run_in_threadpool(_rules, call, against, _number(call))
    return answer(Data(PlanChanges(changes(before, after))))


async def restore(call: Call) -> Response:
    """Its rules become those of the version, which is a new version. Name and description stay."""
    plan_id, number = call.path("tracking_plan_id"), _number(call)
    saved = await run_in_threadpool(
        changing.version, call.context.changes, call.principal, plan_id, number
    )
    await run_in_threadpool(
        changing.replace_rules,
        call.context.changes,
        call.principal,
        plan_id,
        saved.rules,
        note=f"Back to version {number}",
    )
    return answer(DONE)


def _rules(call: Call, *numbers: int) -> list[Sequence[Rule]]:
    gate, by, plan_id = call.context.changes, call.principal, call.path("tracking_plan_id")
    return [
        changing.version(gate, by, plan_id, number).rules
        if number
        else changing.rules(gate, by, plan_id)
        for number in numbers
    ]


def _number(call: Call) -> int:
    text = call.path("version")
    if not (text.isascii() and text.isdecimal()) or not 0 < len(text) <= 9:
        raise NotFoundError(f"The tracking plan has no version {text[:50]!r}.")
    return int(text)


def _shown(version: Version) -> PlanVersion:
    return PlanVersion(
        version=version.number,
        created_at=isoformat(version.at),
        created_by=version.by_name or version.by,
        note=version.note,
        rule_count=version.rules,
    )


_TAG: Final = "Tracking Plans"
_PATH: Final = "/api/tracking-plans/{tracking_plan_id}/versions"
_ONE: Final = f"{_PATH}/{{version}}"

ROUTES = (
    ApiRoute(
        "GET",
        _PATH,
        Permission.PLAN_READ,
        index,
        Doc("List the versions of a plan.", _TAG, query=Paged, answer=Data[PlanVersions]),
    ),
    ApiRoute(
        "GET",
        _ONE,
        Permission.PLAN_READ,
        show,
        Doc("One version of a plan.", _TAG, answer=Data[OnePlanVersion]),
    ),
    ApiRoute(
        "GET",
        f"{_ONE}/changes",
        Permission.PLAN_READ,
        compare,
        Doc(
            "Say what differs between a version of a plan and another.",
            _TAG,
            query=Against,
            answer=Data[PlanChanges],
        ),
    ),
    ApiRoute(
        "POST",
        f"{_ONE}/restore",
        Permission.PLAN_ADMIN,
        restore,
        Doc("Go back to a version of a plan.", _TAG, answer=Data[Status]),
    ),
)
