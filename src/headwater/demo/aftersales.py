"""What follows an order: parcels, refunds, questions and what people thought of the answers."""

from collections.abc import Iterator
from typing import Any

from headwater.demo.calls import call, server_context
from headwater.demo.catalogue import TICKET_SUBJECTS
from headwater.demo.model import DAY, HOUR, MINUTE, SERVER, Happening, Person


def after_order(
    person: Person, order: dict[str, Any], at: int, *, is_known: bool
) -> Iterator[Happening]:
    """The events of the shop's server about an order (its properties), from `at` on.

    `is_known` is false for the order of a guest, who stays anonymous.
    """
    rng = person.rng
    shared = {"order_id": order["order_id"]}
    shipped_at = at + rng.randrange(4, 30) * HOUR
    parcel = shared | {"carrier": rng.choice(("DHL", "Royal Mail", "顺丰"))}
    yield _server(person, is_known, "Order Shipped", shipped_at, parcel)
    delivered_at = shipped_at + rng.randrange(1, 6) * DAY + rng.randrange(600) * MINUTE
    yield _server(person, is_known, "Order Delivered", delivered_at, parcel)
    if rng.random() < 0.05:
        refund = shared | {
            "total": order["total"],
            "currency": order["currency"],
            "reason": rng.choice(("damaged", "too late", "changed mind")),
        }
        yield _server(
            person, is_known, "Order Refunded", delivered_at + rng.randrange(1, 8) * DAY, refund
        )
    if rng.random() < 0.2:
        asked_at = delivered_at + rng.randrange(1, 60) * HOUR
        yield from ticket(person, asked_at, order_id=order["order_id"], is_known=is_known)


def ticket(
    person: Person, at: int, *, order_id: str = "", is_known: bool = True
) -> Iterator[Happening]:
    """A question to the shop, its answer, and what the asker thought of it."""
    rng = person.rng
    shared = {"ticket_id": f"T-{person.number:05d}-{rng.getrandbits(16):04x}"}
    priority = rng.choice(("low", "normal", "normal", "high"))
    asked: dict[str, Any] = shared | {
        "subject": rng.choice(TICKET_SUBJECTS),
        "channel": rng.choice(("email", "chat", "phone")),
        "priority": priority,
    }
    if order_id:
        asked["order_id"] = order_id
    yield _server(person, is_known, "Ticket Created", at, asked)
    hours = rng.expovariate(1 / (4 if priority == "high" else 14))
    answered_at = at + int(hours * HOUR) + 5 * MINUTE
    answer = shared | {"hours_to_response": round(hours, 2), "agent": f"agent-{rng.randrange(4)}"}
    yield _server(person, is_known, "Ticket Answered", answered_at, answer)
    if rng.random() < 0.12:
        return
    solved_at = answered_at + rng.randrange(10, 3000) * MINUTE
    yield _server(person, is_known, "Ticket Solved", solved_at, shared | {"priority": priority})
    if rng.random() < 0.5:
        mood = 5 - min(4, int(hours / 8)) - (rng.random() < 0.3)
        rated = shared | {"rating": max(1, mood)}
        if mood <= 2:
            rated["comment"] = "It took too long."
        rated_at = solved_at + rng.randrange(1, 48) * HOUR
        yield _server(person, is_known, "Satisfaction Rated", rated_at, rated)


def _server(
    person: Person, is_known: bool, name: str, at: int, properties: dict[str, Any]
) -> Happening:
    event = call(
        *(person, "track", at),
        is_known=is_known,
        event=name,
        properties=properties,
        context=server_context(),
    )
    return Happening(at, SERVER, event)
