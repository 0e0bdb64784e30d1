"""Tracking plans in the state database. All functions work in the caller's transaction."""

import zlib
from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence

import msgspec
from msgspec import UNSET
from sqlalchemy import ColumnElement, Connection, Row, delete, func, insert, select, update

from headwater.errors import NotFoundError
from headwater.kit.tables import later
from headwater.plans.model import (
    MOST_VERSIONS,
    Governed,
    Plan,
    PlanType,
    Published,
    PublishedPlan,
    PublishedRule,
    Rule,
    RuleId,
    RuleType,
    Saved,
    Version,
)
from headwater.plans.tables import PLAN_RULES, PLAN_SOURCES, PLAN_VERSIONS, PLANS
from headwater.workspaces.source_settings import SourceSettingsOutputV1, schema_settings
from headwater.workspaces.store import raise_version
from headwater.workspaces.tables import SOURCES

_SAVED = msgspec.json.Decoder(Saved)


def plans(connection: Connection, workspace_id: str, type: str = "") -> list[Plan]:  # noqa: A002
    """Those of a workspace (of one type, if it is given), the oldest first."""
    statement = select(PLANS).where(PLANS.c.workspace_id == workspace_id)
    if type:
        statement = statement.where(PLANS.c.type == type)
    rows = connection.execute(statement.order_by(PLANS.c.created_at, PLANS.c.id))
    return [_plan(row) for row in rows]


def plan(connection: Connection, workspace_id: str, plan_id: str) -> Plan:
    """One of them. Raises NotFoundError, also for another workspace's."""
    statement = select(PLANS).where(PLANS.c.workspace_id == workspace_id, PLANS.c.id == plan_id)
    row = connection.execute(statement).first()
    if row is None:
        raise NotFoundError(f"There is no tracking plan {plan_id!r}.")
    return _plan(row)


def insert_plan(connection: Connection, workspace_id: str, made: Plan) -> Plan:
    """Add a plan; it is given a time of making that is after all others'."""
    made = msgspec.structs.replace(made, created_at=later(connection, PLANS, made.created_at))
    connection.execute(
        insert(PLANS).values(workspace_id=workspace_id, **msgspec.structs.asdict(made))
    )
    return made


def update_plan(connection: Connection, changed: Plan) -> None:
    connection.execute(
        update(PLANS).where(PLANS.c.id == changed.id).values(**msgspec.structs.asdict(changed))
    )
    raise_version(connection)


def delete_plan(connection: Connection, plan_id: str) -> None:
    """Remove a plan, its rules and its versions; its sources have none from then on."""
    connection.execute(delete(PLANS).where(PLANS.c.id == plan_id))
    raise_version(connection)


def rules(connection: Connection, plan_id: str) -> list[Rule]:
    """The rules of a plan, by type, key and version."""
    order = (PLAN_RULES.c.type, PLAN_RULES.c.key, PLAN_RULES.c.version)
    statement = select(PLAN_RULES).where(PLAN_RULES.c.plan_id == plan_id).order_by(*order)
    return [_rule(row) for row in connection.execute(statement)]


def replace_rules(
    connection: Connection, plan_id: str, before: Sequence[Rule], after: Sequence[Rule]
) -> None:
    """Bring the rules of a plan from how they are to how they shall be."""
    held, wanted = {rule.id: rule for rule in before}, {rule.id: rule for rule in after}
    for gone in held.keys() - wanted.keys():
        connection.execute(delete(PLAN_RULES).where(*_is(plan_id, gone)))
    changed = [key for key in held.keys() & wanted.keys() if held[key] != wanted[key]]
    for key in changed:
        connection.execute(
            update(PLAN_RULES).where(*_is(plan_id, key)).values(**_values(wanted[key]))
        )
    if new := wanted.keys() - held.keys():
        rows = [{"plan_id": plan_id, **_values(wanted[key])} for key in sorted(new)]
        connection.execute(insert(PLAN_RULES), rows)
    raise_version(connection)


def plan_of_source(connection: Connection, source_id: str) -> str | None:
    """The id of a source's plan; None where it has none."""
    statement = select(PLAN_SOURCES.c.plan_id).where(PLAN_SOURCES.c.source_id == source_id)
    return connection.scalar(statement)


def source_ids(connection: Connection, plan_id: str) -> list[str]:
    """The sources that a plan is connected to, in the order of connecting."""
    statement = select(PLAN_SOURCES.c.source_id).where(PLAN_SOURCES.c.plan_id == plan_id)
    order = (PLAN_SOURCES.c.connected_at, PLAN_SOURCES.c.source_id)
    return list(connection.scalars(statement.order_by(*order)))


def sources_by_plan(connection: Connection) -> Mapping[str, Sequence[str]]:
    """The ids of connected sources by the ids of their plans, of all workspaces."""
    found: dict[str, list[str]] = defaultdict(list)
    order = (PLAN_SOURCES.c.connected_at, PLAN_SOURCES.c.source_id)
    for row in connection.execute(select(PLAN_SOURCES).order_by(*order)):
        found[row.plan_id].append(row.source_id)
    return found


def connect(connection: Connection, plan_id: str, source_id: str, *, now: int) -> None:
    """Make a plan a source's, which has none."""
    connection.execute(
        insert(PLAN_SOURCES).values(source_id=source_id, plan_id=plan_id, connected_at=now)
    )
    raise_version(connection)


def disconnect(connection: Connection, source_id: str) -> None:
    """Take a source's plan from it."""
    connection.execute(delete(PLAN_SOURCES).where(PLAN_SOURCES.c.source_id == source_id))
    raise_version(connection)


def keep_version(
    connection: Connection,
    plan_id: str,
    saved: Saved,
    *,
    by: str,
    by_name: str,
    note: str,
    now: int,
) -> int:
    """Save a plan's state under the next number, which is returned and noted as its newest."""
    of_plan = PLAN_VERSIONS.c.plan_id == plan_id
    newest: int | None = connection.scalar(select(func.max(PLAN_VERSIONS.c.number)).where(of_plan))
    number = (newest or 0) + 1
    connection.execute(
        insert(PLAN_VERSIONS).values(
            plan_id=plan_id,
            number=number,
            at=now,
            by=by,
            by_name=by_name,
            note=note,
            rules=len(saved.rules),
            saved=zlib.compress(msgspec.json.encode(saved)),
        )
    )
    connection.execute(
        delete(PLAN_VERSIONS).where(of_plan, PLAN_VERSIONS.c.number <= number - MOST_VERSIONS)
    )
    connection.execute(update(PLANS).where(PLANS.c.id == plan_id).values(version=number))
    return number


def versions(connection: Connection, plan_id: str) -> list[Version]:
    """The saved versions of a plan, the newest first."""
    columns = [PLAN_VERSIONS.c[name] for name in Version.__struct_fields__]
    statement = select(*columns).where(PLAN_VERSIONS.c.plan_id == plan_id)
    rows = connection.execute(statement.order_by(PLAN_VERSIONS.c.number.desc())).mappings()
    return [Version(**row) for row in rows]


def saved_version(connection: Connection, plan_id: str, number: int) -> Saved:
    """What a version keeps. Raises NotFoundError."""
    statement = select(PLAN_VERSIONS.c.saved).where(
        PLAN_VERSIONS.c.plan_id == plan_id, PLAN_VERSIONS.c.number == number
    )
    kept: bytes | None = connection.scalar(statement)
    if kept is None:
        raise NotFoundError(f"The tracking plan has no version {number} (any more).")
    return _SAVED.decode(zlib.decompress(kept))


def published(connection: Connection) -> Published | None:
    """The plans that sources are connected to; None where there are none."""
    known = set(connection.scalars(select(SOURCES.c.id)))
    sources = {
        row.source_id: Governed(row.plan_id, _settings(connection, row.source_id, known))
        for row in connection.execute(select(PLAN_SOURCES))
    }
    if not sources:
        return None
    wanted = {governed.plan_id for governed in sources.values()}
    rows = connection.execute(select(PLANS).where(PLANS.c.id.in_(wanted)))
    return Published(
        {row.id: published_plan(_plan(row), rules(connection, row.id)) for row in rows}, sources
    )


def _settings(
    connection: Connection, source_id: str, known: Container[str]
) -> SourceSettingsOutputV1:
    """A source's schema settings, without sources to forward to that are there no more."""
    found = schema_settings(connection, source_id)
    return msgspec.structs.replace(
        found,
        **{
            name: UNSET
            for name in ("forwarding_violations_to", "forwarding_blocked_events_to")
            if getattr(found, name) not in known
        },
    )


def published_plan(of: Plan, its_rules: Iterable[Rule]) -> PublishedPlan:
    """A plan as the pipeline is to know it."""
    return PublishedPlan(
        of.id,
        of.name,
        tuple(
            PublishedRule(rule.type, rule.key, rule.version, msgspec.Raw(_json(rule.json_schema)))
            for rule in its_rules
        ),
    )


def _plan(row: Row[tuple[object, ...]]) -> Plan:
    return Plan(
        id=row.id,
        name=row.name,
        slug=row.slug,
        description=row.description,
        type=PlanType(row.type),
        version=row.version,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def _rule(row: Row[tuple[object, ...]]) -> Rule:
    return Rule(
        type=RuleType(row.type),
        key=row.key,
        version=row.version,
        json_schema=msgspec.json.decode(row.json_schema) if row.json_schema else None,
        created_at=row.created_at,
        updated_at=row.updated_at,
        deprecated_at=row.deprecated_at,
    )


def _values(rule: Rule) -> dict[str, object]:
    schema = "" if rule.json_schema is None else msgspec.json.encode(rule.json_schema).decode()
    return {**msgspec.structs.asdict(rule), "json_schema": schema}


def _json(schema: object) -> bytes:
    return msgspec.json.encode(schema)


def _is(plan_id: str, wanted: RuleId) -> tuple[ColumnElement[bool], ...]:
    return (
        PLAN_RULES.c.plan_id == plan_id,
        PLAN_RULES.c.type == wanted.type,
        PLAN_RULES.c.key == wanted.key,
        PLAN_RULES.c.version == wanted.version,
    )
