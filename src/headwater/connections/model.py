"""A connection of a source, its runs, and what was noticed of the shape of what it reads."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from headwater.kit.clock import isoformat

LARGEST_DEFINITION: Final = 100_000
LONGEST_NAME: Final = 200
LONGEST_SECRET: Final = 20_000
MOST_CONNECTIONS: Final = 200
"""So many a workspace may have."""
MOST_RUNS: Final = 200
"""So many runs of a connection are remembered."""
MOST_SAMPLES: Final = 20
MOST_NOTICES: Final = 200

Secrets = Annotated[
    dict[
        Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")],
        Annotated[str, Meta(max_length=LONGEST_SECRET)],
    ],
    Meta(max_length=50),
]
"""What `${NAME}` means in a definition."""


class Form(StrEnum):
    """How a definition is written."""

    TOML = "toml"
    YAML = "yaml"


class Schedule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """When a connection runs: so often, or by a cron expression in a zone; neither: only when it
    is told to. A stream is read always."""

    every_seconds: Annotated[int, Meta(ge=0, le=86_400 * 31)] = 0
    cron: Annotated[str, Meta(max_length=200)] = ""
    zone: Annotated[str, Meta(max_length=100)] = "UTC"


class State(StrEnum):
    """Whether a connection runs by its schedule."""

    ACTIVE = "active"
    PAUSED = "paused"


class Backfill(StrEnum):
    """Reading again from the start: `missing` makes events only of what was never seen or has
    changed, `all` of everything, as if nothing had been read before."""

    MISSING = "missing"
    ALL = "all"


class Connection(msgspec.Struct, frozen=True, kw_only=True):
    """What is read, for which source, and when. `sealed` are the secrets, `shape` the members that
    were seen with their types, `asked` the backfill that the next run is."""

    id: str
    workspace_id: str
    source_id: str
    name: str
    kind: str
    definition: str
    form: Form
    sealed: str = ""
    secret_names: tuple[str, ...] = ()
    schedule: Schedule = Schedule()
    state: State = State.ACTIVE
    shape: Mapping[str, Sequence[str]] = {}
    asked: Backfill | None = None
    failures: int = 0
    next_run_at: int | None = None
    created_at: int = 0
    updated_at: int = 0


class Outcome(StrEnum):
    """How a run ended; RUNNING while it has not."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"
    """It was told to stop, or the server was: the next run goes on."""


class Sample(msgspec.Struct, frozen=True):
    """Something that made no event, and why."""

    reason: str
    row: str


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """How far a run is: rows (or messages, or lines of files) read, of `total` where that is
    known; events accepted; rows rejected or skipped; changes by kind. `behind` is how much waits
    there: messages of a stream, files of a location."""

    rows: int = 0
    total: int | None = None
    events: int = 0
    rejected: int = 0
    skipped: int = 0
    changes: Mapping[str, int] = {}
    part: str = ""
    behind: int | None = None


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One run of a connection."""

    id: str
    connection_id: str
    started_at: int
    ended_at: int | None = None
    outcome: Outcome = Outcome.RUNNING
    figures: Figures = Figures()
    samples: tuple[Sample, ...] = ()
    problem: str = ""
    hint: str = ""
    backfill: Backfill | None = None
    told_at: int = 0
    """When something was last heard of it."""

    def remaining_seconds(self, now: int) -> float | None:
        """By how long it took so far; None where that says nothing."""
        total, rows = self.figures.total, self.figures.rows
        if self.outcome is not Outcome.RUNNING or total is None or not 0 < rows <= total:
            return None
        return (now - self.started_at) / 1e6 / rows * (total - rows)


class Drift(StrEnum):
    """What became otherwise about a member."""

    APPEARED = "appeared"
    VANISHED = "vanished"
    CHANGED = "changed"


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """What is read is shaped otherwise than before: a member appeared, vanished, or has values of
    types that it did not have."""

    id: str
    connection_id: str
    at: int
    drift: Drift
    member: str
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    acknowledged_at: int | None = None


class ShownRun(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A run as it is answered. `rows` of `total` (null where nobody knows) are read."""

    id: str
    started_at: str
    ended_at: str | None
    outcome: Outcome
    rows: int
    total: int | None
    events: int
    rejected: int
    skipped: int
    changes: Mapping[str, int]
    part: str
    behind: int | None
    remaining_seconds: float | None
    samples: Sequence[Sample]
    problem: str
    hint: str
    backfill: Backfill | None


def shown_run(run: Run, now: int) -> ShownRun:
    """A run for people."""
    figures = run.figures
    return ShownRun(
        id=run.id,
        started_at=isoformat(run.started_at),
        ended_at=None if run.ended_at is None else isoformat(run.ended_at),
        outcome=run.outcome,
        rows=figures.rows,
        total=figures.total,
        events=figures.events,
        rejected=figures.rejected,
        skipped=figures.skipped,
        changes=figures.changes,
        part=figures.part,
        behind=figures.behind,
        remaining_seconds=run.remaining_seconds(now),
        samples=run.samples,
        problem=run.problem,
        hint=run.hint,
        backfill=run.backfill,
    )
