"""Sources, as principals see and change them."""

from collections.abc import Callable, Sequence

import msgspec

from headwater.access.audit import created, deleted, modified
from headwater.access.changes import Changes, Step
from headwater.access.model import Principal, Resource, forbidden
from headwater.access.permissions import Kind, Permission
from headwater.errors import NotFoundError
from headwater.workspaces import store
from headwater.workspaces.model import Source, SourceType

Also = Callable[[Step, Source], None]
"""What else to change of a source, in the same step."""


def resource(source: Source) -> Resource:
    """What permissions on a source are asked for on."""
    return Resource(Kind.SOURCE, source.id, frozenset(source.labels), source.workspace_id)


def listed(changes: Changes, by: Principal) -> list[Source]:
    """The sources that the caller may see, the oldest first."""
    with changes.reading() as connection:
        found = store.sources(connection, by.workspace_id)
    return [each for each in found if by.may(Permission.SOURCE_READ, resource(each))]


def one(changes: Changes, by: Principal, source_id: str) -> Source:
    """One source. Raises NotFoundError, also where the caller may not see it."""
    with changes.reading() as connection:
        found = store.source(connection, by.workspace_id, source_id)
    return _seen(by, found)


def may_see_keys(by: Principal, source: Source) -> bool:
    """Whether the write keys are shown to the caller, who could send events with them."""
    return by.may(Permission.SOURCE_ADMIN, resource(source))


def create(
    changes: Changes,
    by: Principal,
    *,
    name: str,
    type: SourceType,  # noqa: A002 - the field's name
    slug: str = "",
    enabled: bool = True,
    allowed_origins: Sequence[str] = (),
    also: Also | None = None,
) -> Source:
    """Make a source with a write key. Raises InvalidError and ConflictError."""
    by.require(Permission.SOURCE_ADMIN)
    with changes.change(by) as step:
        made = store.create_source(
            step.connection,
            by.workspace_id,
            name=name,
            type=type,
            slug=slug,
            enabled=enabled,
            allowed_origins=allowed_origins,
            now=step.now,
        )
        step.record(created("Source", made.id, recorded(made), name=made.name))
        if also is not None:
            also(step, made)
    return made


def update(
    changes: Changes,
    by: Principal,
    source_id: str,
    *,
    name: str | None = None,
    enabled: bool | None = None,
    allowed_origins: Sequence[str] | None = None,
    also: Also | None = None,
) -> Source:
    """Change what is given. Raises NotFoundError, ForbiddenError and InvalidError."""
    with changes.change(by) as step:
        before = changeable(step, by, source_id)
        after = store.update_source(
            step.connection,
            by.workspace_id,
            source_id,
            name=name,
            enabled=enabled,
            allowed_origins=allowed_origins,
        )
        if after != before:
            step.record(
                modified("Source", source_id, recorded(before), recorded(after), name=after.name)
            )
        if also is not None:
            also(step, after)
    return after


def delete(changes: Changes, by: Principal, source_id: str) -> None:
    """Remove a source; its events stay. Raises NotFoundError and ForbiddenError."""
    with changes.change(by) as step:
        before = changeable(step, by, source_id)
        store.delete_source(step.connection, by.workspace_id, source_id)
        step.record(deleted("Source", source_id, recorded(before), name=before.name))


def add_write_key(changes: Changes, by: Principal, source_id: str) -> Source:
    """Give a source one more write key. Raises NotFoundError and ForbiddenError."""
    with changes.change(by) as step:
        before = changeable(step, by, source_id)
        after, _ = store.add_write_key(step.connection, by.workspace_id, source_id, now=step.now)
        step.record(
            modified("Source", source_id, recorded(before), recorded(after), name=after.name)
        )
    return after


def remove_write_key(changes: Changes, by: Principal, source_id: str, write_key: str) -> Source:
    """Take a write key from a source.

    Raises NotFoundError, ForbiddenError, and ConflictError for the last one.
    """
    with changes.change(by) as step:
        before = changeable(step, by, source_id)
        after = store.remove_write_key(step.connection, by.workspace_id, source_id, write_key)
        step.record(
            modified("Source", source_id, recorded(before), recorded(after), name=after.name)
        )
    return after


def recorded(source: Source) -> Source:
    """A source as the audit trail holds it: its write keys can be told apart and not used."""
    shortened = tuple(f"{key[:8]}…" for key in source.write_keys)
    return msgspec.structs.replace(source, write_keys=shortened)


def changeable(step: Step, by: Principal, source_id: str) -> Source:
    """A source that the caller may change, within a change.

    Raises NotFoundError where the caller may not even see it, and ForbiddenError.
    """
    found = _seen(by, store.source(step.connection, by.workspace_id, source_id))
    if not by.may(Permission.SOURCE_ADMIN, resource(found)):
        raise forbidden(Permission.SOURCE_ADMIN)
    return found


def _seen(by: Principal, source: Source) -> Source:
    if not by.may(Permission.SOURCE_READ, resource(source)):
        raise NotFoundError(f"There is no source {source.id!r}.")
    return source
