"""Labels, as principals see and change them. Who labels decides what others may see: an owner."""

from collections.abc import Iterable

from headwater.access import sources
from headwater.access.audit import created, deleted, modified
from headwater.access.changes import Changes
from headwater.access.model import Principal
from headwater.access.permissions import Permission
from headwater.workspaces import labels, store
from headwater.workspaces.labels import DescribedLabel
from headwater.workspaces.model import Label, Source


def listed(changes: Changes, by: Principal) -> list[DescribedLabel]:
    """The workspace's labels, by key and value. Raises ForbiddenError."""
    by.require(Permission.WORKSPACE_READ)
    with changes.reading() as connection:
        return labels.labels(connection, by.workspace_id)


def create(changes: Changes, by: Principal, label: DescribedLabel) -> DescribedLabel:
    """Make a label. Raises ForbiddenError, InvalidError and ConflictError."""
    by.require(Permission.WORKSPACE_ADMIN)
    with changes.change(by) as step:
        made = labels.create_label(step.connection, by.workspace_id, label, now=step.now)
        step.record(created("Label", _name(made.label), made, name=_name(made.label)))
    return made


def describe(changes: Changes, by: Principal, wanted: DescribedLabel) -> DescribedLabel:
    """Say otherwise what a label is for. Raises ForbiddenError, NotFoundError, InvalidError."""
    by.require(Permission.WORKSPACE_ADMIN)
    with changes.change(by) as step:
        before, after = labels.describe_label(step.connection, by.workspace_id, wanted)
        if before != after:
            name = _name(after.label)
            step.record(modified("Label", name, before, after, name=name))
    return after


def delete(changes: Changes, by: Principal, label: Label) -> None:
    """Remove a label that nothing bears. Raises ForbiddenError, NotFoundError, ConflictError."""
    by.require(Permission.WORKSPACE_ADMIN)
    with changes.change(by) as step:
        gone = labels.delete_label(step.connection, by.workspace_id, label)
        step.record(deleted("Label", _name(label), gone, name=_name(label)))


def add_to_source(
    changes: Changes, by: Principal, source_id: str, wanted: Iterable[Label]
) -> Source:
    """Put labels on a source beside those it bears. Raises ForbiddenError and NotFoundError."""
    return _label(changes, by, source_id, tuple(wanted), keep=True)


def replace_in_source(
    changes: Changes, by: Principal, source_id: str, wanted: Iterable[Label]
) -> Source:
    """Make these a source's labels. Raises ForbiddenError and NotFoundError."""
    return _label(changes, by, source_id, tuple(wanted), keep=False)


def _label(
    changes: Changes, by: Principal, source_id: str, wanted: tuple[Label, ...], *, keep: bool
) -> Source:
    by.require(Permission.WORKSPACE_ADMIN)
    with changes.change(by) as step:
        before = sources.changeable(step, by, source_id)
        chosen = (*before.labels, *wanted) if keep else wanted
        labels.put_on_source(step.connection, by.workspace_id, source_id, chosen)
        store.raise_version(step.connection)
        after = store.source(step.connection, by.workspace_id, source_id)
        if after != before:
            was, is_now = sources.recorded(before), sources.recorded(after)
            step.record(modified("Source", source_id, was, is_now, name=after.name))
    return after


def _name(label: Label) -> str:
    return f"{label.key}:{label.value}"
