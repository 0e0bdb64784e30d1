"""Functions, as principals see and change them: checked, audited, published."""

from typing import Final

import msgspec

from headwater.access.audit import Change, created, deleted, modified
from headwater.access.changes import Changes, Step
from headwater.access.model import Principal, Resource
from headwater.access.permissions import Kind, Permission
from headwater.errors import ConflictError, InvalidError
from headwater.functions import store
from headwater.functions.checking import Check
from headwater.functions.model import (
    LARGEST_CODE,
    LONGEST_NAME,
    LONGEST_TEXT,
    MOST,
    Function,
    ResourceType,
    Setting,
    Version,
)
from headwater.kit import ids

SUBJECT: Final = "Function"


class Wanted(msgspec.Struct, frozen=True):
    """What is asked for; None leaves a member as it is."""

    display_name: str | None = None
    code: str | None = None
    description: str | None = None
    logo_url: str | None = None
    settings: tuple[Setting, ...] | None = None


def resource(function_id: str) -> Resource:
    """What permissions on a function are asked for on."""
    return Resource(Kind.FUNCTION, function_id)


def listed(changes: Changes, by: Principal) -> list[Function]:
    """Those of the workspace that the caller may see, the oldest first."""
    with changes.reading() as connection:
        found = store.functions(connection, by.workspace_id)
    return [each for each in found if by.may(Permission.FUNCTION_READ, resource(each.id))]


def one(changes: Changes, by: Principal, function_id: str) -> Function:
    """One of them. Raises NotFoundError and ForbiddenError."""
    with changes.reading() as connection:
        found = store.function(connection, by.workspace_id, function_id)
    by.require(Permission.FUNCTION_READ, resource(found.id))
    return found


def create(
    changes: Changes, by: Principal, resource_type: ResourceType, wanted: Wanted, check: Check
) -> Function:
    """Make one, with its first version. Raises ForbiddenError, InvalidError and ConflictError."""
    by.require(Permission.FUNCTION_ADMIN)
    made = Function(f"sfn_{ids.resource_id()}", resource_type, "")
    made = _put_together(made, wanted)
    _check(made)
    check(made.code, resource_type)
    with changes.change(by) as step:
        if len(store.functions(step.connection, by.workspace_id)) >= MOST:
            raise ConflictError(
                f"There are {MOST} functions, which is as many as there may be.",
                hint="Remove some.",
            )
        _require_name(step, by, made)
        made = msgspec.structs.replace(made, created_at=step.now, created_by=_author(by))
        store.insert_function(step.connection, by.workspace_id, made)
        version = _save(step, by, made)
        made = msgspec.structs.replace(made, version_id=version.id)
        step.record(created(SUBJECT, made.id, _told(made), name=made.display_name))
    return made


def change(
    changes: Changes, by: Principal, function_id: str, wanted: Wanted, check: Check
) -> Function:
    """Change what is asked for: other code is a new version. Raises as `create`, and
    NotFoundError."""
    before = one(changes, by, function_id)
    by.require(Permission.FUNCTION_ADMIN, resource(function_id))
    after = _put_together(before, wanted)
    _check(after)
    if after.code != before.code:
        check(after.code, after.resource_type)
    with changes.change(by) as step:
        before = store.function(step.connection, by.workspace_id, function_id)
        after = _put_together(before, wanted)
        if after == before:
            return before
        _require_name(step, by, after)
        store.update_function(step.connection, after)
        if after.code != before.code:
            version = _save(step, by, after)
            after = msgspec.structs.replace(after, version_id=version.id)
        step.record(
            modified(SUBJECT, after.id, _told(before), _told(after), name=after.display_name)
        )
    return after


def remove(changes: Changes, by: Principal, function_id: str) -> None:
    """Remove one. Raises ForbiddenError, NotFoundError, and ConflictError while it is connected."""
    with changes.change(by) as step:
        gone = store.function(step.connection, by.workspace_id, function_id)
        by.require(Permission.FUNCTION_ADMIN, resource(gone.id))
        connected = store.instances(step.connection, by.workspace_id)
        if any(each.function_id == gone.id for each in connected):
            raise ConflictError(
                f"The function {gone.display_name!r} is connected.",
                hint="Remove its connections first.",
                code="function_connected",
            )
        store.delete_function(step.connection, gone.id)
        step.record(deleted(SUBJECT, gone.id, _told(gone), name=gone.display_name))


def versions(changes: Changes, by: Principal, function_id: str) -> list[Version]:
    """The versions of a function, the newest first. Raises as `one`."""
    found = one(changes, by, function_id)
    with changes.reading() as connection:
        return store.versions(connection, found.id)


def version(changes: Changes, by: Principal, function_id: str, version_id: str) -> Version:
    """One of them. Raises as `one`."""
    found = one(changes, by, function_id)
    with changes.reading() as connection:
        return store.version(connection, found.id, version_id)


def deploy(changes: Changes, by: Principal, function_id: str, check: Check) -> Function:
    """Make a function's newest version the live one. Raises as `change`."""
    found = one(changes, by, function_id)
    by.require(Permission.FUNCTION_ADMIN, resource(function_id))
    check(found.code, found.resource_type)
    with changes.change(by) as step:
        before = store.function(step.connection, by.workspace_id, function_id)
        newest = store.version(step.connection, before.id, before.version_id)
        store.deploy_version(step.connection, newest, step.now)
        after = msgspec.structs.replace(before, live_version=newest.id, deployed_at=step.now)
        step.record(_deployed(before, newest))
    return after


def restore(changes: Changes, by: Principal, function_id: str, version_id: str) -> Version:
    """Save the code of an older version anew: the newest version, to be deployed. Raises as
    `change`."""
    by.require(Permission.FUNCTION_ADMIN, resource(function_id))
    with changes.change(by) as step:
        before = store.function(step.connection, by.workspace_id, function_id)
        chosen = store.version(step.connection, before.id, version_id)
        after = msgspec.structs.replace(before, code=chosen.code)
        made = _save(step, by, after)
        after = msgspec.structs.replace(after, version_id=made.id)
        step.record(
            modified(SUBJECT, after.id, _told(before), _told(after), name=after.display_name)
        )
    return made


def _deployed(function: Function, version: Version) -> Change:
    return Change(
        f"{SUBJECT} Deployed",
        SUBJECT,
        function.id,
        after={"version": version.number, "versionId": version.id},
        name=function.display_name,
    )


def _told(function: Function) -> Function:
    """As the audit trail has it: its code is told by its version."""
    return msgspec.structs.replace(function, code="")


def _save(step: Step, by: Principal, function: Function) -> Version:
    made = Version(
        ids.resource_id(), function.id, 0, function.code, _author(by), created_at=step.now
    )
    return store.insert_version(step.connection, made)


def _author(by: Principal) -> str:
    return by.name or by.actor


def _put_together(held: Function, wanted: Wanted) -> Function:
    given = {
        name: value for name, value in msgspec.structs.asdict(wanted).items() if value is not None
    }
    if "display_name" in given:
        given["display_name"] = given["display_name"].strip()
    return msgspec.structs.replace(held, **given)


def _require_name(step: Step, by: Principal, made: Function) -> None:
    if store.is_named(step.connection, by.workspace_id, made.display_name, besides=made.id):
        raise ConflictError(
            f"A function has the name {made.display_name!r} already.",
            hint="Choose another name, or change that one.",
        )


def _check(made: Function) -> None:
    """Raises InvalidError, which names the field."""
    name = made.display_name
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise InvalidError(
            f"displayName: must be 1 to {LONGEST_NAME} printable characters.",
            field="displayName",
            hint="Say what the function is for.",
        )
    if len(made.code) > LARGEST_CODE:
        raise InvalidError(
            f"code: has {len(made.code):,} characters and may have {LARGEST_CODE:,}.", field="code"
        )
    if len(made.description) > LONGEST_TEXT:
        raise InvalidError(
            f"description: is longer than {LONGEST_TEXT:,} characters.", field="description"
        )
    if len(made.logo_url) > 2_000:
        raise InvalidError("logoUrl: is longer than 2,000 characters.", field="logoUrl")
    names = [each.name for each in made.settings]
    if len(set(names)) < len(names):
        raise InvalidError("settings: two have the same name.", field="settings")
