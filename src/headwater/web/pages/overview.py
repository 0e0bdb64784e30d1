"""/: is everything all right? One verdict, and the figures that it rests on."""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from headwater.access import sources
from headwater.access.model import Access
from headwater.access.permissions import Permission
from headwater.errors import UnavailableError
from headwater.health import role_states
from headwater.plans.drift import settling
from headwater.settings import Settings
from headwater.volumes.model import Overview, SourceVolume
from headwater.web.frame import Page, Visit
from headwater.web.pages.welcome import is_skipped
from headwater.web.periods import PERIODS, bars, period_named
from headwater.web.source_health import Health, healths
from headwater.web.verdict import Facts, findings
from headwater.workspaces.model import Source

_MOST_SOURCES: Final = 8
_MOST_REASONS: Final = 5


class Change(msgspec.Struct, frozen=True):
    """How this window compares with the one before; `share` is None where that had nothing."""

    before: int
    share: float | None


async def show(visit: Visit) -> Response:
    """The verdict, the figures of a period and how each source does."""
    found = await run_in_threadpool(sources.listed, visit.context.changes, visit.principal)
    is_welcomed = visit.may(Permission.SOURCE_ADMIN) and not is_skipped(visit)
    if not found and is_welcomed:
        return visit.redirect("/welcome")
    period = period_named(visit.query("period"))
    overview = await _overview(visit, found, period.hours)
    if overview is not None and _is_before_the_first(overview) and is_welcomed:
        return visit.redirect("/welcome")
    volumes = {each.source_id: each for each in overview.sources} if overview else {}
    health = healths(found, volumes)
    now = visit.context.clock.now()
    hourly = [point.count for point in overview.hourly] if overview else []
    facts = Facts(
        overview=overview,
        silent=[each for each in found if health[each.id] is Health.SILENT],
        rejecting=[each for each in found if health[each.id] is Health.REJECTING],
        down=await run_in_threadpool(_down, visit.context.settings),
        disk_reserve_bytes=visit.context.settings.disk_reserve_bytes,
        drifts=await run_in_threadpool(_drifts, visit),
    )
    return visit.render(
        "overview/page.html",
        overview=overview,
        findings=findings(facts),
        period=period,
        periods=PERIODS,
        bars=bars(hourly, period, now, visit.zone),
        change=_change(overview) if overview else None,
        sources=_busiest(found, volumes),
        more=max(0, len(found) - _MOST_SOURCES),
        volumes=volumes,
        health=health,
        silent=facts.silent,
        reasons=_largest(overview.rejected) if overview else [],
    )


async def _overview(visit: Visit, found: Sequence[Source], hours: int) -> Overview | None:
    """The figures; None while the warehouse does not answer."""
    try:
        return await visit.context.backends.volumes.overview(
            visit.principal.workspace_id, found, hours=hours
        )
    except UnavailableError:
        return None


def _change(overview: Overview) -> Change:
    before, after = overview.previous_accepted, overview.totals["accepted"]
    return Change(before, (after - before) / before if before else None)


def _drifts(visit: Visit) -> int:
    if not visit.may(Permission.PLAN_READ):
        return 0
    return sum(settling.open_counts(visit.context.changes, visit.principal).values())


def _down(settings: Settings) -> list[str]:
    return [role for role, state in role_states(settings).items() if state == "down"]


def _is_before_the_first(overview: Overview) -> bool:
    return not any(each.total for each in overview.sources)


def _busiest(found: Sequence[Source], volumes: Mapping[str, SourceVolume]) -> list[Source]:
    def accepted(source: Source) -> int:
        volume = volumes.get(source.id)
        return volume.accepted if volume else 0

    return sorted(found, key=accepted, reverse=True)[:_MOST_SOURCES]


def _largest(reasons: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(reasons.items(), key=lambda each: (-each[1], each[0]))[:_MOST_REASONS]


PAGES = (Page("GET", "/", Access.MEMBER, show),)
