"""/api/tracking-plans: what events are to look like, and the sources that are held to it."""

from collections.abc import Sequence
from functools import partial
from typing import Any, Final

from msgspec import UNSET
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from headwater.access.permissions import Permission
from headwater.api.frame import DONE, ApiRoute, Call, Data, Doc, Status, answer
from headwater.api.pages import Paged, page_of
from headwater.api.sources import SourcesPage, shown_all
from headwater.api.tracking_plan_bodies import (
    ChangeTrackingPlan,
    CreateTrackingPlan,
    OneTrackingPlan,
    PlansAsked,
    RuleInputV1,
    Rules,
    RulesInput,
    RulesToRemove,
    RuleV1,
    SourceInput,
    TrackingPlans,
    TrackingPlanV1,
    UpsertInput,
)
from headwater.errors import InvalidError
from headwater.kit.clock import isoformat
from headwater.plans import changing
from headwater.plans.changing import Upsert
from headwater.plans.model import Plan, Rule, RuleId

_TAG: Final = "Tracking Plans"


async def index(call: Call) -> Response:
    asked = call.asked(PlansAsked)
    page = page_of(asked.pagination)
    kind = "" if asked.type is UNSET else asked.type.value
    found = await run_in_threadpool(changing.listed, call.context.changes, call.principal, kind)
    shown = [_plan(each) for each in page.cut(found)]
    return answer(Data(TrackingPlans(shown, page.of(len(found)))))


async def create(call: Call) -> Response:
    body = await call.body(CreateTrackingPlan)
    made = await run_in_threadpool(
        changing.create,
        call.context.changes,
        call.principal,
        body.name,
        body.description,
        body.type,
    )
    return answer(Data(OneTrackingPlan(_plan(made))))


async def show(call: Call) -> Response:
    found = await _with_plan(call, changing.one)
    return answer(Data(OneTrackingPlan(_plan(found))))


async def change(call: Call) -> Response:
    body = await call.body(ChangeTrackingPlan)
    await _with_plan(call, changing.change, body.name, body.description)
    return answer(DONE)


async def remove(call: Call) -> Response:
    """Its sources are held to nothing from then on; violations that were found stay."""
    await _with_plan(call, changing.remove)
    return answer(DONE)


async def rules(call: Call) -> Response:
    page = page_of(call.asked(Paged).pagination)
    found = await _with_plan(call, changing.rules)
    shown = [_rule(each) for each in page.cut(found)]
    return answer(Data(Rules(shown, page.of(len(found)))))


async def replace_rules(call: Call) -> Response:
    """A schema is refused that is none, that refers to another document, or that could take too
    long: the message names the place in it."""
    body = await call.body(RulesInput)
    wanted = [_wanted(each, index) for index, each in enumerate(body.rules)]
    await _with_plan(call, changing.replace_rules, wanted)
    return answer(DONE)


async def update_rules(call: Call) -> Response:
    body = await call.body(UpsertInput)
    wanted = [
        Upsert(_wanted(each, index), each.new_key or "") for index, each in enumerate(body.rules)
    ]
    await _with_plan(call, changing.upsert_rules, wanted)
    return answer(DONE)


async def remove_rules(call: Call) -> Response:
    asked = call.asked(RulesToRemove)
    wanted = [
        RuleId(each.type, each.key or "", _whole(each.version, index))
        for index, each in enumerate(asked.rules)
    ]
    await _with_plan(call, changing.remove_rules, wanted)
    return answer(DONE)


async def sources(call: Call) -> Response:
    """Those that the caller may see."""
    page = page_of(call.asked(Paged).pagination)
    found = await _with_plan(call, changing.sources)
    shown = await shown_all(call, page.cut(found))
    return answer(Data(SourcesPage(shown, page.of(len(found)))))


async def add_source(call: Call) -> Response:
    """A source has one plan at most. Needs the right to change the source as well."""
    body = await call.body(SourceInput)
    await _with_plan(call, changing.connect, body.source_id)
    return answer(DONE)


async def remove_source(call: Call) -> Response:
    asked = call.asked(SourceInput)
    await _with_plan(call, changing.disconnect, asked.source_id)
    return answer(DONE)


async def _with_plan(call: Call, act: Any, *more: Any) -> Any:
    """Do something with the plan that the path names."""
    doing = partial(act, call.context.changes, call.principal, call.path("tracking_plan_id"), *more)
    return await run_in_threadpool(doing)


def _wanted(given: RuleInputV1, index: int) -> Rule:
    return Rule(given.type, given.key or "", _whole(given.version, index), given.json_schema)


def _whole(version: float, index: int) -> int:
    if not float(version).is_integer():
        raise InvalidError(
            f"rules.{index}.version: must be a whole number.", field=f"rules.{index}.version"
        )
    return int(version)


def _plan(plan: Plan) -> TrackingPlanV1:
    return TrackingPlanV1(
        id=plan.id,
        name=plan.name,
        slug=plan.slug,
        description=plan.description,
        type=plan.type,
        created_at=isoformat(plan.created_at),
        updated_at=isoformat(plan.updated_at),
    )


def _rule(rule: Rule) -> RuleV1:
    return RuleV1(
        type=rule.type,
        key=rule.key or UNSET,
        json_schema=rule.json_schema,
        version=rule.version,
        created_at=isoformat(rule.created_at),
        updated_at=isoformat(rule.updated_at),
        deprecated_at=UNSET if rule.deprecated_at is None else isoformat(rule.deprecated_at),
    )


_PATH: Final = "/api/tracking-plans"
_ONE: Final = f"{_PATH}/{{tracking_plan_id}}"
_RULES: Final = f"{_ONE}/rules"
_SOURCES: Final = f"{_ONE}/sources"


def _doc(summary: str, operation: str, errors: Sequence[int] = (), **more: Any) -> Doc:
    return Doc(summary, _TAG, operation=operation, errors=errors, **{"answer": Data[Status]} | more)


ROUTES = (
    ApiRoute(
        "GET",
        _PATH,
        Permission.PLAN_READ,
        index,
        _doc(
            "List the tracking plans.",
            "listTrackingPlans",
            query=PlansAsked,
            answer=Data[TrackingPlans],
        ),
    ),
    ApiRoute(
        "POST",
        _PATH,
        Permission.PLAN_ADMIN,
        create,
        _doc(
            "Make a tracking plan.",
            "createTrackingPlan",
            (409,),
            body=CreateTrackingPlan,
            answer=Data[OneTrackingPlan],
        ),
    ),
    ApiRoute(
        "GET",
        _ONE,
        Permission.PLAN_READ,
        show,
        _doc("One tracking plan.", "getTrackingPlan", answer=Data[OneTrackingPlan]),
    ),
    ApiRoute(
        "PATCH",
        _ONE,
        Permission.PLAN_ADMIN,
        change,
        _doc(
            "Name or describe a tracking plan otherwise.",
            "updateTrackingPlan",
            (409,),
            body=ChangeTrackingPlan,
        ),
    ),
    ApiRoute(
        "DELETE",
        _ONE,
        Permission.PLAN_ADMIN,
        remove,
        _doc("Delete a tracking plan.", "deleteTrackingPlan"),
    ),
    ApiRoute(
        "GET",
        _RULES,
        Permission.PLAN_READ,
        rules,
        _doc(
            "List the rules of a plan.",
            "listRulesFromTrackingPlan",
            query=Paged,
            answer=Data[Rules],
        ),
    ),
    ApiRoute(
        "PUT",
        _RULES,
        Permission.PLAN_ADMIN,
        replace_rules,
        _doc("Replace all rules of a plan.", "replaceRulesInTrackingPlan", body=RulesInput),
    ),
    ApiRoute(
        "PATCH",
        _RULES,
        Permission.PLAN_ADMIN,
        update_rules,
        _doc(
            "Change rules of a plan, or add some.",
            "updateRulesInTrackingPlan",
            (409,),
            body=UpsertInput,
        ),
    ),
    ApiRoute(
        "DELETE",
        _RULES,
        Permission.PLAN_ADMIN,
        remove_rules,
        _doc("Remove rules from a plan.", "removeRulesFromTrackingPlan", query=RulesToRemove),
    ),
    ApiRoute(
        "GET",
        _SOURCES,
        Permission.PLAN_READ,
        sources,
        _doc(
            "List the sources that a plan is for.",
            "listSourcesFromTrackingPlan",
            query=Paged,
            answer=Data[SourcesPage],
        ),
    ),
    ApiRoute(
        "POST",
        _SOURCES,
        Permission.PLAN_ADMIN,
        add_source,
        _doc("Connect a source to a plan.", "addSourceToTrackingPlan", (409,), body=SourceInput),
    ),
    ApiRoute(
        "DELETE",
        _SOURCES,
        Permission.PLAN_ADMIN,
        remove_source,
        _doc("Disconnect a source from a plan.", "removeSourceFromTrackingPlan", query=SourceInput),
    ),
)
