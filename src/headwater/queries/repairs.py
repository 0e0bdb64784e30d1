"""Repairing a column on somebody's behalf: done by the warehouse role, and put on the record."""

import asyncio
from typing import Any

from headwater.access.audit import Change
from headwater.access.changes import Changes
from headwater.access.model import Principal
from headwater.queries.contents import TableDetail
from headwater.queries.model import Repair
from headwater.queries.remote import RemoteWarehouse


async def repair(
    warehouse: RemoteWarehouse, changes: Changes, by: Principal, wanted: Repair
) -> dict[str, Any]:
    """Give a column another type. Raises what the warehouse raises, and then changes nothing."""
    schema, _, name = wanted.table.partition(".")
    before = _type(await warehouse.table(wanted.workspace_id, schema, name), wanted.column)
    done = dict(await warehouse.repair(wanted))
    change = Change(
        "Warehouse Column Repaired",
        "Warehouse Column",
        f"{wanted.table}.{wanted.column}",
        before={"type": before},
        after=done,
        name=f"{wanted.table}.{wanted.column}",
    )
    await asyncio.to_thread(_record, changes, by, change)
    return done


def _type(detail: TableDetail, column: str) -> str | None:
    return next((each.type for each in detail.columns if each.name == column), None)


def _record(changes: Changes, by: Principal, change: Change) -> None:
    with changes.change(by) as step:
        step.record(change)
