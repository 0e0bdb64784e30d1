"""Usage by the day of a month: calls, which are events accepted, and the people seen."""

from typing import Annotated

import msgspec
from msgspec import Meta
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from headwater.access import sources
from headwater.access.permissions import Permission
from headwater.api.frame import ApiRoute, Call, Data, Doc, answer
from headwater.api.pages import Paged, PaginationOutput, page_of
from headwater.kit.clock import isoformat
from headwater.ledger import read
from headwater.queries.looks import look
from headwater.usage import rules
from headwater.usage.model import PEOPLE, CallsOfDay, PeopleCount, PeopleLook, PeopleOfDay
from headwater.usage.rules import DAY, Period
from headwater.workspaces.model import Source


class UsageQuery(Paged, frozen=True, kw_only=True):
    """Which month."""

    period: Annotated[str, Meta(description="A day of the month, ISO 8601, such as 2026-11-01.")]


class APICallSnapshotV1(msgspec.Struct, frozen=True, rename="camel"):
    """The events that were accepted on a day. (Segment writes counts of usage as texts.)"""

    api_calls: str
    timestamp: str


class SourceAPICallSnapshotV1(msgspec.Struct, frozen=True, rename="camel"):
    """The events of a source that were accepted on a day."""

    source_id: str
    api_calls: str
    timestamp: str


class MtuSnapshotV1(msgspec.Struct, frozen=True, rename="camel"):
    """The people seen from the month's start to the end of a day: user ids, anonymous ids, and of
    these how many were, and were never, seen together with a user id."""

    period_start: int
    period_end: int
    anonymous: str
    anonymous_identified: str
    identified: str
    never_identified: str
    timestamp: str


class UsersPerSourceSnapshotV1(MtuSnapshotV1, frozen=True, rename="camel"):
    """The same, of one source."""

    source_id: str


class DailyCalls(msgspec.Struct, frozen=True):
    """Days, the first one first."""

    days: list[APICallSnapshotV1] = msgspec.field(name="dailyWorkspaceAPICallsUsage")
    pagination: PaginationOutput


class DailySourceCalls(msgspec.Struct, frozen=True):
    """Days, the first one first, each with every source."""

    days: list[SourceAPICallSnapshotV1] = msgspec.field(name="dailyPerSourceAPICallsUsage")
    pagination: PaginationOutput


class DailyPeople(msgspec.Struct, frozen=True):
    """Days, the first one first."""

    days: list[MtuSnapshotV1] = msgspec.field(name="dailyWorkspaceMTUUsage")
    pagination: PaginationOutput


class DailySourcePeople(msgspec.Struct, frozen=True):
    """Days, the first one first, each with every source."""

    days: list[UsersPerSourceSnapshotV1] = msgspec.field(name="dailyPerSourceMTUUsage")
    pagination: PaginationOutput


async def calls(call: Call) -> Response:
    found = await _calls(call, by_source=False)
    page = page_of(call.asked(UsageQuery).pagination)
    days = [APICallSnapshotV1(str(each.calls), _at(each.day)) for each in page.cut(found)]
    return answer(Data(DailyCalls(days, page.of(len(found)))))


async def source_calls(call: Call) -> Response:
    found = await _calls(call, by_source=True)
    page = page_of(call.asked(UsageQuery).pagination)
    days = [
        SourceAPICallSnapshotV1(each.source_id, str(each.calls), _at(each.day))
        for each in page.cut(found)
    ]
    return answer(Data(DailySourceCalls(days, page.of(len(found)))))


async def people(call: Call) -> Response:
    month, _, found = await _people(call, by_source=False)
    page = page_of(call.asked(UsageQuery).pagination)
    days = [MtuSnapshotV1(*_snapshot(month, each)) for each in page.cut(found)]
    return answer(Data(DailyPeople(days, page.of(len(found)))))


async def source_people(call: Call) -> Response:
    month, seen, found = await _people(call, by_source=True)
    page = page_of(call.asked(UsageQuery).pagination)
    ids = {source.slug: source.id for source in seen}
    days = [
        UsersPerSourceSnapshotV1(*_snapshot(month, each), source_id=ids[each.slug])
        for each in page.cut(found)
    ]
    return answer(Data(DailySourcePeople(days, page.of(len(found)))))


async def _calls(call: Call, *, by_source: bool) -> list[CallsOfDay]:
    month, seen = await _asked(call)
    loader = await call.context.warehouse.ledger()
    ledger = await run_in_threadpool(
        read.read,
        call.context.log,
        loader.positions,
        loader.tallies,
        since_hour=month.start // (DAY // 24),
    )
    ids = [source.id for source in seen]
    return rules.calls(ledger.accounts, ids, month, by_source=by_source)


async def _people(call: Call, *, by_source: bool) -> tuple[Period, list[Source], list[PeopleOfDay]]:
    month, seen = await _asked(call)
    slugs = tuple(source.slug for source in seen)
    wanted = PeopleLook(slugs, month.start, month.end, by_source)
    workspace_id = call.principal.workspace_id
    counts = await look(call.context.warehouse, PEOPLE, workspace_id, wanted, list[PeopleCount])
    return month, seen, rules.people(counts, slugs, month, by_source=by_source)


async def _asked(call: Call) -> tuple[Period, list[Source]]:
    month = rules.period(call.asked(UsageQuery).period, now=call.context.clock.now())
    return month, await run_in_threadpool(sources.listed, call.context.changes, call.principal)


def _snapshot(month: Period, each: PeopleOfDay) -> tuple[int, int, str, str, str, str, str]:
    return (
        month.start // 1_000_000,
        month.month_end // 1_000_000,
        str(each.anonymous),
        str(each.anonymous_identified),
        str(each.identified),
        str(each.never_identified),
        _at(each.day),
    )


def _at(day: int) -> str:
    return isoformat(day * DAY)


ROUTES = (
    ApiRoute(
        "GET",
        "/api/usage/api-calls/daily",
        Permission.WORKSPACE_READ,
        calls,
        Doc(
            "Count the workspace's calls by the day.",
            "Usage",
            operation="getDailyWorkspaceAPICallsUsage",
            query=UsageQuery,
            answer=Data[DailyCalls],
        ),
    ),
    ApiRoute(
        "GET",
        "/api/usage/api-calls/sources/daily",
        Permission.WORKSPACE_READ,
        source_calls,
        Doc(
            "Count each source's calls by the day.",
            "Usage",
            operation="getDailyPerSourceAPICallsUsage",
            query=UsageQuery,
            answer=Data[DailySourceCalls],
        ),
    ),
    ApiRoute(
        "GET",
        "/api/usage/mtu/daily",
        Permission.WORKSPACE_READ,
        people,
        Doc(
            "Count the workspace's people by the day.",
            "Usage",
            operation="getDailyWorkspaceMTUUsage",
            query=UsageQuery,
            answer=Data[DailyPeople],
        ),
    ),
    ApiRoute(
        "GET",
        "/api/usage/mtu/sources/daily",
        Permission.WORKSPACE_READ,
        source_people,
        Doc(
            "Count each source's people by the day.",
            "Usage",
            operation="getDailyPerSourceMTUUsage",
            query=UsageQuery,
            answer=Data[DailySourcePeople],
        ),
    ),
)
