"""/api/cleaning-rules: what makes events right before they are accepted."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

import msgspec
from msgspec import UNSET, Meta, UnsetType
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from headwater.access.permissions import Permission
from headwater.api.frame import DONE, ApiRoute, Call, Data, Doc, Status, answer
from headwater.api.pages import Paged, PaginationOutput, page_of
from headwater.api.visible import visible
from headwater.cleaning import changing
from headwater.cleaning.changing import Wanted
from headwater.cleaning.counts import Touched, touched
from headwater.cleaning.kinds import KINDS
from headwater.cleaning.model import Kind, Rule, Scope, Setting, settings_of
from headwater.cleaning.trying import without_and_with
from headwater.errors import BadRequestError
from headwater.kit.clock import isoformat
from headwater.pipeline.event import Limits
from headwater.whatif.trial import Comparison, compare, latest, pasted

_TAG: Final = "Cleaning Rules"
_MOST_TRIED: Final = 10_000

Name = Annotated[str, Meta(description="What people know it by; unlike all others.")]
KindName = Annotated[str, Meta(description="One of `/api/cleaning-rules/kinds`.")]
Position = Annotated[int, Meta(ge=0, le=changing.MOST_POSITION, description="Its place in order.")]


class CleaningRule(msgspec.Struct, frozen=True, rename="camel"):
    """A cleaning rule, and how many events it altered, left out or kept aside."""

    id: str
    name: str
    description: str
    kind: str
    settings: Mapping[str, Any]
    scope: Scope
    enabled: bool
    position: int
    created_at: str
    updated_at: str
    touched: Touched


class CleaningRules(msgspec.Struct, frozen=True, rename="camel"):
    cleaning_rules: list[CleaningRule]
    pagination: PaginationOutput


class OneCleaningRule(msgspec.Struct, frozen=True, rename="camel"):
    cleaning_rule: CleaningRule


class CreateCleaningRule(msgspec.Struct, frozen=True):
    """A rule; without a position it comes last."""

    name: Name
    kind: KindName
    settings: dict[str, Any] = {}
    scope: Scope = Scope()
    enabled: bool = True
    position: Position | UnsetType = UNSET
    description: str = ""


class ChangeCleaningRule(msgspec.Struct, frozen=True):
    """What to change; what is left out stays."""

    name: Name | UnsetType = UNSET
    kind: KindName | UnsetType = UNSET
    settings: dict[str, Any] | UnsetType = UNSET
    scope: Scope | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET
    position: Position | UnsetType = UNSET
    description: str | UnsetType = UNSET


class CleaningKind(msgspec.Struct, frozen=True):
    """A kind of rule: what it does, what is set of it, and settings as an example."""

    kind: str
    phase: str
    about: str
    settings: Sequence[Setting]
    example: Mapping[str, Any]


class CleaningKinds(msgspec.Struct, frozen=True):
    kinds: list[CleaningKind]


class TryCleaningRule(msgspec.Struct, frozen=True, rename="camel"):
    """A rule to try, new or with changes, on given events or on the last that were collected."""

    rule_id: Annotated[str, Meta(description="A rule that there is; empty for a new one.")] = ""
    rule: ChangeCleaningRule = ChangeCleaningRule()
    events: Annotated[
        list[dict[str, Any]], Meta(max_length=100, description="Events; none are the last ones.")
    ] = msgspec.field(default_factory=list)
    source: Annotated[str, Meta(max_length=200, description="A source, by id, slug or name.")] = ""
    count: Annotated[
        int, Meta(ge=1, le=_MOST_TRIED, description="How many of the last events to take.")
    ] = 1000
    samples: Annotated[int, Meta(ge=0, le=200, description="The most events to show.")] = 20


class TriedCleaningRule(msgspec.Struct, frozen=True):
    """What the rule would do: against the same without it."""

    trial: Comparison


async def index(call: Call) -> Response:
    """In the order in which they are taken."""
    page = page_of(call.asked(Paged).pagination)
    found = await run_in_threadpool(changing.listed, call.context.changes, call.principal)
    counts = await _counts(call)
    shown = [_shown(each, counts) for each in found]
    return answer(Data(CleaningRules(page.cut(shown), page.of(len(shown)))))


async def kinds(call: Call) -> Response:  # noqa: ARG001
    return answer(Data(CleaningKinds([_kind(each) for each in KINDS.values()])))


async def create(call: Call) -> Response:
    wanted = _wanted(await call.body(CreateCleaningRule))
    made = await run_in_threadpool(changing.create, call.context.changes, call.principal, wanted)
    return answer(Data(OneCleaningRule(_shown(made, {}))), 201)


async def show(call: Call) -> Response:
    found = await run_in_threadpool(
        changing.one, call.context.changes, call.principal, call.path("rule_id")
    )
    return answer(Data(OneCleaningRule(_shown(found, await _counts(call)))))


async def change(call: Call) -> Response:
    """`settings` and `scope` are replaced whole."""
    wanted = _wanted(await call.body(ChangeCleaningRule))
    after = await run_in_threadpool(
        changing.change, call.context.changes, call.principal, call.path("rule_id"), wanted
    )
    return answer(Data(OneCleaningRule(_shown(after, await _counts(call)))))


async def remove(call: Call) -> Response:
    await run_in_threadpool(
        changing.remove, call.context.changes, call.principal, call.path("rule_id")
    )
    return answer(DONE)


async def attempt(call: Call) -> Response:
    """By the pipeline's own code, beside the other rules that are on; nothing is written."""
    body = await call.body(TryCleaningRule)
    sources = await visible(call, [body.source] if body.source else ())
    changes, by = call.context.changes, call.principal
    rule = await run_in_threadpool(
        changing.proposed, changes, by, _wanted(body.rule), body.rule_id or None
    )
    ids = {source.id for source in sources}
    if body.events and not sources:
        raise BadRequestError("There is no source that could have sent these events.")
    requests = (
        pasted(body.events, sources[0].id, call.context.clock.now())
        if body.events
        else await run_in_threadpool(latest, call.context.log, ids, body.count)
    )
    if not body.events:
        changes.record_read(by, "Events", f"trial of the cleaning rule {rule.name}")
    settings = call.context.settings
    limits = Limits(settings.max_event_bytes, settings.max_batch_events, settings.max_nesting)
    without, with_it = await run_in_threadpool(
        without_and_with, changes, by, call.context.published.current(), rule
    )
    trial = await run_in_threadpool(
        compare, requests, without, with_it, limits, samples=body.samples
    )
    return answer(Data(TriedCleaningRule(trial)))


async def _counts(call: Call) -> Mapping[str, Touched]:
    context = call.context
    return await run_in_threadpool(touched, context.log, now=context.clock.now())


def _wanted(body: CreateCleaningRule | ChangeCleaningRule) -> Wanted:
    given = {name: getattr(body, name) for name in body.__struct_fields__}
    return Wanted(**{name: value for name, value in given.items() if value is not UNSET})


def _shown(rule: Rule, counts: Mapping[str, Touched]) -> CleaningRule:
    return CleaningRule(
        id=rule.id,
        name=rule.name,
        description=rule.description,
        kind=rule.kind,
        settings=rule.settings,
        scope=rule.scope,
        enabled=rule.enabled,
        position=rule.position,
        created_at=isoformat(rule.created_at),
        updated_at=isoformat(rule.updated_at),
        touched=counts.get(rule.id, Touched()),
    )


def _kind(kind: Kind) -> CleaningKind:
    return CleaningKind(kind.name, kind.phase, kind.about.strip(), settings_of(kind), kind.example)


_PATH: Final = "/api/cleaning-rules"
_ONE: Final = f"{_PATH}/{{rule_id}}"

ROUTES = (
    ApiRoute(
        "GET",
        _PATH,
        Permission.PLAN_READ,
        index,
        Doc("List the cleaning rules.", _TAG, query=Paged, answer=Data[CleaningRules]),
    ),
    ApiRoute(
        "POST",
        _PATH,
        Permission.PLAN_ADMIN,
        create,
        Doc(
            "Make a cleaning rule.",
            _TAG,
            body=CreateCleaningRule,
            answer=Data[OneCleaningRule],
            status=201,
            errors=(409,),
        ),
    ),
    ApiRoute(
        "GET",
        f"{_PATH}/kinds",
        Permission.PLAN_READ,
        kinds,
        Doc("List the kinds of cleaning rule.", _TAG, answer=Data[CleaningKinds]),
    ),
    ApiRoute(
        "POST",
        f"{_PATH}/test",
        (Permission.PLAN_READ, Permission.SOURCE_READ, Permission.PII_READ),
        attempt,
        Doc(
            "Say what a cleaning rule would do.",
            _TAG,
            body=TryCleaningRule,
            answer=Data[TriedCleaningRule],
            errors=(404,),
        ),
    ),
    ApiRoute(
        "GET",
        _ONE,
        Permission.PLAN_READ,
        show,
        Doc("One cleaning rule.", _TAG, answer=Data[OneCleaningRule]),
    ),
    ApiRoute(
        "PATCH",
        _ONE,
        Permission.PLAN_ADMIN,
        change,
        Doc(
            "Change a cleaning rule.",
            _TAG,
            body=ChangeCleaningRule,
            answer=Data[OneCleaningRule],
            errors=(409,),
        ),
    ),
    ApiRoute(
        "DELETE",
        _ONE,
        Permission.PLAN_ADMIN,
        remove,
        Doc("Delete a cleaning rule.", _TAG, answer=Data[Status]),
    ),
)
