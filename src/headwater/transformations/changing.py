"""Transformations, as principals see and change them: checked, audited, published."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from sqlalchemy import Connection

from headwater import fql
from headwater.access.audit import created, deleted, modified
from headwater.access.changes import Changes
from headwater.access.model import Principal
from headwater.access.permissions import Permission
from headwater.errors import ConflictError, FqlError, InvalidError
from headwater.kit import ids
from headwater.kit.vault import Vault
from headwater.transformations import store
from headwater.transformations.model import (
    LARGEST_DEFINITION,
    LONGEST_NAME,
    MOST,
    Definition,
    Secrets,
    Transformation,
)
from headwater.transformations.opening import secrets_of
from headwater.transformations.stages import UNUSABLE, acts
from headwater.workspaces.masks import BULLET
from headwater.workspaces.store import sources

SUBJECT: Final = "Transformation"


class Wanted(msgspec.Struct, frozen=True):
    """What is asked for; None leaves a member as it is. `definition` has those of Definition that
    change; `key` is that of its hashing."""

    name: str | None = None
    source_id: str | None = None
    enabled: bool | None = None
    definition: Mapping[str, Any] = {}
    key: str | None = None


def listed(changes: Changes, by: Principal) -> list[Transformation]:
    """The workspace's, in the order in which they are taken. Raises ForbiddenError."""
    by.require(Permission.PLAN_READ)
    with changes.reading() as connection:
        return store.transformations(connection, by.workspace_id)


def one(changes: Changes, by: Principal, transformation_id: str) -> Transformation:
    """One of them. Raises ForbiddenError and NotFoundError."""
    by.require(Permission.PLAN_READ)
    with changes.reading() as connection:
        return store.transformation(connection, by.workspace_id, transformation_id)


def create(changes: Changes, by: Principal, vault: Vault, wanted: Wanted) -> Transformation:
    """Make one. Raises ForbiddenError, InvalidError, and ConflictError where there are too many."""
    by.require(Permission.PLAN_ADMIN)
    with changes.change(by) as step:
        if len(store.transformations(step.connection, by.workspace_id)) >= MOST:
            raise ConflictError(
                f"There are {MOST} transformations, which is as many as there may be.",
                hint="Remove some, or do more in one.",
            )
        new = Transformation(ids.resource_id(), "", "", created_at=step.now)
        made = _put_together(new, wanted, vault, step.now)
        check(step.connection, by.workspace_id, made, vault)
        store.insert_one(step.connection, by.workspace_id, made)
        step.record(created(SUBJECT, made.id, _unsealed(made), name=made.name))
    return made


def change(
    changes: Changes, by: Principal, vault: Vault, transformation_id: str, wanted: Wanted
) -> Transformation:
    """Change what is asked for. Raises as `create`, and NotFoundError."""
    by.require(Permission.PLAN_ADMIN)
    with changes.change(by) as step:
        before = store.transformation(step.connection, by.workspace_id, transformation_id)
        after = _put_together(before, wanted, vault, before.updated_at)
        if after == before:
            return before
        after = msgspec.structs.replace(after, updated_at=step.now)
        check(step.connection, by.workspace_id, after, vault)
        store.update_one(step.connection, after)
        step.record(
            modified(SUBJECT, after.id, _unsealed(before), _unsealed(after), name=after.name)
        )
    return after


def remove(changes: Changes, by: Principal, transformation_id: str) -> None:
    """Remove one. Raises ForbiddenError and NotFoundError."""
    by.require(Permission.PLAN_ADMIN)
    with changes.change(by) as step:
        gone = store.transformation(step.connection, by.workspace_id, transformation_id)
        store.delete_one(step.connection, transformation_id)
        step.record(deleted(SUBJECT, gone.id, _unsealed(gone), name=gone.name))


def proposed(
    changes: Changes,
    by: Principal,
    vault: Vault,
    wanted: Wanted,
    transformation_id: str | None = None,
) -> Transformation:
    """One as it would be, for a trial: nothing is kept. Raises as `create` and `change`."""
    by.require(Permission.PLAN_READ)
    with changes.reading() as connection:
        held = (
            Transformation(ids.resource_id(), "Trial", "", created_at=changes.clock.now())
            if transformation_id is None
            else store.transformation(connection, by.workspace_id, transformation_id)
        )
        made = _put_together(
            held, msgspec.structs.replace(wanted, enabled=True), vault, held.updated_at
        )
        check(connection, by.workspace_id, made, vault, is_kept=False)
    return made


def others(
    connection: Connection, workspace_id: str, besides: Transformation
) -> list[Transformation]:
    """Those that are on, but for one."""
    found = store.transformations(connection, workspace_id)
    return [each for each in found if each.enabled and each.id != besides.id]


def _put_together(held: Transformation, wanted: Wanted, vault: Vault, now: int) -> Transformation:
    definition = msgspec.structs.replace(held.definition, **wanted.definition)
    return msgspec.structs.replace(
        held,
        name=held.name if wanted.name is None else wanted.name.strip(),
        source_id=held.source_id if wanted.source_id is None else wanted.source_id,
        enabled=held.enabled if wanted.enabled is None else wanted.enabled,
        definition=msgspec.structs.replace(definition, condition=definition.condition.strip()),
        sealed=_sealed(held, wanted.key, vault),
        updated_at=now,
    )


def _sealed(held: Transformation, key: str | None, vault: Vault) -> str:
    """The secrets after a change: the salt is made once, a mask means the key as it was."""
    before = secrets_of(held, vault)
    kept = before.key if key is None or BULLET in key else key
    after = Secrets(kept, before.salt or ids.secret())
    return held.sealed if after == before else vault.seal(msgspec.json.encode(after))


def _unsealed(made: Transformation) -> Transformation:
    """As the audit trail has it: without secrets, sealed or not."""
    return msgspec.structs.replace(made, sealed="")


def check(
    connection: Connection,
    workspace_id: str,
    made: Transformation,
    vault: Vault,
    *,
    is_kept: bool = True,
) -> None:
    """Raises InvalidError, which names the field, and ConflictError for a name that is taken."""
    if not made.name or len(made.name) > LONGEST_NAME or not made.name.isprintable():
        raise InvalidError(
            f"name: must be 1 to {LONGEST_NAME} printable characters.",
            field="name",
            hint="Say what the transformation is for.",
        )
    if is_kept and store.is_named(connection, workspace_id, made.name, besides=made.id):
        raise ConflictError(
            f"A transformation has the name {made.name!r} already.",
            hint="Choose another name, or change that one.",
        )
    if made.source_id not in {source.id for source in sources(connection, workspace_id)}:
        raise InvalidError(
            f"sourceId: there is no source {made.source_id[:100]!r}.", field="sourceId"
        )
    if len(msgspec.json.encode(made.definition)) > LARGEST_DEFINITION:
        raise InvalidError(f"The definition is larger than {LARGEST_DEFINITION:,} bytes.")
    _check_condition(made.definition.condition)
    _check_changes(made.definition, secrets_of(made, vault))


def _check_condition(condition: str) -> None:
    if not condition:
        return
    try:
        fql.compile(condition)
    except FqlError as error:
        raise InvalidError(f"if: {error.message}", field="if", hint=error.hint) from None


_PARTS: Final = {
    "property_renames": "propertyRenames",
    "property_value_transformations": "propertyValueTransformations",
    "fql_defined_properties": "fqlDefinedProperties",
    "operations": "operations",
    "hash_properties": "hashPropertiesConfiguration",
    "allow_properties": "allowProperties",
}


def _check_changes(definition: Definition, secrets: Secrets) -> None:
    """Make each part by itself, so that what is wrong is told by the name of its field."""
    for member, field in _PARTS.items():
        part: dict[str, Any] = {member: getattr(definition, member)}
        try:
            acts(Definition(**part), secrets)
        except FqlError as error:
            raise InvalidError(f"{field}: {error.message}", field=field, hint=error.hint) from None
        except UNUSABLE as error:
            raise InvalidError(
                f"{field}: {str(error).rstrip('.')}.",
                field=field,
                hint="See the page on transformations in the documentation.",
            ) from None
