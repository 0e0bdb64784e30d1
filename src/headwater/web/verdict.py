"""What needs somebody: the overview's verdict, from the figures alone. Pure."""

from collections.abc import Sequence
from typing import Final, Literal

import msgspec

from headwater.volumes.model import Overview
from headwater.workspaces.model import Source

LATE_SECONDS: Final = 10.0
VERY_LATE_SECONDS: Final = 60.0
_NARROW: Final = 2.0
"""A disk with less than this many reserves free wants attention before it is full."""

Matter = Literal[
    "down",
    "unreachable",
    "unbalanced",
    "disk_full",
    "disk_low",
    "late",
    "rejecting",
    "silent",
    "drift",
]


class Finding(msgspec.Struct, frozen=True):
    """Something to look at: what it is, how bad, its figure, and the sources that it is about."""

    matter: Matter
    tone: Literal["warn", "bad"]
    figure: float = 0
    sources: tuple[Source, ...] = ()
    roles: tuple[str, ...] = ()


class Facts(msgspec.Struct, frozen=True):
    """What the verdict rests on. Without an overview the warehouse does not answer; `down` are the
    roles that do not run."""

    overview: Overview | None
    silent: Sequence[Source]
    rejecting: Sequence[Source]
    down: Sequence[str]
    disk_reserve_bytes: int
    drifts: int = 0
    """What is sent otherwise than planned, and waits to be settled."""


def findings(facts: Facts) -> list[Finding]:
    """What needs somebody, the worst first; empty when all is well."""
    found = [
        *((Finding("down", "bad", roles=tuple(facts.down)),) if facts.down else ()),
        *(_of_overview(facts.overview, facts.disk_reserve_bytes) if facts.overview else ()),
        *(() if facts.overview else (Finding("unreachable", "bad"),)),
        *((Finding("rejecting", "bad", 0, tuple(facts.rejecting)),) if facts.rejecting else ()),
        *((Finding("silent", "warn", 0, tuple(facts.silent)),) if facts.silent else ()),
        *((Finding("drift", "warn", facts.drifts),) if facts.drifts else ()),
    ]
    return sorted(found, key=lambda each: each.tone != "bad")


def _of_overview(overview: Overview, reserve: int) -> list[Finding]:
    found = []
    if not overview.balanced:
        found.append(Finding("unbalanced", "bad", abs(overview.difference)))
    free, lag = overview.disk_free_bytes, overview.freshness.lag_seconds
    if free <= reserve:
        found.append(Finding("disk_full", "bad", free))
    elif free < reserve * _NARROW:
        found.append(Finding("disk_low", "warn", free))
    if lag >= LATE_SECONDS:
        found.append(Finding("late", "bad" if lag >= VERY_LATE_SECONDS else "warn", lag))
    return found
