"""Labels in the state database: those of a workspace, and what bears them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec
from sqlalchemy import ColumnElement, Connection, Table, delete, func, insert, select, update

from headwater.errors import ConflictError, InvalidError, NotFoundError
from headwater.workspaces.model import Label
from headwater.workspaces.tables import LABELS, SOURCE_LABELS

_LONGEST: Final = 100
_LONGEST_DESCRIPTION: Final = 500
_MOST: Final = 1000


class DescribedLabel(msgspec.Struct, frozen=True):
    """A label of a workspace, and what it means to people."""

    key: str
    value: str
    description: str = ""

    @property
    def label(self) -> Label:
        return Label(self.key, self.value)


def labels(connection: Connection, workspace_id: str) -> list[DescribedLabel]:
    """A workspace's labels, by key and value."""
    statement = (
        select(LABELS)
        .where(LABELS.c.workspace_id == workspace_id)
        .order_by(LABELS.c.key, LABELS.c.value)
    )
    return [
        DescribedLabel(row.key, row.value, row.description) for row in connection.execute(statement)
    ]


def create_label(
    connection: Connection, workspace_id: str, wanted: DescribedLabel, *, now: int
) -> DescribedLabel:
    """Make a label. Raises InvalidError and ConflictError."""
    made = DescribedLabel(
        _checked("key", wanted.key),
        _checked("value", wanted.value),
        _described(wanted.description),
    )
    known = labels(connection, workspace_id)
    if made.label in {each.label for each in known}:
        raise ConflictError(f"The label {made.key}: {made.value} exists.", hint="Use that one.")
    if len(known) >= _MOST:
        raise ConflictError(f"A workspace has at most {_MOST} labels.", hint="Delete one first.")
    connection.execute(
        insert(LABELS).values(
            workspace_id=workspace_id,
            key=made.key,
            value=made.value,
            description=made.description,
            created_at=now,
        )
    )
    return made


def describe_label(
    connection: Connection, workspace_id: str, wanted: DescribedLabel
) -> tuple[DescribedLabel, DescribedLabel]:
    """Say otherwise what a label is for. Returns it as it was and as it is.

    Raises NotFoundError and InvalidError.
    """
    before = _found(connection, workspace_id, wanted.label)
    after = msgspec.structs.replace(before, description=_described(wanted.description))
    connection.execute(
        update(LABELS)
        .where(*_is(LABELS, workspace_id, wanted.label))
        .values(description=after.description)
    )
    return before, after


def delete_label(connection: Connection, workspace_id: str, label: Label) -> DescribedLabel:
    """Remove a label that nothing bears. Raises NotFoundError and ConflictError."""
    found = _found(connection, workspace_id, label)
    bearers = connection.scalar(
        select(func.count())
        .select_from(SOURCE_LABELS)
        .where(*_is(SOURCE_LABELS, workspace_id, label))
    )
    if bearers:
        raise ConflictError(
            f"{bearers} sources bear the label {label.key}: {label.value}.",
            hint="Take it off them first.",
        )
    connection.execute(delete(LABELS).where(*_is(LABELS, workspace_id, label)))
    return found


def labels_of_sources(connection: Connection) -> Mapping[str, tuple[Label, ...]]:
    """The labels of every source that bears any."""
    found: dict[str, list[Label]] = defaultdict(list)
    for row in connection.execute(
        select(SOURCE_LABELS).order_by(SOURCE_LABELS.c.key, SOURCE_LABELS.c.value)
    ):
        found[row.source_id].append(Label(row.key, row.value))
    return {source_id: tuple(each) for source_id, each in found.items()}


def put_on_source(
    connection: Connection, workspace_id: str, source_id: str, wanted: Iterable[Label]
) -> None:
    """Make these the source's labels. Raises InvalidError for one that the workspace lacks."""
    connection.execute(delete(SOURCE_LABELS).where(SOURCE_LABELS.c.source_id == source_id))
    for label in dict.fromkeys(wanted):
        if not _exists(connection, workspace_id, label):
            raise InvalidError(
                f"labels: there is no label {label.key[:100]}: {label.value[:100]}.",
                field="labels",
                hint="Make it first: POST /api/labels.",
            )
        connection.execute(
            insert(SOURCE_LABELS).values(
                source_id=source_id, workspace_id=workspace_id, key=label.key, value=label.value
            )
        )


def _found(connection: Connection, workspace_id: str, label: Label) -> DescribedLabel:
    row = connection.execute(select(LABELS).where(*_is(LABELS, workspace_id, label))).first()
    if row is None:
        raise NotFoundError(f"There is no label {label.key[:100]}: {label.value[:100]}.")
    return DescribedLabel(row.key, row.value, row.description)


def _exists(connection: Connection, workspace_id: str, label: Label) -> bool:
    statement = select(LABELS.c.key).where(*_is(LABELS, workspace_id, label))
    return connection.execute(statement).first() is not None


def _is(table: Table, workspace_id: str, label: Label) -> tuple[ColumnElement[bool], ...]:
    columns = table.c
    return (
        columns.workspace_id == workspace_id,
        columns.key == label.key,
        columns.value == label.value,
    )


def _checked(name: str, text: str) -> str:
    text = text.strip()
    if not text or len(text) > _LONGEST or not text.isprintable():
        raise InvalidError(f"{name}: must be 1 to {_LONGEST} printable characters.", field=name)
    return text


def _described(text: str) -> str:
    if len(text) > _LONGEST_DESCRIPTION:
        raise InvalidError(
            f"description: has more than {_LONGEST_DESCRIPTION} characters.", field="description"
        )
    return text.strip()
