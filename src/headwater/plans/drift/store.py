"""Drifts in the state database. All functions work in the caller's transaction."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Row, delete, func, insert, select, update

from headwater.errors import NotFoundError
from headwater.plans.drift.model import Amendment, Drift, DriftKind, Found, Status
from headwater.plans.drift.tables import PLAN_DRIFTS
from headwater.plans.model import RuleType

MOST: Final = 1_000
"""Drifts of a plan that are kept: what is found beyond is told once there is room."""


def drifts(connection: Connection, plan_id: str, status: str = "") -> list[Drift]:
    """Those of a plan (in one state, if it is given), the newest first."""
    statement = select(PLAN_DRIFTS).where(PLAN_DRIFTS.c.plan_id == plan_id)
    if status:
        statement = statement.where(PLAN_DRIFTS.c.status == status)
    order = (PLAN_DRIFTS.c.first_seen.desc(), PLAN_DRIFTS.c.id)
    return [_drift(row) for row in connection.execute(statement.order_by(*order))]


def drift(connection: Connection, plan_id: str, drift_id: str) -> Drift:
    """One of a plan's. Raises NotFoundError."""
    statement = select(PLAN_DRIFTS).where(
        PLAN_DRIFTS.c.plan_id == plan_id, PLAN_DRIFTS.c.id == drift_id
    )
    row = connection.execute(statement).first()
    if row is None:
        raise NotFoundError(f"The tracking plan has no drift {drift_id!r}.")
    return _drift(row)


def open_counts(connection: Connection, workspace_id: str) -> Mapping[str, int]:
    """How many drifts of each plan of a workspace wait to be settled."""
    statement = (
        select(PLAN_DRIFTS.c.plan_id, func.count().label("waiting"))
        .where(PLAN_DRIFTS.c.workspace_id == workspace_id, PLAN_DRIFTS.c.status == Status.OPEN)
        .group_by(PLAN_DRIFTS.c.plan_id)
    )
    return {row.plan_id: row.waiting for row in connection.execute(statement)}


def note(
    connection: Connection,
    workspace_id: str,
    plan_id: str,
    source_id: str,
    found: Sequence[Found],
    *,
    now: int,
) -> list[Drift]:
    """Put down what was found. Returns what is new, or is there again after it was settled by a
    change of the plan; what was dismissed stays so."""
    held = {each.id: each for each in drifts(connection, plan_id)}
    new: list[Drift] = []
    room = MOST - len(held)
    for each in found:
        drift_id = each.id_in(plan_id)
        known = held.get(drift_id)
        if known is None and room <= 0:
            continue
        is_back = known is not None and known.status in (Status.ACCEPTED, Status.RESOLVED)
        values: dict[str, Any] = {
            "source_id": source_id,
            "detail": each.detail,
            "seen": each.seen,
            "of": each.of,
            "amendment": msgspec.json.encode(each.amendment).decode(),
            "last_seen": now,
        }
        fresh = {"status": Status.OPEN, "told_at": None, "settled_at": None, "settled_by": ""}
        if known is not None:
            if is_back:
                values |= fresh
            one = PLAN_DRIFTS.c.id == drift_id
            connection.execute(update(PLAN_DRIFTS).where(one).values(**values))
        else:
            room -= 1
            connection.execute(
                insert(PLAN_DRIFTS).values(
                    id=drift_id,
                    workspace_id=workspace_id,
                    plan_id=plan_id,
                    kind=each.kind,
                    type=each.rule.type,
                    key=each.rule.key,
                    version=each.rule.version,
                    path=each.path,
                    first_seen=now,
                    **fresh,
                    **values,
                )
            )
        if known is None or is_back:
            new.append(drift(connection, plan_id, drift_id))
    return new


def settle(
    connection: Connection, drift_ids: Sequence[str], status: Status, *, by: str, now: int
) -> None:
    """Say what has become of drifts."""
    connection.execute(
        update(PLAN_DRIFTS)
        .where(PLAN_DRIFTS.c.id.in_(drift_ids))
        .values(status=status, settled_by=by, settled_at=now)
    )


def tell(connection: Connection, drift_ids: Sequence[str], *, now: int) -> None:
    """Note that people were told."""
    connection.execute(
        update(PLAN_DRIFTS).where(PLAN_DRIFTS.c.id.in_(drift_ids)).values(told_at=now)
    )


def forget_before(connection: Connection, plan_id: str, moment: int) -> None:
    """Remove what was settled by a change of the plan before a time."""
    settled = PLAN_DRIFTS.c.status.in_([Status.ACCEPTED, Status.RESOLVED])
    connection.execute(
        delete(PLAN_DRIFTS).where(
            PLAN_DRIFTS.c.plan_id == plan_id, settled, PLAN_DRIFTS.c.settled_at < moment
        )
    )


def _drift(row: Row[tuple[object, ...]]) -> Drift:
    values = dict(row._mapping)  # noqa: SLF001 - the columns by their names
    del values["workspace_id"]
    values["kind"] = DriftKind(row.kind)
    values["type"] = RuleType(row.type)
    values["status"] = Status(row.status)
    values["amendment"] = msgspec.json.decode(row.amendment, type=Amendment)
    return Drift(**values)
