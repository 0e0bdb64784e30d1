"""Who sends to a webhook source, as principals see and change it."""

from typing import Final

import msgspec

from headwater.access import sources
from headwater.access.audit import Change
from headwater.access.changes import Changes
from headwater.access.model import Principal
from headwater.access.permissions import Permission
from headwater.errors import BadRequestError, InvalidError, MappingError
from headwater.kit.vault import Vault
from headwater.webhooks import mapped, store
from headwater.webhooks.model import Sender
from headwater.webhooks.presets import PRESETS
from headwater.webhooks.presets.custom import PRESET as CUSTOM
from headwater.webhooks.presets.preset import Event, Incoming, UnreadableError
from headwater.workspaces.model import Source, SourceType

LONGEST_SECRET: Final = 2_000
_SUBJECT: Final = "Webhook Sender"


def show(changes: Changes, by: Principal, source_id: str) -> Sender | None:
    """The sender of a source; None where none is set. Raises NotFoundError and ForbiddenError."""
    _source(changes, by, source_id, Permission.SOURCE_READ)
    with changes.reading() as connection:
        return store.sender(connection, source_id)


def put(
    changes: Changes,
    by: Principal,
    vault: Vault,
    source_id: str,
    preset: str,
    secret: str,
    mapping: str = "",
) -> Sender:
    """Say who sends, with which secret, and, of a sender that is none of the known ones, by which
    mapping its requests become events. Raises InvalidError, which names the field, and
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
    _require_mapping(preset, mapping)
    with changes.change(by) as step:
        before = store.sender(step.connection, source_id)
        after = Sender(preset, vault.seal(secret.strip().encode()), mapping=mapping)
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


def _require_mapping(preset: str, mapping: str) -> None:
    """Raise InvalidError unless there is a mapping where one is needed, and there alone."""
    if preset != CUSTOM.name:
        if mapping.strip():
            raise InvalidError(
                f"mapping: {PRESETS[preset].title} needs none.",
                hint=f"Only the sender {CUSTOM.name!r} has one.",
                field="mapping",
            )
        return
    if not mapping.strip() or len(mapping) > mapped.LONGEST:
        raise InvalidError(
            f"mapping: must have 1 to {mapped.LONGEST:,} characters.",
            hint="It says what becomes of a request: see docs/webhooks.md.",
            field="mapping",
        )
    try:
        mapped.read(mapping)
    except MappingError as problem:
        raise InvalidError(
            f"mapping: {problem.message}", hint=problem.hint, field="mapping"
        ) from None


class _Told(msgspec.Struct, frozen=True):
    preset: str
    mapping: str


def _told(sender: Sender | None) -> _Told | None:
    """What the audit trail may know."""
    return None if sender is None else _Told(sender.preset, sender.mapping)


def try_mapping(
    changes: Changes, by: Principal, source_id: str, mapping: str, content_type: str, body: str
) -> list[Event]:
    """The events that a request would become. Raises InvalidError, which names what is wrong."""
    _source(changes, by, source_id, Permission.SOURCE_ADMIN)
    _require_mapping(CUSTOM.name, mapping)
    try:
        request = Incoming("POST", "", "", {"content-type": content_type}, body.encode())
        return mapped.events(request, mapping)
    except (UnreadableError, UnicodeEncodeError) as problem:
        raise InvalidError(f"body: {problem}.", field="body") from None


def _source(changes: Changes, by: Principal, source_id: str, needed: Permission) -> Source:
    source = sources.one(changes, by, source_id)
    by.require(needed, sources.resource(source))
    return source
