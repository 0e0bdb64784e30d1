"""Connections as principals see and change them."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from headwater.access import sources
from headwater.access.audit import Change, created, deleted, modified
from headwater.access.changes import Changes, Step
from headwater.access.model import Principal
from headwater.access.permissions import Permission
from headwater.connections import store
from headwater.connections.kinds import KINDS, kind_of
from headwater.connections.model import (
    LARGEST_DEFINITION,
    LONGEST_NAME,
    MOST_CONNECTIONS,
    Backfill,
    Connection,
    Form,
    Notice,
    Run,
    Schedule,
    State,
)
from headwater.connections.schedule import next_run, require_sound
from headwater.errors import ConflictError, InvalidError, NotFoundError
from headwater.kit import ids
from headwater.kit.vault import Vault

_SUBJECT: Final = "Connection"


class Wanted(msgspec.Struct, frozen=True):
    """What is asked for of a connection; None leaves it as it is, or as it is at first.

    `secrets` are added to those that there are; an empty one takes its name away.
    """

    name: str | None = None
    definition: str | None = None
    form: Form | None = None
    secrets: Mapping[str, str] | None = None
    schedule: Schedule | None = None


def listed(changes: Changes, by: Principal, source_id: str = "") -> list[Connection]:
    """The connections of the sources that the caller may see, or of one of them."""
    seen = [sources.one(changes, by, source_id)] if source_id else sources.listed(changes, by)
    known = {source.id for source in seen}
    with changes.reading() as sql:
        found = store.connections(sql, by.workspace_id, source_id)
    return [each for each in found if each.source_id in known]


def one(changes: Changes, by: Principal, connection_id: str) -> Connection:
    """One connection. Raises NotFoundError, also where the caller may not see its source."""
    with changes.reading() as sql:
        found = store.connection(sql, by.workspace_id, connection_id)
    try:
        sources.one(changes, by, found.source_id)
    except NotFoundError:
        raise NotFoundError(f"There is no connection {connection_id!r}.") from None
    return found


def create(
    changes: Changes, by: Principal, vault: Vault, source_id: str, wanted: Wanted
) -> Connection:
    """Connect a source; the first run is due at once. Raises InvalidError, which names the field,
    PullError and StreamError for a definition that cannot be used, and ConflictError."""
    _changeable_source(changes, by, source_id)
    with changes.change(by) as step:
        known = store.connections(step.connection, by.workspace_id)
        if len(known) >= MOST_CONNECTIONS:
            raise ConflictError(f"There are {MOST_CONNECTIONS} connections, the most there may be.")
        blank = Connection(
            id=ids.resource_id(),
            workspace_id=by.workspace_id,
            source_id=source_id,
            name="",
            kind="",
            definition="",
            form=Form.TOML,
            created_at=step.now,
        )
        made = _put_together(blank, wanted, vault, step.now)
        _require_name_free(known, made)
        made = msgspec.structs.replace(made, next_run_at=_due(made, None, step.now))
        store.put(step.connection, made)
        step.record(created(_SUBJECT, made.id, _told(made), name=made.name))
    return made


def change(
    changes: Changes, by: Principal, vault: Vault, connection_id: str, wanted: Wanted
) -> Connection:
    """Change what is asked for. Raises as `create`, and NotFoundError."""
    _changeable(changes, by, connection_id)
    with changes.change(by) as step:
        before = store.connection(step.connection, by.workspace_id, connection_id)
        after = _put_together(before, wanted, vault, step.now)
        _require_name_free(store.connections(step.connection, by.workspace_id), after)
        if after.schedule != before.schedule or after.definition != before.definition:
            last = _last_start(step, connection_id)
            after = msgspec.structs.replace(
                after, next_run_at=_due(after, last, step.now), failures=0
            )
        store.put(step.connection, after)
        step.record(modified(_SUBJECT, after.id, _told(before), _told(after), name=after.name))
    return after


def remove(changes: Changes, by: Principal, connection_id: str) -> Connection:
    """Let a source read nothing by this connection any more. Raises NotFoundError."""
    _changeable(changes, by, connection_id)
    with changes.change(by) as step:
        found = store.connection(step.connection, by.workspace_id, connection_id)
        store.remove(step.connection, connection_id)
        step.record(deleted(_SUBJECT, found.id, _told(found), name=found.name))
    return found


def pause(changes: Changes, by: Principal, connection_id: str) -> Connection:
    """Let it not run until it is resumed."""
    return _moved(changes, by, connection_id, "Paused", state=State.PAUSED, next_run_at=None)


def resume(changes: Changes, by: Principal, connection_id: str) -> Connection:
    """Let it run by its schedule again: what was missed is one run, at once."""
    return _moved(changes, by, connection_id, "Resumed", state=State.ACTIVE, failures=0)


def run_now(
    changes: Changes, by: Principal, connection_id: str, backfill: Backfill | None = None
) -> Connection:
    """Let it run as soon as there is room; with `backfill`, from the start. Raises ConflictError
    for one that is paused."""
    found = one(changes, by, connection_id)
    if found.state is State.PAUSED:
        raise ConflictError(f"The connection {found.name!r} is paused.", hint="Resume it first.")
    what = "Backfill Asked" if backfill else "Run Asked"
    return _moved(
        changes, by, connection_id, what, is_due=True, asked=backfill or found.asked, failures=0
    )


def runs(changes: Changes, by: Principal, connection_id: str) -> list[Run]:
    """Its runs, the newest first."""
    one(changes, by, connection_id)
    with changes.reading() as sql:
        return store.runs(sql, connection_id)


def notices(changes: Changes, by: Principal, connection_id: str) -> list[Notice]:
    """How what it reads has changed its shape, the newest first."""
    one(changes, by, connection_id)
    with changes.reading() as sql:
        return store.notices(sql, connection_id)


def acknowledge(changes: Changes, by: Principal, connection_id: str) -> int:
    """Note that all that was noticed has been seen; how many notices that were."""
    found = _changeable(changes, by, connection_id)
    with changes.change(by) as step:
        count = store.acknowledge(step.connection, connection_id, step.now)
        if count:
            step.record(
                Change("Connection Notices Acknowledged", _SUBJECT, found.id, name=found.name)
            )
    return count


def secrets_of(vault: Vault, connection: Connection) -> dict[str, str]:
    """The secrets in the open, for a run."""
    if not connection.sealed:
        return {}
    return msgspec.json.decode(vault.open(connection.sealed), type=dict[str, str])


def require_secrets(names: Sequence[str], given: Mapping[str, str]) -> None:
    """Raise InvalidError, which names the first `${NAME}` that has no value."""
    for name in names:
        if name not in given:
            raise InvalidError(
                f"secrets.{name}: is missing; the definition names ${{{name}}}.",
                hint="Give it among the secrets: it is kept encrypted and never shown.",
                field=f"secrets.{name}",
            )


def checked(text: str, form: Form) -> tuple[str, Sequence[str]]:
    """The kind of a definition and the names of its secrets. Raises what is wrong with it."""
    if not text.strip() or len(text) > LARGEST_DEFINITION:
        raise InvalidError(
            f"definition: must have 1 to {LARGEST_DEFINITION:,} characters.", field="definition"
        )
    kind = kind_of(text, form)
    definition = kind.parse(text, f"definition.{form}")
    return kind.name, list(kind.names(definition))


def _put_together(before: Connection, wanted: Wanted, vault: Vault, now: int) -> Connection:
    name = before.name if wanted.name is None else wanted.name.strip()
    if not name or len(name) > LONGEST_NAME:
        raise InvalidError(f"name: must have 1 to {LONGEST_NAME} characters.", field="name")
    form = wanted.form or before.form
    text = before.definition if wanted.definition is None else wanted.definition
    kind, names = checked(text, form)
    if before.kind and kind != before.kind:
        raise InvalidError(
            f"definition: it is of the kind {kind}, and the connection of {before.kind}.",
            hint="Make another connection.",
            field="definition",
        )
    secrets = secrets_of(vault, before) | dict(wanted.secrets or {})
    secrets = {each: value for each, value in secrets.items() if value}
    require_secrets(names, secrets)
    schedule = wanted.schedule or before.schedule
    require_sound(schedule)
    return msgspec.structs.replace(
        before,
        name=name,
        kind=kind,
        definition=text,
        form=form,
        sealed=vault.seal(msgspec.json.encode(secrets)) if secrets else "",
        secret_names=tuple(sorted(secrets)),
        schedule=schedule,
        updated_at=now,
    )


def _require_name_free(known: Sequence[Connection], made: Connection) -> None:
    for each in known:
        if each.id != made.id and each.name.casefold() == made.name.casefold():
            raise ConflictError(
                f"There is a connection {each.name!r} already.", hint="Choose another name."
            )


def _due(connection: Connection, last: int | None, now: int) -> int | None:
    if connection.state is State.PAUSED:
        return None
    if KINDS[connection.kind].is_endless or last is None:
        return now
    return next_run(connection.schedule, last, now)


def _last_start(step: Step, connection_id: str) -> int | None:
    found = store.runs(step.connection, connection_id, 1)
    return found[0].started_at if found else None


def _moved(
    changes: Changes,
    by: Principal,
    connection_id: str,
    what: str,
    *,
    is_due: bool = False,
    **values: Any,
) -> Connection:
    _changeable(changes, by, connection_id)
    with changes.change(by) as step:
        before = store.connection(step.connection, by.workspace_id, connection_id)
        after = msgspec.structs.replace(before, **values)
        if is_due or (after.state is State.ACTIVE and before.state is State.PAUSED):
            last = None if is_due else _last_start(step, connection_id)
            after = msgspec.structs.replace(after, next_run_at=_due(after, last, step.now))
        if after == before:
            return before
        store.put(step.connection, after)
        step.record(
            Change(
                f"{_SUBJECT} {what}",
                _SUBJECT,
                after.id,
                before=_told(before),
                after=_told(after),
                name=after.name,
            )
        )
    return after


def _changeable(changes: Changes, by: Principal, connection_id: str) -> Connection:
    found = one(changes, by, connection_id)
    _changeable_source(changes, by, found.source_id)
    return found


def _changeable_source(changes: Changes, by: Principal, source_id: str) -> None:
    source = sources.one(changes, by, source_id)
    by.require(Permission.SOURCE_ADMIN, sources.resource(source))


class _Told(msgspec.Struct, frozen=True):
    """What the audit trail may know: no secret, and none that stands in a definition."""

    name: str
    kind: str
    source_id: str
    definition: str
    secret_names: tuple[str, ...]
    schedule: Schedule
    state: State


def _told(connection: Connection) -> _Told:
    return _Told(
        connection.name,
        connection.kind,
        connection.source_id,
        connection.definition,
        connection.secret_names,
        connection.schedule,
        connection.state,
    )
