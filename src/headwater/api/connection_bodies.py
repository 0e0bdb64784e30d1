"""What /api/connections takes and answers."""

from collections.abc import Sequence
from typing import Annotated

import msgspec
from msgspec import Meta

from headwater.access.changes import Changes
from headwater.api.pages import PaginationOutput
from headwater.connections import store
from headwater.connections.model import (
    LARGEST_DEFINITION,
    LONGEST_NAME,
    Backfill,
    Connection,
    Drift,
    Form,
    Notice,
    Outcome,
    Schedule,
    Secrets,
    ShownRun,
    State,
    shown_run,
)
from headwater.kit.clock import isoformat

Name = Annotated[str, Meta(min_length=1, max_length=LONGEST_NAME)]
Definition = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=LARGEST_DEFINITION,
        description="What is read and what becomes of it, as a file of `headwater pull`, "
        "`headwater consume` or `headwater watch` says it.",
    ),
]


class CreateConnection(msgspec.Struct, frozen=True):
    """What to read, and when."""

    name: Name
    definition: Definition
    form: Form = Form.TOML
    secrets: Secrets = {}
    schedule: Schedule = Schedule()


class UpdateConnection(msgspec.Struct, frozen=True):
    """What is to be otherwise."""

    name: Name | None = None
    definition: Definition | None = None
    form: Form | None = None
    secrets: Secrets | None = None
    schedule: Schedule | None = None


class TryConnection(msgspec.Struct, frozen=True, rename="camel"):
    """A definition to be tried."""

    definition: Definition
    form: Form = Form.TOML
    secrets: Secrets = {}
    connection_id: Annotated[str, Meta(max_length=100)] = ""


class RunConnection(msgspec.Struct, frozen=True):
    """Whether to read from the start."""

    backfill: Backfill | None = None


class ShownConnection(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A connection. Its secrets are never shown, only their names."""

    id: str
    source_id: str
    name: str
    kind: str
    definition: str
    form: Form
    secret_names: Sequence[str]
    schedule: Schedule
    state: State
    is_running: bool
    failures: int
    """How many runs in a row have failed."""
    next_run_at: str | None
    last_success_at: str | None
    last_run: ShownRun | None
    notices: int
    """How many were not acknowledged."""
    created_at: str
    updated_at: str


class OneConnection(msgspec.Struct, frozen=True):
    """A connection."""

    connection: ShownConnection


class ConnectionList(msgspec.Struct, frozen=True):
    """Connections, the oldest first."""

    connections: Sequence[ShownConnection]
    pagination: PaginationOutput


class RunList(msgspec.Struct, frozen=True):
    """Runs, the newest first."""

    runs: Sequence[ShownRun]
    pagination: PaginationOutput


class ShownNotice(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How a member of what is read has changed: the types that it had, and has."""

    at: str
    drift: Drift
    member: str
    before: Sequence[str]
    after: Sequence[str]
    acknowledged_at: str | None


class NoticeList(msgspec.Struct, frozen=True):
    """Notices, the newest first."""

    notices: Sequence[ShownNotice]
    pagination: PaginationOutput


class Tested(msgspec.Struct, frozen=True):
    """It could be read: so many events came of the first rows, in so many milliseconds."""

    events: int
    milliseconds: int


class Preview(msgspec.Struct, frozen=True):
    """The events of the first rows."""

    events: Sequence[msgspec.Raw]


def shown_connection(changes: Changes, connection: Connection) -> ShownConnection:
    """A connection as it stands now."""
    with changes.reading() as sql:
        runs = store.runs(sql, connection.id, 1)
        last = store.last_done(sql, connection.id)
        notices = store.notices(sql, connection.id)
    latest = shown_run(runs[0], changes.clock.now()) if runs else None
    if latest is not None:
        latest = msgspec.structs.replace(latest, samples=())
    return ShownConnection(
        id=connection.id,
        source_id=connection.source_id,
        name=connection.name,
        kind=connection.kind,
        definition=connection.definition,
        form=connection.form,
        secret_names=connection.secret_names,
        schedule=connection.schedule,
        state=connection.state,
        is_running=latest is not None and latest.outcome is Outcome.RUNNING,
        failures=connection.failures,
        next_run_at=_time(connection.next_run_at),
        last_success_at=None if last is None else _time(last.ended_at),
        last_run=latest,
        notices=sum(each.acknowledged_at is None for each in notices),
        created_at=isoformat(connection.created_at),
        updated_at=isoformat(connection.updated_at),
    )


def shown_notice(notice: Notice) -> ShownNotice:
    """A notice for people."""
    return ShownNotice(
        at=isoformat(notice.at),
        drift=notice.drift,
        member=notice.member,
        before=notice.before,
        after=notice.after,
        acknowledged_at=_time(notice.acknowledged_at),
    )


def _time(at: int | None) -> str | None:
    return None if at is None else isoformat(at)
