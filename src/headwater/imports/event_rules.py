"""One event rule, compiled; and the groups of rows that make an event together."""

import math
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from headwater.errors import MappingError
from headwater.imports import templates
from headwater.imports.checks import require_ids, require_message_id
from headwater.imports.conditions import columns_of, row_test
from headwater.imports.model import EventRule, Made, Row, RowRejectedError
from headwater.imports.templates import Build, build, build_key, build_text

Values = Sequence[Any]
Slot = Callable[[str], int]
_TOTAL_DIGITS = 6  # sums of decimal fractions are shown without the binary dust


class CompiledEvent:
    """Makes one event of a row's values. Raises MappingError when the rule makes no sense."""

    def __init__(self, rule: EventRule, ordinal: int, slot: Slot) -> None:
        self.ordinal = ordinal
        self.is_grouped = bool(rule.group)
        self.group_rows = rule.group_rows
        if (rule.each or rule.total) and not rule.group:
            raise MappingError("`each` and `total` of an event need its `group`.")
        for name in columns_of(rule.when):
            slot(name)
        self.when = row_test(rule.when, slot)
        self._fixed, self._texts = _texts(rule, slot)
        self._objects = [
            (name, build(members, slot))
            for name in ("properties", "traits", "context", "integrations")
            if (members := getattr(rule, name))
        ]
        self.once = build_key(rule.once, slot) if rule.once else None
        self.seen: set[str] = set()
        """What was made that may be made once only."""
        self.key = build_text(rule.group, slot)
        self.each = {name: build(members, slot) for name, members in rule.each.items()}
        self.total = {name: slot(column) for name, column in rule.total.items()}

    def make(self, values: Values) -> dict[str, Any]:
        """The event. Raises RowRejectedError where it lacks what Segment requires."""
        event = self._fixed.copy()
        for name, text in self._texts:
            if (made := text(values)) is not None:
                event[name] = made
        for name, members in self._objects:
            if (made := members(values)) is not None:
                event[name] = made
        require_ids(event)
        if "messageId" in event:
            require_message_id(event["messageId"])
        return event


def _texts(rule: EventRule, slot: Slot) -> tuple[dict[str, Any], list[tuple[str, Build]]]:
    """The members that are the same in all events, and those that take a row."""
    written: Mapping[str, str | list[str]] = {
        "messageId": rule.message_id,
        "event": rule.event,
        "name": rule.name,
        "category": rule.category,
        "userId": rule.user_id,
        "anonymousId": rule.anonymous_id,
        "groupId": rule.group_id,
        "previousId": rule.previous_id,
        "timestamp": rule.timestamp,
    }
    fixed: dict[str, Any] = {"type": rule.type}
    texts: list[tuple[str, Build]] = []
    for name, template in written.items():
        text = build_text(template, slot)
        if text is None:
            continue
        if not any(templates.columns_of(template)) and (same := text(())) is not None:
            fixed[name] = same
        else:
            texts.append((name, text))
    return fixed, texts


class Part:
    """What one row gives to its group."""

    __slots__ = ("base", "each", "key", "total")

    def __init__(self, event: CompiledEvent, key: str, values: Values, *, opens: bool) -> None:
        self.key = key
        self.base = event.make(values) if opens else {}
        self.each = {name: one(values) for name, one in event.each.items()}
        self.total = {name: values[slot] for name, slot in event.total.items()}


class _Group:
    """Rows that belong together, while they come."""

    def __init__(self, event: CompiledEvent, base: dict[str, Any], row: Row) -> None:
        self.event = event
        self.base = base
        self.first = row
        self.last = row.number
        self.each: dict[str, list[Any]] = {name: [] for name in event.each}
        self.total: dict[str, list[Any]] = {name: [] for name in event.total}

    def take(self, part: Part, row: Row) -> None:
        self.last = row.number
        for name, one in part.each.items():
            if one is not None:
                self.each[name].append(one)
        for name, value in part.total.items():
            if value is not None:
                self.total[name].append(value)

    def made(self) -> Made:
        event = self.base
        properties = event.setdefault("properties", {})
        for name, values in self.total.items():
            whole = all(isinstance(value, int) for value in values)
            with suppress(OverflowError):  # no number of JSON's: it is left out
                properties[name] = sum(values) if whole else round(math.fsum(values), _TOTAL_DIGITS)
        properties.update(self.each)
        return Made(self.first.number, self.first.line, self.event.ordinal, event)


class Groups:
    """The open groups of all events, the one that was fed longest ago first."""

    def __init__(self) -> None:
        self._open: OrderedDict[tuple[int, str], _Group] = OrderedDict()

    def __len__(self) -> int:
        return len(self._open)

    def part(self, event: CompiledEvent, values: Values) -> Part:
        """What a row would give, before the whole row is known to be good."""
        key = event.key(values) if event.key else None
        if key is None:
            raise RowRejectedError("the value that its group goes by is missing")
        return Part(event, key, values, opens=(event.ordinal, key) not in self._open)

    def add(self, event: CompiledEvent, part: Part, row: Row) -> None:
        at = (event.ordinal, part.key)
        if at not in self._open:
            self._open[at] = _Group(event, part.base, row)
        self._open[at].take(part, row)
        self._open.move_to_end(at)

    def close_before(self, row_number: int) -> list[Made]:
        """The events of groups that have not been fed for as many rows as their rule says."""
        made = []
        while self._open:
            at, oldest = next(iter(self._open.items()))
            if row_number - oldest.last < oldest.event.group_rows:
                break
            del self._open[at]
            made.append(oldest.made())
        return made

    def close_all(self) -> list[Made]:
        made = [group.made() for group in self._open.values()]
        self._open.clear()
        return made
