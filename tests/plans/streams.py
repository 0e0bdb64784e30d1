"""Streams of events that keep to a schema nobody tells, but for a planted share of them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

WORDS = ("amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "heath", "islet", "jetty")
START = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class Hidden:
    """A property as it is meant: how its values are made, how often it is there, how it slips."""

    type: str
    is_required: bool = True
    rate: float = 1.0
    values: tuple[str, ...] = ()
    format: str = ""
    low: int = 0
    high: int = 0
    null_rate: float = 0.0
    below: dict[str, "Hidden"] = field(default_factory=dict)


def hidden_plan(chance: Random, events: int = 12) -> dict[str, dict[str, Hidden]]:
    """Events by their names, with their properties by theirs."""
    return {
        f"{WORDS[number % 10].title()} Event {number}": _members(chance, depth=2)
        for number in range(events)
    }


def stream(
    chance: Random, plan: dict[str, dict[str, Hidden]], count: int, slips: float
) -> Iterator[dict[str, Any]]:
    """Track events of a plan; so large a share of the values of each property is not as planned."""
    names = list(plan)
    for number in range(count):
        name = chance.choice(names)
        properties = _object(chance, plan[name], slips)
        if chance.random() < slips:
            properties["planted"] = "surprise"
        yield {
            "type": "track",
            "event": name,
            "messageId": f"m{number}",
            "userId": f"u{chance.randrange(500)}",
            "properties": properties,
            "context": {},
        }


def _members(chance: Random, depth: int) -> dict[str, Hidden]:
    return {
        f"{WORDS[number % 10]}{number}": _property(chance, depth)
        for number in range(chance.randint(3, 8))
    }


def _property(chance: Random, depth: int) -> Hidden:
    kinds = ["text", "integer", "number", "boolean", "enum", "format", "format"]
    kind = chance.choice([*kinds, "object", "array"] if depth else kinds)
    is_required = chance.random() < 0.6
    made = Hidden(kind, is_required, 1.0 if is_required else chance.choice((0.1, 0.5, 0.9)))
    if kind == "enum":
        made.values = WORDS[: chance.randint(2, 8)]
    elif kind == "format":
        made.format = chance.choice(("date-time", "date", "email", "uri", "uuid", "ipv4"))
    elif kind in ("integer", "number"):
        made.high = chance.choice((10, 500, 20_000))
        made.low = chance.choice((0, 0, 1, -made.high))
    elif kind == "object":
        made.below = _members(chance, depth - 1)
    elif kind == "array":
        made.below = {"": _property(chance, 0), **_members(chance, 0)}
    if chance.random() < 0.15:
        made.null_rate = 0.2
    return made


def _object(chance: Random, members: dict[str, Hidden], slips: float) -> dict[str, Any]:
    made = {}
    for name, hidden in members.items():
        is_there = chance.random() < hidden.rate
        if is_there and not (hidden.is_required and chance.random() < slips):
            made[name] = _value(chance, hidden, slips)
    return made


def _value(chance: Random, hidden: Hidden, slips: float) -> Any:
    if chance.random() < hidden.null_rate:
        return None
    if chance.random() < slips:
        return _slipped(chance, hidden)
    match hidden.type:
        case "text":
            return f"{chance.choice(WORDS)} {chance.randrange(10**9)}"
        case "integer":
            return chance.randint(hidden.low, hidden.high)
        case "number":
            return chance.uniform(hidden.low, hidden.high)
        case "boolean":
            return chance.random() < 0.3
        case "enum":
            return chance.choice(hidden.values)
        case "format":
            return _formatted(chance, hidden.format)
        case "object":
            return _object(chance, hidden.below, slips)
        case _:
            members = {name: each for name, each in hidden.below.items() if name}
            return [_object(chance, members, slips) for _ in range(chance.randint(0, 3))]


def _slipped(chance: Random, hidden: Hidden) -> Any:
    """A value of another type, or one that is none of the values, out of range or shapeless."""
    if hidden.type == "enum" and chance.random() < 0.5:
        return "unheard-of"
    if hidden.type in ("integer", "number") and chance.random() < 0.5:
        return hidden.high * 1_000 + 1_000_000
    if hidden.type == "format" and chance.random() < 0.5:
        return "shapeless"
    return 7 if hidden.type in ("text", "enum", "format", "boolean") else "seven"


def _formatted(chance: Random, name: str) -> str:
    moment = START + timedelta(seconds=chance.randrange(30_000_000))
    match name:
        case "date-time":
            return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
        case "date":
            return moment.strftime("%Y-%m-%d")
        case "email":
            return f"{chance.choice(WORDS)}{chance.randrange(10**6)}@shop.example"
        case "uri":
            return f"https://shop.example/{chance.choice(WORDS)}/{chance.randrange(10**6)}?a=1"
        case "uuid":
            return str(UUID(int=chance.getrandbits(128)))
        case _:
            return ".".join(str(chance.randrange(256)) for _ in range(4))
