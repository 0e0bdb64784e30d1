"""/api/sync-rules: which source wins for which trait, and what it decides. Ours, not Segment's."""

from typing import Annotated, Final

import msgspec
from msgspec import Meta
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from headwater.access.permissions import Permission
from headwater.api.frame import DONE, ApiRoute, Call, Data, Doc, Status, answer
from headwater.api.pages import Paged, PaginationOutput, page_of
from headwater.errors import NotFoundError
from headwater.syncing import changing
from headwater.syncing.looks import MOST_IDS, Overview, WhatIf
from headwater.syncing.model import Rule, Subject, SyncRule
from headwater.syncing.reading import Conflicts, Decided
from headwater.syncing.shown import conflicts_csv

_TAG: Final = "Sync rules"
_SEES: Final = (Permission.PLAN_READ, Permission.WAREHOUSE_READ, Permission.PII_READ)


class SyncRuleV1(msgspec.Struct, frozen=True):
    """A rule: `*` is of every trait. What it leaves out is as in `*`, and there as by itself."""

    subject: Subject
    trait: str
    rule: Rule


class SyncRules(msgspec.Struct, frozen=True, rename="camel"):
    sync_rules: list[SyncRuleV1]
    pagination: PaginationOutput


class OneSyncRule(msgspec.Struct, frozen=True, rename="camel"):
    sync_rule: SyncRuleV1


class OverviewAnswer(msgspec.Struct, frozen=True):
    overview: Overview


class ConflictsAsked(msgspec.Struct, frozen=True):
    """How many people to look at, and how many of them to show."""

    count: Annotated[int, Meta(ge=1, le=MOST_IDS)] = 2_000
    samples: Annotated[int, Meta(ge=0, le=1_000)] = 20


class ConflictsAnswer(msgspec.Struct, frozen=True):
    conflicts: Conflicts


class Explained(msgspec.Struct, frozen=True):
    """All that is known of somebody, and why."""

    id: str
    traits: list[Decided]


class ExplainedAnswer(msgspec.Struct, frozen=True):
    explained: Explained


class TrySyncRule(msgspec.Struct, frozen=True):
    """A rule to try on so many people; null is none."""

    trait: str
    rule: Rule | None = None
    count: Annotated[int, Meta(ge=1, le=50_000)] = 20_000
    samples: Annotated[int, Meta(ge=0, le=200)] = 20


class TriedSyncRule(msgspec.Struct, frozen=True, rename="camel"):
    what_if: WhatIf


async def index(call: Call) -> Response:
    """Of people first, then of organizations."""
    page = page_of(call.asked(Paged).pagination)
    found = await run_in_threadpool(changing.listed, call.context.changes, call.principal)
    shown = [_shown(each) for each in found]
    return answer(Data(SyncRules(page.cut(shown), page.of(len(shown)))))


async def show(call: Call) -> Response:
    found = await run_in_threadpool(
        changing.one, call.context.changes, call.principal, _subject(call), call.path("trait")
    )
    return answer(Data(OneSyncRule(_shown(found))))


async def put(call: Call) -> Response:
    """The rule is replaced whole. It acts on everybody within seconds to minutes: see `waiting` of
    the overview."""
    rule = await call.body(Rule)
    kept = await run_in_threadpool(
        changing.put, call.context.changes, call.principal, _subject(call), call.path("trait"), rule
    )
    return answer(Data(OneSyncRule(_shown(kept))))


async def remove(call: Call) -> Response:
    await run_in_threadpool(
        changing.remove, call.context.changes, call.principal, _subject(call), call.path("trait")
    )
    return answer(DONE)


async def overview(call: Call) -> Response:
    found = await call.context.backends.syncing.overview(
        call.principal.workspace_id, _subject(call)
    )
    return answer(Data(OverviewAnswer(found)))


async def conflicts(call: Call) -> Response:
    """By the rules as they are, of people chosen by chance where there are more than `count`."""
    return answer(Data(ConflictsAnswer(await _conflicts(call, call.asked(ConflictsAsked)))))


async def conflicts_as_csv(call: Call) -> Response:
    """A line for each value that a source says of those about whom the sources differ."""
    found = await _conflicts(call, ConflictsAsked(MOST_IDS, MOST_IDS))
    name = f"conflicts-{changing.trait_of(call.path('trait'))}.csv"
    return Response(
        conflicts_csv(found.people),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


async def explain(call: Call) -> Response:
    """Each trait with what every source says, when, and what decided."""
    subject, wanted = _subject(call), call.path("id")
    rules = await _rules(call, subject)
    found = await call.context.backends.syncing.explained(
        call.principal.workspace_id, subject, wanted, rules
    )
    if not found:
        raise NotFoundError(f"No source says anything of {wanted!r}.")
    call.context.changes.record_read(call.principal, subject.value.title(), wanted)
    return answer(Data(ExplainedAnswer(Explained(wanted, found))))


async def attempt(call: Call) -> Response:
    """Nothing is kept."""
    body = await call.body(TrySyncRule)
    subject, by = _subject(call), call.principal
    before, after = await run_in_threadpool(
        changing.proposed, call.context.changes, by, subject, body.trait, body.rule
    )
    call.context.changes.record_read(by, subject.value.title(), "trial of a sync rule")
    found = await call.context.backends.syncing.what_if(
        by.workspace_id, subject, before, after, count=body.count, samples=body.samples
    )
    return answer(Data(TriedSyncRule(found)))


async def _conflicts(call: Call, asked: ConflictsAsked) -> Conflicts:
    subject, trait = _subject(call), changing.trait_of(call.path("trait"))
    rules = await _rules(call, subject)
    call.context.changes.record_read(call.principal, subject.value.title(), f"conflicts: {trait}")
    return await call.context.backends.syncing.conflicts(
        call.principal.workspace_id,
        subject,
        trait,
        rules,
        count=asked.count,
        samples=asked.samples,
    )


async def _rules(call: Call, subject: Subject) -> dict[str, Rule]:
    found = await run_in_threadpool(changing.listed, call.context.changes, call.principal)
    return changing.rule_set(found, subject)


def _subject(call: Call) -> Subject:
    named = call.path("subject")
    try:
        return Subject(named)
    except ValueError:
        raise NotFoundError(
            f"There is nothing called {named[:100]!r} to merge.",
            hint=f"There are: {', '.join(Subject)}.",
        ) from None


def _shown(held: SyncRule) -> SyncRuleV1:
    return SyncRuleV1(held.subject, held.trait, held.rule)


_PATH: Final = "/api/sync-rules"
_OF: Final = f"{_PATH}/{{subject}}"
_ONE: Final = f"{_OF}/rules/{{trait}}"

ROUTES = (
    ApiRoute(
        "GET",
        _PATH,
        Permission.PLAN_READ,
        index,
        Doc("List the sync rules.", _TAG, query=Paged, answer=Data[SyncRules]),
    ),
    ApiRoute(
        "GET",
        _OF,
        (Permission.PLAN_READ, Permission.WAREHOUSE_READ),
        overview,
        Doc(
            "How far the sources agree about people or organizations.",
            _TAG,
            answer=Data[OverviewAnswer],
            errors=(503,),
        ),
    ),
    ApiRoute(
        "GET",
        _ONE,
        Permission.PLAN_READ,
        show,
        Doc("The rule of a trait.", _TAG, answer=Data[OneSyncRule]),
    ),
    ApiRoute(
        "PUT",
        _ONE,
        Permission.PLAN_ADMIN,
        put,
        Doc(
            "Set the rule of a trait.",
            _TAG,
            body=Rule,
            answer=Data[OneSyncRule],
            errors=(409,),
        ),
    ),
    ApiRoute(
        "DELETE",
        _ONE,
        Permission.PLAN_ADMIN,
        remove,
        Doc("Remove the rule of a trait.", _TAG, answer=Data[Status]),
    ),
    ApiRoute(
        "GET",
        f"{_OF}/conflicts/{{trait}}",
        _SEES,
        conflicts,
        Doc(
            "Which sources differ about a trait, and about whom.",
            _TAG,
            query=ConflictsAsked,
            answer=Data[ConflictsAnswer],
            errors=(503,),
        ),
    ),
    ApiRoute(
        "GET",
        f"{_OF}/conflicts/{{trait}}/csv",
        _SEES,
        conflicts_as_csv,
        Doc("The same as CSV.", _TAG, media=("text/csv",), errors=(503,)),
    ),
    ApiRoute(
        "GET",
        f"{_OF}/explained/{{id}}",
        _SEES,
        explain,
        Doc("Why somebody has these values.", _TAG, answer=Data[ExplainedAnswer], errors=(503,)),
    ),
    ApiRoute(
        "POST",
        f"{_OF}/test",
        _SEES,
        attempt,
        Doc(
            "Say what a rule would change.",
            _TAG,
            body=TrySyncRule,
            answer=Data[TriedSyncRule],
            errors=(503,),
        ),
    ),
)
