"""/plans/{id}/violations: how events broke a plan, by hour and by field, with samples."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

import msgspec
from starlette.responses import Response

from headwater.access.permissions import Permission
from headwater.errors import UnavailableError
from headwater.kit.clock import MICROSECONDS_PER_HOUR
from headwater.plans.violations import reading
from headwater.plans.violations.model import Selection, ViolationCount
from headwater.spec.violations import ViolationType
from headwater.web.frame import Page, Visit
from headwater.web.moments import micros
from headwater.web.periods import PERIODS, bars, period_named
from headwater.web.planned import READ, VIOLATIONS, opened, sees_people, visible_sources

_SAMPLES: Final = 25


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """Violations of one kind: the same event, field and type."""

    event_type: str
    event: str
    field: str
    type: ViolationType
    description: str
    count: int
    blocked: int
    omitted: int
    last_at: str


async def show(visit: Visit) -> Response:
    found = await opened(visit)
    period = period_named(visit.query("period"))
    now = visit.context.clock.now()
    first = now - now % MICROSECONDS_PER_HOUR - (period.hours - 1) * MICROSECONDS_PER_HOUR
    every = await visible_sources(visit)
    ids = [source.id for source in every]
    wanted = Selection(plan_id=found.plan.id, since=first)
    narrowed = _narrowed(visit, wanted)
    warehouse, workspace_id = visit.context.warehouse, visit.principal.workspace_id
    try:
        counted = await reading.counts(warehouse, workspace_id, ids, wanted)
        page = await reading.samples(
            warehouse,
            workspace_id,
            ids,
            narrowed,
            cursor=visit.query("after"),
            count=_SAMPLES,
            hidden=[source.id for source in every if not sees_people(visit, source)],
        )
    except UnavailableError:
        counted, page = None, None
    hours = Counter[int]()
    for each in counted or ():
        hours[((micros(each.hour) or first) - first) // MICROSECONDS_PER_HOUR] += each.count
    series = [hours[number] for number in range(period.hours)]
    return visit.render(
        "plans/violations.html",
        open=found,
        is_there=counted is not None,
        total=sum(series),
        blocked=sum(each.blocked for each in counted or ()),
        omitted=sum(each.omitted for each in counted or ()),
        kinds=_kinds(counted or ()),
        page=page,
        is_narrowed=narrowed != wanted,
        names=VIOLATIONS,
        sources={source.id: source for source in every},
        period=period,
        periods=PERIODS,
        bars=bars(series, period, now, visit.zone),
        micros=micros,
        may_mend=visit.principal.may_on_some(Permission.SOURCE_READ),
    )


def _narrowed(visit: Visit, wanted: Selection) -> Selection:
    """The selection of one kind, where the query names it."""
    values: dict[str, Any] = {}
    for name in ("event", "field"):
        if name in visit.request.query_params:
            values[name] = visit.query(name)[:1000]
    if visit.query("type") in set(ViolationType):
        values["type"] = ViolationType(visit.query("type"))
    return msgspec.structs.replace(wanted, **values)


def _kinds(counted: Sequence[ViolationCount]) -> list[Kind]:
    """Counts added up over hours and sources, the most frequent first."""
    groups: dict[tuple[str, str, str, ViolationType], list[ViolationCount]] = {}
    for each in counted:
        groups.setdefault((each.event_type, each.event, each.field, each.type), []).append(each)
    found = [
        Kind(
            event_type=key[0],
            event=key[1],
            field=key[2],
            type=key[3],
            description=group[0].description,
            count=sum(each.count for each in group),
            blocked=sum(each.blocked for each in group),
            omitted=sum(each.omitted for each in group),
            last_at=max(each.last_at for each in group),
        )
        for key, group in groups.items()
    ]
    return sorted(found, key=lambda kind: (-kind.count, kind.event, kind.field))


PAGES = (Page("GET", "/plans/{plan_id}/violations", READ, show),)
