"""Warehouses, as principals see and change them."""

from collections.abc import Iterable

from headwater.access.audit import modified
from headwater.access.changes import Changes
from headwater.access.model import Principal, Resource, forbidden
from headwater.access.permissions import Kind, Permission
from headwater.errors import NotFoundError
from headwater.workspaces import warehouses
from headwater.workspaces.warehouses import Warehouse


def resource(warehouse: Warehouse) -> Resource:
    """What permissions on a warehouse are asked for on."""
    return Resource(Kind.WAREHOUSE, warehouse.id, workspace_id=warehouse.workspace_id)


def listed(changes: Changes, by: Principal) -> list[Warehouse]:
    """The warehouses that the caller may see, the oldest first."""
    with changes.reading() as connection:
        return list(_seen(by, warehouses.warehouses(connection, by.workspace_id)))


def one(changes: Changes, by: Principal, warehouse_id: str) -> Warehouse:
    """One warehouse. Raises NotFoundError, also where the caller may not see it."""
    for each in listed(changes, by):
        if each.id == warehouse_id:
            return each
    raise NotFoundError(f"There is no warehouse {warehouse_id!r}.")


def changeable(changes: Changes, by: Principal, warehouse_id: str) -> Warehouse:
    """One that the caller may change.

    Raises NotFoundError where the caller may not even see it, and ForbiddenError.
    """
    found = one(changes, by, warehouse_id)
    if not by.may(Permission.WAREHOUSE_ADMIN, resource(found)):
        raise forbidden(Permission.WAREHOUSE_ADMIN)
    return found


def rename(changes: Changes, by: Principal, warehouse_id: str, name: str) -> Warehouse:
    """Give a warehouse another name. Raises NotFoundError, ForbiddenError and InvalidError."""
    changeable(changes, by, warehouse_id)
    with changes.change(by) as step:
        before = warehouses.warehouse(step.connection, by.workspace_id, warehouse_id)
        after = warehouses.rename_warehouse(step.connection, by.workspace_id, warehouse_id, name)
        if after != before:
            step.record(modified("Warehouse", warehouse_id, before, after, name=after.name))
    return after


def _seen(by: Principal, found: Iterable[Warehouse]) -> Iterable[Warehouse]:
    return (each for each in found if by.may(Permission.WAREHOUSE_READ, resource(each)))
