"""What events say of tickets: which event means what, and which property."""

from collections.abc import Mapping
from datetime import datetime
from functools import reduce
from typing import Annotated, Any, Final, Literal, Protocol

import msgspec
from msgspec import Meta

from headwater.analytics.lazily import ibis
from headwater.analytics.periods import Span
from headwater.errors import InvalidError

EventName = Annotated[str, Meta(max_length=200)]
Property = Annotated[str, Meta(min_length=1, max_length=200)]
By = Literal["", "agent", "channel", "topic", "priority", "plan", "group"]
"""What tickets are told apart by: a property of them."""

_LAST: Final = ("agent", "group")
"""Properties that a ticket has had last; the others are as they were said first."""
ATTRIBUTES: Final = ("agent", "channel", "topic", "priority", "plan", "group")
NONE: Final = "(none)"
BEGINNING: Final = datetime(1970, 1, 1)  # noqa: DTZ001
"""Before every event."""


class Names(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Which events tell of tickets, and by which properties. An empty event is never sent."""

    created: EventName = "Ticket Created"
    replied: EventName = "Ticket Replied"
    solved: EventName = "Ticket Solved"
    reopened: EventName = "Ticket Reopened"
    changed: Annotated[EventName, Meta(description="Has the ticket's status, or its group.")] = (
        "Ticket Changed"
    )
    complaint: EventName = "Complaint Filed"
    feedback: EventName = "Feedback Given"
    ticket: Property = "ticket_id"
    agent: Property = "agent"
    channel: Property = "channel"
    topic: Property = "topic"
    priority: Property = "priority"
    plan: Property = "plan"
    group: Property = "assignment_group"
    status: Property = "status"
    role: Annotated[Property, Meta(description="Who wrote a reply.")] = "author_role"
    customers: Annotated[
        list[Property],
        Meta(max_length=20, description="The roles whose replies are no answers."),
    ] = msgspec.field(default_factory=lambda: ["customer", "user", "end-user", "requester"])
    rating: Property = "rating"
    score: Annotated[Property, Meta(description="Whether it is csat, nps or ces.")] = "score_kind"


class Data(Protocol):
    """Events as tables, and the answers to expressions over them."""

    now: datetime

    def events(
        self, name: str, texts: Mapping[str, str], numbers: Mapping[str, str], span: Span | None
    ) -> Any:
        """The events of a name within a span: `person`, `at`, `id`, and a column for each alias;
        null where there is no such column."""
        ...

    def columns(self, name: str) -> frozenset[str]:
        """The columns that such events have."""
        ...

    def among(self, events: Any) -> Any:
        """Those of the people that are asked about."""
        ...

    def rows(self, expression: Any) -> list[dict[str, Any]]:
        """The answer of the engine."""
        ...


_ACTS: Final = ("created", "replied", "solved", "reopened", "changed", "complaint")


def log(data: Data, names: Names, span: Span, acts: tuple[str, ...] = _ACTS) -> Any:
    """All that happened to tickets: `ticket`, `person`, `at`, `id`, `what` (of `acts`), `status`,
    `is_answer`, and the attributes. Raises InvalidError where no ticket was ever created."""
    require(data, names.created, "names.created")
    parts = []
    for place, act in enumerate(acts):
        event = getattr(names, act)
        if not event or not data.columns(event):
            continue
        told = data.among(data.events(event, _texts(names), {}, span))
        told = told.filter(told.ticket.notnull())
        answers = (
            ~told.role.fill_null("").lower().isin([each.lower() for each in names.customers])
            if act == "replied"
            else ibis.literal(False)
        )
        parts.append(
            told.select(
                "ticket",
                "person",
                "at",
                "id",
                "status",
                *ATTRIBUTES,
                what=ibis.literal(act),
                turn=ibis.literal(place),
                is_answer=answers.ifelse(1, 0),
            )
        )
    return reduce(lambda one, other: one.union(other), parts)


def _texts(names: Names) -> dict[str, str]:
    told = {each: getattr(names, each) for each in ("ticket", "status", "role", *ATTRIBUTES)}
    return {alias: str(name) for alias, name in told.items()}


def require(data: Data, event: str, field: str) -> None:
    """Raises InvalidError where there is no such event."""
    if not event or not data.columns(event):
        raise InvalidError(
            f"{field}: there is no event {event[:100]!r}.",
            field=field,
            hint="Import tickets first, or say which of your events it is.",
        )


def ordered(told: Any) -> Any:
    """A log with the `place` of each event in the life of its ticket, from 0."""
    order = ibis.window(group_by="ticket", order_by=["at", "turn", "id"])
    return told.mutate(place=ibis.row_number().over(order))


def attributes(told: Any) -> dict[str, Any]:
    """What an ordered log says of each ticket: what it has last, or was said first."""
    found = {}
    for each in ATTRIBUTES:
        said = told[each].notnull()
        pick = told[each].argmax if each in _LAST else told[each].argmin
        found[each] = pick(told.place, where=said)
    return found
