"""Transformations in the state database. All functions work in the caller's transaction."""

from collections import defaultdict

import msgspec
from sqlalchemy import Connection, Row, delete, insert, select, update

from headwater.errors import NotFoundError
from headwater.transformations.model import Definition, Published, Ready, Transformation
from headwater.transformations.tables import TRANSFORMATIONS
from headwater.workspaces.store import raise_version

_ORDER = (TRANSFORMATIONS.c.created_at, TRANSFORMATIONS.c.id)


def transformations(connection: Connection, workspace_id: str) -> list[Transformation]:
    """Those of a workspace, in the order in which they are taken."""
    statement = select(TRANSFORMATIONS).where(TRANSFORMATIONS.c.workspace_id == workspace_id)
    return [_transformation(row) for row in connection.execute(statement.order_by(*_ORDER))]


def transformation(connection: Connection, workspace_id: str, wanted: str) -> Transformation:
    """One of them. Raises NotFoundError, also for another workspace's."""
    statement = select(TRANSFORMATIONS).where(
        TRANSFORMATIONS.c.workspace_id == workspace_id, TRANSFORMATIONS.c.id == wanted
    )
    row = connection.execute(statement).first()
    if row is None:
        raise NotFoundError(f"There is no transformation {wanted!r}.")
    return _transformation(row)


def is_named(connection: Connection, workspace_id: str, name: str, *, besides: str) -> bool:
    """Whether another one of the workspace has this name."""
    statement = select(TRANSFORMATIONS.c.id).where(
        TRANSFORMATIONS.c.workspace_id == workspace_id,
        TRANSFORMATIONS.c.name == name,
        TRANSFORMATIONS.c.id != besides,
    )
    return connection.execute(statement).first() is not None


def insert_one(connection: Connection, workspace_id: str, made: Transformation) -> None:
    connection.execute(insert(TRANSFORMATIONS).values(workspace_id=workspace_id, **_values(made)))
    raise_version(connection)


def update_one(connection: Connection, changed: Transformation) -> None:
    connection.execute(
        update(TRANSFORMATIONS).where(TRANSFORMATIONS.c.id == changed.id).values(**_values(changed))
    )
    raise_version(connection)


def delete_one(connection: Connection, transformation_id: str) -> None:
    connection.execute(delete(TRANSFORMATIONS).where(TRANSFORMATIONS.c.id == transformation_id))
    raise_version(connection)


def published(connection: Connection) -> Published | None:
    """Those that are on, of all sources, with their secrets sealed; None where there are none."""
    found: dict[str, list[Ready]] = defaultdict(list)
    statement = select(TRANSFORMATIONS).where(TRANSFORMATIONS.c.enabled).order_by(*_ORDER)
    for row in connection.execute(statement):
        found[row.source_id].append(Ready(_transformation(row)))
    return Published({key: tuple(ready) for key, ready in found.items()}) if found else None


def _transformation(row: Row[tuple[object, ...]]) -> Transformation:
    return Transformation(
        id=row.id,
        name=row.name,
        source_id=row.source_id,
        enabled=row.enabled,
        definition=msgspec.json.decode(row.definition, type=Definition),
        sealed=row.sealed,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def _values(held: Transformation) -> dict[str, object]:
    return {
        **msgspec.structs.asdict(held),
        "definition": msgspec.json.encode(held.definition).decode(),
    }
