"""Functions connected to sources, as principals see and change them."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import Connection

from headwater.access.audit import created, deleted, modified
from headwater.access.changes import Changes, Step
from headwater.access.model import Principal
from headwater.access.permissions import Permission
from headwater.access.sources import resource as source_resource
from headwater.errors import ConflictError, InvalidError, NotFoundError
from headwater.functions import store
from headwater.functions.changing import resource
from headwater.functions.model import (
    LARGEST_SETTINGS,
    LONGEST_NAME,
    MOST,
    Function,
    Instance,
    ResourceType,
    Setting,
    SettingType,
)
from headwater.functions.opening import secrets_of
from headwater.kit import ids
from headwater.kit.vault import Vault
from headwater.workspaces import store as workspaces
from headwater.workspaces.masks import BULLET, shown
from headwater.workspaces.model import Source, SourceType

SUBJECT: Final = "Function Instance"


class Wanted(msgspec.Struct, frozen=True):
    """What is asked for; None leaves a member as it is. A setting that is null goes."""

    name: str | None = None
    enabled: bool | None = None
    settings: Mapping[str, Any] | None = None


def listed(changes: Changes, by: Principal, function_id: str = "") -> list[Instance]:
    """The connections that the caller may see, in the order in which events go through them; of
    one function, if one is named."""
    with changes.reading() as connection:
        found = store.instances(connection, by.workspace_id)
        if function_id:
            store.function(connection, by.workspace_id, function_id)
    return [
        each
        for each in found
        if function_id in ("", each.function_id)
        and by.may(Permission.FUNCTION_READ, resource(each.function_id))
    ]


def one(changes: Changes, by: Principal, instance_id: str) -> Instance:
    """One of them. Raises NotFoundError and ForbiddenError."""
    with changes.reading() as connection:
        found = store.instance(connection, by.workspace_id, instance_id)
    by.require(Permission.FUNCTION_READ, resource(found.function_id))
    return found


def create(
    changes: Changes,
    by: Principal,
    vault: Vault,
    function_id: str,
    integration_id: str,
    wanted: Wanted,
) -> Instance:
    """Connect a function to a source. Raises ForbiddenError, NotFoundError for the function,
    InvalidError, and ConflictError where the source has one that excludes it."""
    with changes.change(by) as step:
        function = store.function(step.connection, by.workspace_id, function_id)
        by.require(Permission.FUNCTION_ADMIN, resource(function.id))
        source = _source(step.connection, by, function, integration_id)
        by.require(Permission.SOURCE_ADMIN, source_resource(source))
        others = store.instances(step.connection, by.workspace_id)
        _require_room(step, by, function, source, others)
        made = Instance(
            ids.resource_id(),
            (wanted.name if wanted.name is not None else function.display_name).strip(),
            function.id,
            source.id,
            enabled=bool(wanted.enabled),
            created_at=step.now,
            updated_at=step.now,
        )
        _check_name(made)
        made = _with_settings(made, function, wanted.settings or {}, vault)
        store.insert_instance(step.connection, by.workspace_id, made)
        step.record(created(SUBJECT, made.id, _unsealed(made), name=made.name))
    return made


def change(
    changes: Changes, by: Principal, vault: Vault, instance_id: str, wanted: Wanted
) -> Instance:
    """Change what is asked for. Raises as `create`."""
    with changes.change(by) as step:
        before = store.instance(step.connection, by.workspace_id, instance_id)
        function = store.function(step.connection, by.workspace_id, before.function_id)
        _require_both(step.connection, by, before)
        after = msgspec.structs.replace(
            before,
            name=before.name if wanted.name is None else wanted.name.strip(),
            enabled=before.enabled if wanted.enabled is None else wanted.enabled,
        )
        _check_name(after)
        if wanted.settings is not None:
            after = _with_settings(after, function, wanted.settings, vault)
        if after == before:
            return before
        after = msgspec.structs.replace(after, updated_at=step.now)
        store.update_instance(step.connection, after)
        step.record(
            modified(SUBJECT, after.id, _unsealed(before), _unsealed(after), name=after.name)
        )
    return after


def remove(changes: Changes, by: Principal, instance_id: str) -> None:
    """Disconnect a function. Raises ForbiddenError and NotFoundError."""
    with changes.change(by) as step:
        gone = store.instance(step.connection, by.workspace_id, instance_id)
        _require_both(step.connection, by, gone)
        store.delete_instance(step.connection, gone.id)
        step.record(deleted(SUBJECT, gone.id, _unsealed(gone), name=gone.name))


def masked(instance: Instance, vault: Vault) -> dict[str, Any]:
    """The sensitive settings of a connection as they are shown."""
    secrets = secrets_of(instance.sealed, vault)
    return shown(secrets, secrets.keys())


def _require_both(connection: Connection, by: Principal, held: Instance) -> None:
    """Connecting two things needs to be allowed on both."""
    by.require(Permission.FUNCTION_ADMIN, resource(held.function_id))
    source = workspaces.source(connection, by.workspace_id, held.source_id)
    by.require(Permission.SOURCE_ADMIN, source_resource(source))


def _source(
    connection: Connection, by: Principal, function: Function, integration_id: str
) -> Source:
    """The source to connect to. Raises InvalidError."""
    if function.resource_type.needs_destination:
        raise InvalidError(
            f"integrationId: a {function.resource_type} function is connected to a destination, "
            "and there are no destinations yet.",
            field="integrationId",
            hint="The function can be written, tried and kept; make an INSERT_SOURCE function to "
            "change a source's events.",
            code="no_destinations",
        )
    try:
        source = workspaces.source(connection, by.workspace_id, integration_id)
    except NotFoundError:
        raise InvalidError(
            f"integrationId: there is no source {integration_id[:100]!r}.", field="integrationId"
        ) from None
    if function.resource_type is ResourceType.SOURCE and source.type is not SourceType.WEBHOOK:
        raise InvalidError(
            f"integrationId: the source {source.name!r} is of the type {source.type}; a SOURCE "
            "function needs one of the type webhook.",
            field="integrationId",
            hint="Make a source of the type webhook, and connect the function to that.",
        )
    return source


def _require_room(
    step: Step, by: Principal, function: Function, source: Source, others: Sequence[Instance]
) -> None:
    if len(others) >= MOST:
        raise ConflictError(
            f"There are {MOST} connections, which is as many as there may be.",
            hint="Remove some.",
        )
    if any((each.function_id, each.source_id) == (function.id, source.id) for each in others):
        raise ConflictError(
            f"The function {function.display_name!r} is connected to {source.name!r} already.",
            hint="Change the settings of that connection.",
            code="function_connected",
        )
    if function.resource_type is not ResourceType.SOURCE:
        return
    types = {
        each.id: each.resource_type for each in store.functions(step.connection, by.workspace_id)
    }
    if any(
        each.source_id == source.id and types[each.function_id] is ResourceType.SOURCE
        for each in others
    ):
        raise ConflictError(
            f"The source {source.name!r} has a function that makes its events already.",
            hint="Remove that connection first.",
            code="source_has_function",
        )


def _check_name(made: Instance) -> None:
    if not made.name or len(made.name) > LONGEST_NAME or not made.name.isprintable():
        raise InvalidError(f"name: must be 1 to {LONGEST_NAME} printable characters.", field="name")


def _with_settings(
    held: Instance, function: Function, given: Mapping[str, Any], vault: Vault
) -> Instance:
    """The connection with values of its settings: what is not given stays, null goes."""
    known = {each.name: each for each in function.settings}
    before = {**held.settings, **secrets_of(held.sealed, vault)}
    after = {name: value for name, value in before.items() if name in known}
    for name, value in given.items():
        setting = known.get(name)
        if setting is None:
            raise InvalidError(
                f"settings.{name[:100]}: the function has no such setting.",
                field=f"settings.{name[:100]}",
                hint=f"It has {', '.join(known) or 'none'}.",
            )
        if isinstance(value, str) and BULLET in value and setting.sensitive:
            continue  # a mask that is sent back: as it was
        if value is None:
            after.pop(name, None)
        else:
            after[name] = _value(setting, value)
    for setting in function.settings:
        if setting.required and after.get(setting.name) in (None, "", [], {}):
            raise InvalidError(
                f"settings.{setting.name}: is required.", field=f"settings.{setting.name}"
            )
    if len(msgspec.json.encode(after)) > LARGEST_SETTINGS:
        raise InvalidError(
            f"settings: are larger than {LARGEST_SETTINGS:,} bytes.", field="settings"
        )
    secrets = {name: value for name, value in after.items() if known[name].sensitive}
    plain = {name: value for name, value in after.items() if name not in secrets}
    if secrets == secrets_of(held.sealed, vault):
        sealed = held.sealed
    else:
        sealed = vault.seal(msgspec.json.encode(secrets)) if secrets else ""
    return msgspec.structs.replace(held, settings=plain, sealed=sealed)


_TYPES: Final[Mapping[SettingType, Any]] = {
    SettingType.ARRAY: list[str],
    SettingType.BOOLEAN: bool,
    SettingType.STRING: str,
    SettingType.TEXT_MAP: dict[str, str],
}


def _value(setting: Setting, value: Any) -> Any:
    try:
        return msgspec.convert(value, type=_TYPES[setting.type])
    except msgspec.ValidationError as error:
        raise InvalidError(
            f"settings.{setting.name}: is not a value of the type {setting.type}: {error}.",
            field=f"settings.{setting.name}",
        ) from None


def _unsealed(made: Instance) -> Instance:
    """As the audit trail has it: without secrets, sealed or not."""
    return msgspec.structs.replace(made, sealed="")
