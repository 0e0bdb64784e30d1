"""What governs events as pages show it: how much each rule touches, and whom it is for."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from starlette.concurrency import run_in_threadpool

from headwater.access import sources
from headwater.cleaning.counts import Touched, touched, touched_by_hour
from headwater.cleaning.model import Scope
from headwater.web.frame import Visit
from headwater.web.periods import PERIODS, bars, period_named
from headwater.workspaces.model import Source

DAY: Final = 24
WEEK: Final = 168
_BAR: Final = 6


class Switch(msgspec.Struct):
    """Whether it is to be on. A box that is not ticked is not sent."""

    enabled: bool = False


class Touches(msgspec.Struct, frozen=True):
    """The events that something touched: in the last day, in the last week, ever; and a line of
    the week, six hours a point."""

    day: int = 0
    week: int = 0
    total: int = 0
    line: Sequence[int] = ()


async def touches(visit: Visit) -> Mapping[str, Touches]:
    """What each rule, transformation, … has touched, by its id."""
    log, now = visit.context.log, visit.context.clock.now()

    def read() -> Mapping[str, Touches]:
        hours = touched_by_hour(log, now=now, hours=WEEK)
        return {
            each: _touches(total, hours.get(each, [0] * WEEK))
            for each, total in touched(log, now=now).items()
        }

    return await run_in_threadpool(read)


async def _touched_hours(visit: Visit, governor_id: str, hours: int) -> list[int]:
    """What one of them touched in each of the last hours, the oldest first."""
    log, now = visit.context.log, visit.context.clock.now()
    found = await run_in_threadpool(lambda: touched_by_hour(log, now=now, hours=hours))
    return found.get(governor_id, [0] * hours)


def _touches(total: Touched, hours: Sequence[int]) -> Touches:
    line = [sum(hours[at : at + _BAR]) for at in range(0, WEEK, _BAR)]
    return Touches(sum(hours[-DAY:]), sum(hours), total.total, line)


async def figures(visit: Visit, governor_id: str) -> dict[str, Any]:
    """What the page of one of them shows of what it touched."""
    period = period_named(visit.query("period"))
    hours = await _touched_hours(visit, governor_id, period.hours)
    return {
        "touches": (await touches(visit)).get(governor_id, Touches()),
        "period": period,
        "periods": PERIODS,
        "bars": bars(hours, period, visit.context.clock.now(), visit.zone),
    }


async def sources_by_id(visit: Visit) -> Mapping[str, Source]:
    """The sources that the visitor may know of."""
    found = await run_in_threadpool(sources.listed, visit.context.changes, visit.principal)
    return {source.id: source for source in found}


def scope_parts(visit: Visit, scope: Scope, known: Mapping[str, Source]) -> list[str]:
    """Which events a scope admits, as few words each; none where it admits all."""
    parts = []
    if scope.sources:
        names = [
            known[each].name if each in known else visit._("a deleted source")
            for each in scope.sources
        ]
        parts.append(_few(visit, names))
    if scope.types:
        parts.append(_few(visit, scope.types))
    if scope.events:
        parts.append(_few(visit, scope.events))
    if scope.condition:
        parts.append(scope.condition)
    return parts


def _few(visit: Visit, names: Sequence[str]) -> str:
    if len(names) == 1:
        return names[0]
    if len(names) == 2:
        return visit._("%(first)s, %(second)s", first=names[0], second=names[1])
    return visit._("%(first)s and %(count)s more", first=names[0], count=len(names) - 1)
