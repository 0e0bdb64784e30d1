"""Warehouses in the state database: each workspace has the embedded one, from its beginning."""

from typing import Final

import msgspec
from sqlalchemy import Connection, insert, select, update

from headwater.errors import InvalidError, NotFoundError
from headwater.kit import ids
from headwater.workspaces.catalog.warehouses import duckdb
from headwater.workspaces.rules import LONGEST_NAME
from headwater.workspaces.tables import WAREHOUSES

_FIRST_NAME: Final = "Warehouse"


class Warehouse(msgspec.Struct, frozen=True):
    """Where a workspace's events are loaded. `kind` is an identifier of the catalogue."""

    id: str
    workspace_id: str
    kind: str
    name: str


def create_embedded(connection: Connection, workspace_id: str, *, now: int) -> Warehouse:
    """Give a new workspace its warehouse."""
    made = Warehouse(ids.resource_id(), workspace_id, duckdb.KIND.id, _FIRST_NAME)
    connection.execute(insert(WAREHOUSES).values(**msgspec.structs.asdict(made), created_at=now))
    return made


def warehouses(connection: Connection, workspace_id: str) -> list[Warehouse]:
    """A workspace's warehouses, the oldest first."""
    statement = (
        select(WAREHOUSES)
        .where(WAREHOUSES.c.workspace_id == workspace_id)
        .order_by(WAREHOUSES.c.created_at, WAREHOUSES.c.id)
    )
    rows = connection.execute(statement)
    return [Warehouse(row.id, row.workspace_id, row.kind, row.name) for row in rows]


def warehouse(connection: Connection, workspace_id: str, warehouse_id: str) -> Warehouse:
    """One warehouse of a workspace. Raises NotFoundError, also for another workspace's."""
    for each in warehouses(connection, workspace_id):
        if each.id == warehouse_id:
            return each
    raise NotFoundError(f"There is no warehouse {warehouse_id!r}.")


def rename_warehouse(
    connection: Connection, workspace_id: str, warehouse_id: str, name: str
) -> Warehouse:
    """Give a warehouse another name. Raises NotFoundError and InvalidError."""
    warehouse(connection, workspace_id, warehouse_id)
    name = name.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise InvalidError(f"name: must be 1 to {LONGEST_NAME} printable characters.", field="name")
    connection.execute(update(WAREHOUSES).where(WAREHOUSES.c.id == warehouse_id).values(name=name))
    return warehouse(connection, workspace_id, warehouse_id)
