"""Who sends to a webhook source, as principals see and change it."""

from typing import Final

import msgspec

from headwater.access import sources
from headwater.access.audit import Change
from headwater.access.changes import Changes
from headwater.access.model import Principal
from headwater.access.permissions import Permission
from headwater.errors import BadRequestError, InvalidError
from headwater.kit.vault import Vault
from headwater.webhooks import store
from headwater.webhooks.model import Sender
from headwater.webhooks.presets import PRESETS
from headwater.workspaces.model import Source, SourceType

LONGEST_SECRET: Final = 2_000
_SUBJECT: Final = "Webhook Sender"


def show(changes: Changes, by: Principal, source_id: str) -> Sender | None:
    """The sender of a source; None where none is set. Raises NotFoundError and ForbiddenError."""
    _source(changes, by, source_id, Permission.SOURCE_READ)
    with changes.reading() as connection:
        return store.sender(connection, source_id)


def put(
    changes: Changes, by: Principal, vault: Vault, source_id: str, preset: str, secret: str
) -> Sender:
    """Say who sends, and with which secret. Raises InvalidError, which names the field, and
    BadRequestError for a source that is no webhook's."""
    source = _source(changes, by, source_id, Permission.SOURCE_ADMIN)
    if source.type is not SourceType.WEBHOOK:
        raise BadRequestError(
            f"The source {source.name!r} is of the type {source.type.value}.",
            hint="Only a source of the type webhook has a sender.",
        )
    if preset not in PRESETS:
        raise InvalidError(
            f"preset: there is no sender {preset[:100]!r}.",
            hint=f"There are {', '.join(PRESETS)}.",
            field="preset",
        )
    if not secret.strip() or len(secret) > LONGEST_SECRET:
        raise InvalidError(
            "secret: is missing or too long.", hint=PRESETS[preset].secret, field="secret"
        )
    with changes.change(by) as step:
        before = store.sender(step.connection, source_id)
        after = Sender(preset, vault.seal(secret.strip().encode()))
        store.put(step.connection, source_id, after, step.now)
        step.record(
            Change(f"{_SUBJECT} Set", _SUBJECT, source_id, before=_told(before), after=_told(after))
        )
    return after


def remove(changes: Changes, by: Principal, source_id: str) -> None:
    """Let the source have no sender: anybody who knows its address may send, to its function."""
    _source(changes, by, source_id, Permission.SOURCE_ADMIN)
    with changes.change(by) as step:
        before = store.sender(step.connection, source_id)
        if before is None:
            return
        store.remove(step.connection, source_id)
        step.record(Change(f"{_SUBJECT} Removed", _SUBJECT, source_id, before=_told(before)))


class _Told(msgspec.Struct, frozen=True):
    preset: str


def _told(sender: Sender | None) -> _Told | None:
    """What the audit trail may know."""
    return None if sender is None else _Told(sender.preset)


def _source(changes: Changes, by: Principal, source_id: str, needed: Permission) -> Source:
    source = sources.one(changes, by, source_id)
    by.require(needed, sources.resource(source))
    return source
