"""Connections as the pages show them."""

from collections.abc import Sequence
from typing import Final

import msgspec

from headwater.access.changes import Changes
from headwater.connections import store
from headwater.connections.model import Connection, Outcome, Run, ShownRun, State, shown_run
from headwater.web.navigation import N_

EVERY: Final = (
    ("60", N_("Every minute")),
    ("300", N_("Every 5 minutes")),
    ("900", N_("Every 15 minutes")),
    ("3600", N_("Every hour")),
    ("21600", N_("Every 6 hours")),
    ("86400", N_("Every day")),
    ("cron", N_("By a cron expression")),
    ("0", N_("Only when it is told to")),
)

OUTCOMES: Final = {
    Outcome.RUNNING: (N_("Running"), "live"),
    Outcome.DONE: (N_("Done"), "good"),
    Outcome.FAILED: (N_("Failed"), "bad"),
    Outcome.STOPPED: (N_("Stopped"), "warn"),
}


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """A connection, its newest run, the end of its last success, and how many notices wait."""

    connection: Connection
    run: ShownRun | None
    last_success: int | None
    notices: int

    @property
    def is_running(self) -> bool:
        return self.run is not None and self.run.outcome is Outcome.RUNNING

    @property
    def state(self) -> tuple[str, str]:
        """Its state in words, and their tone."""
        if self.connection.state is State.PAUSED:
            return N_("Paused"), ""
        if self.is_running:
            return N_("Running"), "live"
        if self.connection.failures:
            return N_("Fails"), "bad"
        return (N_("Waits for its time"), "good") if self.run else (N_("Begins"), "live")


def looks(changes: Changes, found: Sequence[Connection]) -> list[Look]:
    """How each of some connections gets on."""
    now = changes.clock.now()
    with changes.reading() as sql:
        return [
            _look(
                each,
                store.runs(sql, each.id, 1),
                store.last_done(sql, each.id),
                sum(notice.acknowledged_at is None for notice in store.notices(sql, each.id)),
                now,
            )
            for each in found
        ]


def _look(
    connection: Connection, runs: Sequence[Run], done: Run | None, notices: int, now: int
) -> Look:
    return Look(
        connection=connection,
        run=shown_run(runs[0], now) if runs else None,
        last_success=None if done is None else done.ended_at,
        notices=notices,
    )
