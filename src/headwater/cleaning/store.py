"""Cleaning rules in the state database. All functions work in the caller's transaction."""

from collections import defaultdict

import msgspec
from sqlalchemy import Connection, Row, delete, func, insert, select, update

from headwater.cleaning.model import Published, Rule, Scope
from headwater.cleaning.tables import RULES
from headwater.errors import NotFoundError
from headwater.workspaces.store import raise_version

_ORDER = (RULES.c.position, RULES.c.created_at, RULES.c.id)


def rules(connection: Connection, workspace_id: str) -> list[Rule]:
    """The rules of a workspace, in the order in which they are taken."""
    statement = select(RULES).where(RULES.c.workspace_id == workspace_id).order_by(*_ORDER)
    return [_rule(row) for row in connection.execute(statement)]


def rule(connection: Connection, workspace_id: str, rule_id: str) -> Rule:
    """One rule. Raises NotFoundError, also for another workspace's."""
    statement = select(RULES).where(RULES.c.workspace_id == workspace_id, RULES.c.id == rule_id)
    row = connection.execute(statement).first()
    if row is None:
        raise NotFoundError(f"There is no cleaning rule {rule_id!r}.")
    return _rule(row)


def is_named(connection: Connection, workspace_id: str, name: str, *, besides: str = "") -> bool:
    """Whether another rule of the workspace has this name."""
    statement = select(RULES.c.id).where(
        RULES.c.workspace_id == workspace_id, RULES.c.name == name, RULES.c.id != besides
    )
    return connection.execute(statement).first() is not None


def next_position(connection: Connection, workspace_id: str) -> int:
    """The place behind all others."""
    last = connection.scalar(
        select(func.max(RULES.c.position)).where(RULES.c.workspace_id == workspace_id)
    )
    return 1 if last is None else last + 1


def insert_rule(connection: Connection, workspace_id: str, made: Rule) -> None:
    connection.execute(insert(RULES).values(workspace_id=workspace_id, **_values(made)))
    raise_version(connection)


def update_rule(connection: Connection, changed: Rule) -> None:
    connection.execute(update(RULES).where(RULES.c.id == changed.id).values(**_values(changed)))
    raise_version(connection)


def delete_rule(connection: Connection, rule_id: str) -> None:
    connection.execute(delete(RULES).where(RULES.c.id == rule_id))
    raise_version(connection)


def published(connection: Connection) -> Published | None:
    """The rules that are on, of all workspaces; None where there are none."""
    found: dict[str, list[Rule]] = defaultdict(list)
    for row in connection.execute(select(RULES).where(RULES.c.enabled).order_by(*_ORDER)):
        found[row.workspace_id].append(_rule(row))
    return Published({key: tuple(rules) for key, rules in found.items()}) if found else None


def _rule(row: Row[tuple[object, ...]]) -> Rule:
    return Rule(
        id=row.id,
        name=row.name,
        kind=row.kind,
        settings=msgspec.json.decode(row.settings),
        scope=msgspec.json.decode(row.scope, type=Scope),
        enabled=row.enabled,
        position=row.position,
        description=row.description,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def _values(held: Rule) -> dict[str, object]:
    return {
        **msgspec.structs.asdict(held),
        "settings": msgspec.json.encode(held.settings).decode(),
        "scope": msgspec.json.encode(held.scope).decode(),
    }
