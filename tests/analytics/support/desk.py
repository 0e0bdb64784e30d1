"""A small help desk: random lives of tickets, as the tables of their events."""

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa

from headwater.analytics.events import Events

NOW = datetime(2026, 4, 1, 12, tzinfo=UTC)
START = datetime(2026, 1, 5, 8)  # noqa: DTZ001
_TEXTS = [
    "id",
    "user_id",
    "ticket_id",
    "agent",
    "channel",
    "topic",
    "priority",
    "plan",
    "assignment_group",
    "status",
    "author_role",
    "score_kind",
]
_SCHEMA = pa.schema(
    [(name, pa.string()) for name in _TEXTS]
    + [("timestamp", pa.timestamp("us")), ("received_at", pa.timestamp("us"))]
    + [("rating", pa.float64())]
)
EVENTS = [
    "ticket_created",
    "ticket_replied",
    "ticket_solved",
    "ticket_reopened",
    "ticket_changed",
    "complaint_filed",
    "feedback_given",
]
Row = dict[str, Any]


def lives(count: int = 60, seed: int = 7) -> list[tuple[str, Row]]:
    """What happened, by the name of the event."""
    chance = random.Random(seed)
    told: list[tuple[str, Row]] = []
    for number in range(count):
        told += _life(number, chance)
    return told


def _life(number: int, chance: random.Random) -> list[tuple[str, Row]]:
    told: list[tuple[str, Row]] = []
    at = START + timedelta(minutes=chance.randrange(80 * 24 * 60))
    ticket = {"ticket_id": f"T{number:03}", "user_id": f"u{number % 17}"}
    agent = chance.choice(["ann", "bo"])

    def add(event: str, **said: Any) -> None:
        told.append((event, {**ticket, "timestamp": at, **said}))

    topic = chance.choice(["billing", "login", None])
    add(
        "ticket_created",
        channel=chance.choice(["mail", "chat"]),
        topic=topic,
        priority=chance.choice(["high", "low"]),
    )
    if chance.random() < 0.3:
        at += timedelta(minutes=chance.randrange(1, 60))
        add("ticket_replied", author_role="customer")
    if chance.random() < 0.8:
        at += timedelta(minutes=chance.randrange(1, 3000))
        add("ticket_replied", author_role="agent", agent=agent)
        at += timedelta(minutes=chance.randrange(1, 3000))
        add("ticket_changed", status="Escalated", assignment_group=chance.choice("xy"))
    if chance.random() < 0.7:
        at += timedelta(minutes=chance.randrange(1, 9000))
        add("ticket_solved", agent=agent)
        if chance.random() < 0.3:
            at += timedelta(minutes=chance.randrange(1, 9000))
            add("ticket_reopened")
            if chance.random() < 0.5:
                at += timedelta(minutes=chance.randrange(1, 9000))
                add("ticket_solved", agent=agent)
        add("feedback_given", rating=float(chance.randint(1, 2 if topic == "login" else 5)))
    if chance.random() < 0.1:
        add("complaint_filed")
    return told


def tables(told: list[tuple[str, Row]]) -> dict[str, pa.Table]:
    found: dict[str, list[Row]] = {name: [] for name in EVENTS}
    for number, (event, row) in enumerate(told):
        found[event].append({**row, "id": f"m{number:04}", "received_at": row["timestamp"]})
    return {name: pa.Table.from_pylist(rows, _SCHEMA) for name, rows in found.items()}


class _Engine:
    def __init__(self, ask: Callable[[Any], list[tuple[Any, ...]]]) -> None:
        self._ask = ask

    def tables(self) -> dict[str, dict[str, str]]:
        columns = dict.fromkeys(_TEXTS, "string") | {"rating": "float64"}
        columns |= {"timestamp": "timestamp(6)", "received_at": "timestamp(6)"}
        return dict.fromkeys(EVENTS, columns)

    def rows(self, expression: Any) -> list[Row]:
        names = expression.as_table().columns
        return [dict(zip(names, row, strict=True)) for row in self._ask(expression)]


def events(ask: Callable[[Any], list[tuple[Any, ...]]]) -> Events:
    """The desk's events, as an analysis asks for them."""
    return Events(_Engine(ask), NOW)
