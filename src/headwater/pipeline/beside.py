"""What stages write beside the events that pass: violations of plans, and events for other sources.

It is appended in the same entry as the events' own fates, so it is there once, or not at all.
"""

from collections.abc import Iterable
from typing import Final

import msgspec

from headwater.pipeline.event import Receipt
from headwater.ports import Record, Stream
from headwater.spec import violations as spec
from headwater.spec.violations import Violation

MOST_VIOLATIONS: Final = 20_000
"""So many violations of a batch are kept one by one. Of further ones those of one kind and field
are one, which says how many they are."""

Noted = tuple[Receipt, Violation]


class Beside(msgspec.Struct):
    """Violations, each with the receipt of its event, and records of the forwarded stream."""

    violations: list[Noted] = []
    forwarded: list[Record] = []

    def take(self, other: "Beside") -> None:
        """Take all that another holds."""
        self.violations += other.violations
        self.forwarded += other.forwarded
        other.clear()
        if len(self.violations) > 2 * MOST_VIOLATIONS:
            self.violations = condensed(self.violations)

    def clear(self) -> None:
        self.violations, self.forwarded = [], []


def condensed(noted: list[Noted], most: int = MOST_VIOLATIONS) -> list[Noted]:
    """The first `most` violations, and one for all further ones of each kind and field."""
    if len(noted) <= most:
        return noted
    rest: dict[object, Noted] = {}
    for receipt, each in noted[most:]:
        of = (
            *(receipt.source_id, receipt.hour, each.plan_id, each.event_type, each.event),
            *(each.type, each.field, each.rule, each.event_version, each.remedy),
        )
        held = rest.get(of)
        if held is not None:
            each = msgspec.structs.replace(each, count=each.count + held[1].count)
        rest[of] = receipt, each
    return [*noted[:most], *rest.values()]


def records_beside(beside: Beside) -> dict[Stream, list[Record]]:
    """The records of what stages wrote beside the events, if they did."""
    found: dict[Stream, list[Record]] = {}
    if beside.violations:
        found[Stream.VIOLATIONS] = violation_records(beside.violations)
    if beside.forwarded:
        found[Stream.FORWARDED] = beside.forwarded
    return found


def violation_records(noted: list[Noted]) -> list[Record]:
    """The records of violations: one for each source and hour."""
    by_place: dict[tuple[str, int], list[Violation]] = {}
    for receipt, each in condensed(noted):
        by_place.setdefault((receipt.source_id, receipt.hour), []).append(each)
    return [_record(source_id, found) for (source_id, _), found in by_place.items()]


def _record(source_id: str, found: Iterable[Violation]) -> Record:
    of_source = list(found)
    return Record(source_id, of_source[-1].received_at, len(of_source), spec.encode(of_source))
