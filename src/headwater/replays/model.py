"""What a replay is: which events, what is done with those that are there already, and how far."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from headwater.archive.requests import Place
from headwater.kit.clock import isoformat
from headwater.spec.again import Mode

PRESENT: Final = "present"
"""The name of the look."""

MOST_SOURCES: Final = 1_000
MOST_EVENTS: Final = 100
FASTEST: Final = 1_000_000
MOST_RUNS: Final = 200

Text = Annotated[str, Meta(max_length=1000)]
Rate = Annotated[int, Meta(ge=0, le=FASTEST)]


class Target(StrEnum):
    """Where replayed events go."""

    WAREHOUSE = "warehouse"


class RunState(StrEnum):
    """How a replay stands."""

    RUNNING = "running"
    PAUSED = "paused"
    DONE = "done"
    CANCELLED = "cancelled"

    @property
    def is_over(self) -> bool:
        return self in (RunState.DONE, RunState.CANCELLED)


class Selection(msgspec.Struct, frozen=True, kw_only=True):
    """Collected events: those that fulfil all that is given.

    `since` and `until` (microseconds, until exclusive) are of their receipt. `events` are names of
    track events, or types of other calls; `condition` is FQL. Both are asked of the event as it
    passes today's rules, or else as it was received.
    """

    source_ids: tuple[str, ...]
    since: int
    until: int
    events: tuple[str, ...] = ()
    condition: str = ""

    @property
    def is_whole(self) -> bool:
        """Whether every event of the sources and the time is meant."""
        return not self.events and not self.condition.strip()


class Chunk(msgspec.Struct, frozen=True):
    """What is about to be appended: how far the run is then, and what it adds to its counts."""

    id: str
    place: Place
    read: int
    sent: int
    skipped: int


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """A replay as it is carried out.

    Of `total` events of its sources and time, `read` were looked at: `sent` of them go through the
    pipeline again, `skipped` do not, as they do not fulfil the selection or are there already.
    """

    id: str
    workspace_id: str
    actor: str
    actor_name: str
    at: int
    mode: Mode
    selection: Selection
    rate: int = 0
    state: RunState = RunState.RUNNING
    total: int = -1
    read: int = 0
    sent: int = 0
    skipped: int = 0
    place: Place | None = None
    chunk: Chunk | None = None
    problem: str = ""
    ended_at: int | None = None

    def shown(self, now: int) -> "ShownRun":
        return ShownRun(
            id=self.id,
            actor=self.actor,
            actor_name=self.actor_name,
            at=isoformat(self.at),
            mode=self.mode,
            source_ids=self.selection.source_ids,
            since=isoformat(self.selection.since),
            until=isoformat(self.selection.until),
            events=self.selection.events,
            condition=self.selection.condition,
            rate=self.rate,
            state=self.state,
            total=None if self.total < 0 else self.total,
            read=self.read,
            sent=self.sent,
            skipped=self.skipped,
            seconds_left=self._seconds_left(now),
            problem=self.problem,
            ended_at=None if self.ended_at is None else isoformat(self.ended_at),
        )

    def _seconds_left(self, now: int) -> int | None:
        """By how long it took so far; None where that says nothing."""
        if self.state is not RunState.RUNNING or self.read <= 0 or self.total < self.read:
            return None
        return round((now - self.at) / 1e6 / self.read * (self.total - self.read))


class ShownRun(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A replay: `read` of `total` events of its sources and time were looked at (total is null
    until they are counted), `sent` of those go through the pipeline again, `skipped` do not."""

    id: str
    actor: str
    actor_name: str
    at: str
    mode: Mode
    source_ids: Sequence[str]
    since: str
    until: str
    events: Sequence[str]
    condition: str
    rate: int
    state: RunState
    total: int | None
    read: int
    sent: int
    skipped: int
    seconds_left: int | None
    problem: str
    ended_at: str | None
    target: Target = Target.WAREHOUSE


class Counted(msgspec.Struct, frozen=True):
    """Events of one name."""

    name: str
    events: int


class Preview(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What a replay would send again: of `read` events that were looked at, `events`, by source's
    id and by name.

    Where not all could be looked at in time, `isComplete` is false and the counts are of the
    earliest. `missing` are those that the warehouse does not have. `availableFrom` says since when
    there is anything of these sources in log and archive, `archivedUntil` what the archive has.
    """

    read: int
    events: int
    requests: int
    missing: int | None
    by_source: Sequence[Counted]
    by_event: Sequence[Counted]
    is_complete: bool
    first_at: str | None
    last_at: str | None
    available_from: str | None
    archived_until: str | None


class PresentLook(msgspec.Struct, frozen=True):
    """Asks which of these messageIds a source has in the warehouse."""

    slug: str
    ids: tuple[str, ...]
