"""Service levels: how many tickets were answered and solved later than was promised.

A ticket that still waits is a breach as soon as its time is over; before that it is not counted.
Without a target for its priority, a ticket is held to the one of the priority `*`, if there is one.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from headwater.analytics.events import Events
from headwater.analytics.model import Analysis, Level, Request
from headwater.analytics.support.hours import Calendar, check, seconds
from headwater.analytics.support.reading import NONE, By, Names
from headwater.analytics.support.tickets import Ticket, grouped, tickets
from headwater.statistics.model import LEVEL
from headwater.statistics.proportions import Share, share

ANY = "*"
Minutes = Annotated[float, Meta(gt=0, le=1_000_000)]


class Target(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """What is promised to tickets of a priority, in minutes (of business hours, where given)."""

    priority: Annotated[str, Meta(min_length=1, max_length=200)] = ANY
    response_minutes: Minutes | None = 60.0
    resolution_minutes: Minutes | None = 1440.0


class ServiceLevelsRequest(Request, frozen=True, kw_only=True):
    """Breaches of what is promised, by what tickets are told apart by."""

    targets: Annotated[list[Target], Meta(min_length=1, max_length=50)] = msgspec.field(
        default_factory=lambda: [Target()]
    )
    by: Annotated[By, Meta(description="What tickets are told apart by.")] = "priority"
    hours: Annotated[Calendar | None, Meta(description="Business hours; else all hours.")] = None
    names: Names = Names()
    level: Level = LEVEL


class Breaches(msgspec.Struct, frozen=True, rename="camel"):
    """Of the tickets whose time is over or that were done, how many were late; and how many still
    wait, within their time."""

    key: str
    response: Share
    response_waiting: int
    resolution: Share
    resolution_waiting: int


class ServiceLevels(msgspec.Struct, frozen=True, rename="camel"):
    """All tickets together, and those of each key; `without_target` were promised nothing."""

    n: int
    without_target: int
    total: Breaches
    rows: list[Breaches]


def ask(request: ServiceLevelsRequest, data: Events) -> ServiceLevels:
    if request.hours is not None:
        check(request.hours)
    promised = {each.priority.casefold(): each for each in request.targets}
    every = tickets(data, request.names, data.span(request.period))
    targets = [
        promised.get((each.priority or NONE).casefold()) or promised.get(ANY) for each in every
    ]
    found = [each for each, target in zip(every, targets, strict=True) if target is not None]
    held = [target for target in targets if target is not None]
    now = data.now.replace(tzinfo=None)
    response = _late(
        found,
        [each.answered for each in found],
        [each.response_minutes for each in held],
        request.hours,
        now,
    )
    resolution = _late(
        found,
        [each.resolved for each in found],
        [each.resolution_minutes for each in held],
        request.hours,
        now,
    )

    def row(key: str, places: Sequence[int]) -> Breaches:
        return Breaches(
            key,
            *_share([response[at] for at in places], request.level),
            *_share([resolution[at] for at in places], request.level),
        )

    groups = grouped(found, request.by) if request.by else {}
    return ServiceLevels(
        len(found),
        len(every) - len(found),
        row("", range(len(found))),
        [row(key, places) for key, places in groups.items()],
    )


def _late(
    of: Sequence[Ticket],
    done: Sequence[datetime | None],
    minutes: Sequence[float | None],
    hours: Calendar | None,
    now: datetime,
) -> list[bool | str | None]:
    """Of each ticket whether it was late; "waiting" where its time goes on, None without target."""
    took = seconds(hours, [each.created for each in of], [at or now for at in done])
    found: list[bool | str | None] = []
    for at, (length, promise) in enumerate(zip(took, minutes, strict=True)):
        if promise is None:
            found.append(None)
        else:
            is_late = (length or 0.0) > promise * 60
            found.append(is_late if is_late or done[at] is not None else "waiting")
    return found


def _share(of: Sequence[bool | str | None], level: float) -> tuple[Share, int]:
    judged = [each for each in of if isinstance(each, bool)]
    return share(sum(judged), len(judged), level), sum(each == "waiting" for each in of)


ANALYSIS = Analysis(
    "service-levels", "Service levels", __doc__, ServiceLevelsRequest, ServiceLevels, ask
)
