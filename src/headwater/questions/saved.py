"""Questions kept under a name: whoever may ask the warehouse sees them; each change is audited.

Whoever made one may change it, and so may whoever administers the warehouse.
"""

import msgspec
from msgspec import UNSET, UnsetType
from sqlalchemy import Connection, Row, delete, func, insert, select, update

from headwater.access.audit import created, deleted, modified
from headwater.access.changes import Changes
from headwater.access.model import Principal
from headwater.access.permissions import Permission
from headwater.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from headwater.kit import ids
from headwater.questions.model import (
    LONGEST_DESCRIPTION,
    LONGEST_NAME,
    LONGEST_SQL,
    MOST_SAVED,
    Chart,
    Saved,
)
from headwater.questions.tables import SAVED

SUBJECT = "Saved Query"


def listed(changes: Changes, by: Principal) -> list[Saved]:
    """All of the workspace, by name."""
    statement = (
        select(SAVED)
        .where(SAVED.c.workspace_id == by.workspace_id)
        .order_by(func.lower(SAVED.c.name), SAVED.c.id)
    )
    with changes.reading() as connection:
        return [_saved(row) for row in connection.execute(statement)]


def one(changes: Changes, by: Principal, saved_id: str) -> Saved:
    """One of them. Raises NotFoundError."""
    with changes.reading() as connection:
        return _found(connection, by, saved_id)


def create(
    changes: Changes,
    by: Principal,
    *,
    name: str,
    sql: str,
    description: str = "",
    chart: Chart | None = None,
) -> Saved:
    """Keep a question. Raises InvalidError, and ConflictError for a name that is taken."""
    with changes.change(by) as step:
        made = Saved(
            id=ids.resource_id(),
            name=_name(step.connection, by, name),
            description=_description(description),
            sql=_sql(sql),
            created_at=step.now,
            created_by=by.actor,
            created_by_name=by.name,
            updated_at=step.now,
            updated_by_name=by.name,
            chart=chart,
        )
        _require_room(step.connection, by)
        values = {**_values(made), "workspace_id": by.workspace_id}
        step.connection.execute(insert(SAVED).values(**values))
        step.record(created(SUBJECT, made.id, made, name=made.name))
    return made


def change(
    changes: Changes,
    by: Principal,
    saved_id: str,
    *,
    name: str | None = None,
    sql: str | None = None,
    description: str | None = None,
    chart: Chart | UnsetType | None = UNSET,
) -> Saved:
    """Change what is given. Raises as `create`, and NotFoundError and ForbiddenError."""
    with changes.change(by) as step:
        before = _found(step.connection, by, saved_id)
        _require_own(by, before)
        changed: dict[str, object] = {}
        if name is not None:
            changed["name"] = _name(step.connection, by, name, besides=saved_id)
        if sql is not None:
            changed["sql"] = _sql(sql)
        if description is not None:
            changed["description"] = _description(description)
        if not isinstance(chart, UnsetType):
            changed["chart"] = chart
        if all(getattr(before, field) == value for field, value in changed.items()):
            return before
        step.connection.execute(
            update(SAVED)
            .where(SAVED.c.id == saved_id)
            .values(**_stored(changed), updated_at=step.now, updated_by_name=by.name)
        )
        after = _found(step.connection, by, saved_id)
        step.record(modified(SUBJECT, saved_id, before, after, name=after.name))
    return after


def remove(changes: Changes, by: Principal, saved_id: str) -> Saved:
    """Forget one, and return what it was. Raises NotFoundError and ForbiddenError."""
    with changes.change(by) as step:
        before = _found(step.connection, by, saved_id)
        _require_own(by, before)
        step.connection.execute(delete(SAVED).where(SAVED.c.id == saved_id))
        step.record(deleted(SUBJECT, saved_id, before, name=before.name))
    return before


def may_change(by: Principal, held: Saved) -> bool:
    """Whether the caller made it, or administers the warehouse."""
    return held.created_by == by.actor or by.may(Permission.WAREHOUSE_ADMIN)


def _require_own(by: Principal, held: Saved) -> None:
    if not may_change(by, held):
        raise ForbiddenError(
            f"{held.name} is {held.created_by_name or held.created_by}'s.",
            hint="Save a copy under another name, or ask its author.",
        )


def _found(connection: Connection, by: Principal, saved_id: str) -> Saved:
    statement = select(SAVED).where(SAVED.c.workspace_id == by.workspace_id, SAVED.c.id == saved_id)
    row = connection.execute(statement).first()
    if row is None:
        raise NotFoundError(f"There is no saved query {saved_id!r}.")
    return _saved(row)


def _saved(row: Row[tuple[object, ...]]) -> Saved:
    values = {field: getattr(row, field) for field in Saved.__struct_fields__}
    chart = values["chart"]
    return Saved(**{**values, "chart": msgspec.json.decode(chart, type=Chart) if chart else None})


def _values(made: Saved) -> dict[str, object]:
    return _stored({field: getattr(made, field) for field in Saved.__struct_fields__})


def _stored(values: dict[str, object]) -> dict[str, object]:
    """As the table has them: a chart as JSON, none as an empty text."""
    if "chart" not in values:
        return values
    chart = values["chart"]
    return {**values, "chart": "" if chart is None else msgspec.json.encode(chart).decode()}


def _require_room(connection: Connection, by: Principal) -> None:
    count = connection.scalar(
        select(func.count()).select_from(SAVED).where(SAVED.c.workspace_id == by.workspace_id)
    )
    if (count or 0) >= MOST_SAVED:
        raise ConflictError(
            f"{MOST_SAVED:,} queries are saved, which is as many as there may be.",
            hint="Remove some that nobody uses.",
        )


def _name(connection: Connection, by: Principal, name: str, *, besides: str = "") -> str:
    name = name.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise InvalidError(
            f"name: must be 1 to {LONGEST_NAME} printable characters.",
            field="name",
            hint="Give it a name that people will find it by.",
        )
    same = select(SAVED.c.id).where(
        SAVED.c.workspace_id == by.workspace_id, SAVED.c.name == name, SAVED.c.id != besides
    )
    if connection.execute(same).first() is not None:
        raise ConflictError(
            f"A query is saved as {name!r} already.",
            hint="Choose another name, or change that one.",
        )
    return name


def _description(text: str) -> str:
    text = text.strip()
    if len(text) > LONGEST_DESCRIPTION:
        raise InvalidError(
            f"description: has more than {LONGEST_DESCRIPTION:,} characters.", field="description"
        )
    return text


def _sql(sql: str) -> str:
    sql = sql.strip()
    if not sql or len(sql) > LONGEST_SQL or "\0" in sql:
        raise InvalidError(
            f"sql: must be 1 to {LONGEST_SQL:,} characters.",
            field="sql",
            hint="Write a SELECT first.",
        )
    return sql
