"""Weeks of the shop's life, in the order in which its events are sent."""

from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from headwater.demo.aftersales import after_order, ticket
from headwater.demo.catalogue import CAMPAIGNS
from headwater.demo.letters import letters
from headwater.demo.mistakes import as_sent
from headwater.demo.model import DAY, WEEK, Happening, Person, Plan
from headwater.demo.people import at_busy_hour, people
from headwater.demo.phones import app_life
from headwater.demo.visits import Visit

_SHARE_FROM_CAMPAIGNS = 0.45
_LETTER = CAMPAIGNS[2]


class Sent(NamedTuple):
    """An event of a source as JSON, at the time (microseconds) that it is sent."""

    at: int
    source: str
    body: bytes


def life(plan: Plan) -> list[Sent]:
    """Everything that the shop's sources send, in the order of sending, none after the end.

    The same plan gives the same bytes. About 25 events a visitor are made in six weeks.
    """
    happenings = (happening for person in people(plan) for happening in _of(plan, person))
    sent = [
        Sent(happening.sent_at, happening.source, msgspec.json.encode(happening.event))
        for happening in as_sent(plan, happenings)
        if happening.sent_at < plan.end
    ]
    sent.sort()
    return sent


def _of(plan: Plan, person: Person) -> Iterator[Happening]:
    """All that one person does and causes; what lies beyond the end is left out later."""
    rng = person.rng
    signed_up_at = plan.end
    at = person.first_visit
    campaign = rng.choice(CAMPAIGNS) if rng.random() < _SHARE_FROM_CAMPAIGNS else None
    while at < plan.end:
        visit = Visit(
            person,
            at,
            is_known=at > signed_up_at,
            campaign=campaign,
            added=_added(plan, at),
        )
        yield from _visited(visit)
        if visit.is_known and signed_up_at == plan.end:
            signed_up_at = visit.at
        campaign = None
        at = at_busy_hour(
            at + int(rng.expovariate(1 / (3 + 18 * (1 - person.keenness))) * DAY), rng
        )
        at = max(at, visit.at + DAY // 4)
    if signed_up_at < plan.end:
        yield from _signed_up(plan, person, signed_up_at)
    if person.has_app:
        yield from app_life(plan, person, signed_up_at)


def _signed_up(plan: Plan, person: Person, signed_up_at: int) -> Iterator[Happening]:
    if person.rng.random() < 0.7:
        for happening, visit_at in letters(plan, person, signed_up_at):
            yield happening
            if visit_at:
                visit = Visit(
                    person,
                    visit_at,
                    is_known=True,
                    campaign=_LETTER,
                    added=_added(plan, visit_at),
                )
                yield from _visited(visit)
    if person.rng.random() < 0.12:
        yield from ticket(person, signed_up_at + person.rng.randrange(1, 20) * DAY)


def _visited(visit: Visit) -> Iterator[Happening]:
    """A visit, and what follows its order."""
    for happening in visit.happenings():
        yield happening
        if happening.event.get("event") == "Order Completed":
            order = happening.event["properties"]
            yield from after_order(visit.person, order, happening.sent_at, is_known=visit.is_known)


def _added(plan: Plan, at: int) -> str:
    """The event was renamed in the life of the shop; old names stay in the history."""
    renamed_at = plan.start + (plan.weeks * WEEK) // 3
    return "Added to Cart" if at < renamed_at else "Product Added"
