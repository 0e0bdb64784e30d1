"""Support: how fast tickets are answered and solved, how many come back, by whom and about what.

The tickets created in the period, as they are now. The resolution time goes to the solution that
held; a ticket that was reopened later is open. Times are in seconds, of business hours where those
are given.
"""

from typing import Annotated

import msgspec
from msgspec import Meta

from headwater.analytics.events import Events
from headwater.analytics.model import Analysis, Level, Request
from headwater.analytics.support.hours import Calendar, check
from headwater.analytics.support.reading import By, Names
from headwater.analytics.support.tickets import (
    Ticket,
    Times,
    answer_times,
    grouped,
    resolution_times,
    tickets,
    times,
)
from headwater.statistics.model import LEVEL
from headwater.statistics.proportions import Share, share


class SupportRequest(Request, frozen=True, kw_only=True):
    """Response and resolution of tickets, by what they are told apart by."""

    by: Annotated[By, Meta(description="What tickets are told apart by.")] = ""
    hours: Annotated[Calendar | None, Meta(description="Business hours; else all hours.")] = None
    names: Names = Names()
    level: Level = LEVEL


class Row(msgspec.Struct, frozen=True, rename="camel"):
    """Tickets: how many, how long they took, and what became of them."""

    key: str
    tickets: int
    first_response: Times
    resolution: Times
    answered: Share
    resolved: Share
    reopened: Share
    """Of those that were ever solved."""
    complained: Share


class Support(msgspec.Struct, frozen=True, rename="camel"):
    """All tickets together, and those of each key."""

    n: int
    total: Row
    rows: list[Row]


def ask(request: SupportRequest, data: Events) -> Support:
    if request.hours is not None:
        check(request.hours)
    found = tickets(data, request.names, data.span(request.period))
    answers = answer_times(found, request.hours)
    resolutions = resolution_times(found, request.hours)

    def row(key: str, places: list[int]) -> Row:
        these = [found[at] for at in places]
        return Row(
            key,
            len(these),
            times((answers[at] for at in places), request.level),
            times((resolutions[at] for at in places), request.level),
            *_shares(these, request.level),
        )

    total = row("", list(range(len(found))))
    groups = grouped(found, request.by) if request.by else {}
    return Support(len(found), total, [row(key, places) for key, places in groups.items()])


def _shares(of: list[Ticket], level: float) -> tuple[Share, Share, Share, Share]:
    solved = [each for each in of if each.was_solved]
    return (
        share(sum(each.answered is not None for each in of), len(of), level),
        share(sum(each.resolved is not None for each in of), len(of), level),
        share(sum(each.reopenings > 0 for each in solved), len(solved), level),
        share(sum(each.complaints > 0 for each in of), len(of), level),
    )


ANALYSIS = Analysis("support", "Support", __doc__, SupportRequest, Support, ask)
