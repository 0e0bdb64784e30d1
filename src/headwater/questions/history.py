"""What each caller asked of late: his own alone, the newest first, each text once."""

from sqlalchemy import ColumnElement, and_, delete, func, insert, select

from headwater.access.changes import Changes
from headwater.access.model import Principal
from headwater.kit import ids
from headwater.questions.model import LONGEST_SQL, MOST_ASKED, Asked
from headwater.questions.tables import ASKED

_LONGEST_ERROR = 2_000


def remember(
    changes: Changes,
    by: Principal,
    sql: str,
    *,
    milliseconds: int,
    rows: int | None = None,
    truncated: bool = False,
    error: str = "",
) -> None:
    """Note a question of the caller; one asked before moves to the top, the oldest goes."""
    own = _own(by)
    with changes.noting() as connection:
        connection.execute(delete(ASKED).where(own, ASKED.c.sql == sql[:LONGEST_SQL]))
        connection.execute(
            insert(ASKED).values(
                id=ids.resource_id(),
                workspace_id=by.workspace_id,
                actor=by.actor,
                at=changes.clock.now(),
                sql=sql[:LONGEST_SQL],
                milliseconds=milliseconds,
                rows=rows,
                truncated=truncated,
                error=error[:_LONGEST_ERROR],
            )
        )
        kept = (
            select(ASKED.c.id).where(own).order_by(ASKED.c.at.desc(), ASKED.c.id).limit(MOST_ASKED)
        )
        connection.execute(delete(ASKED).where(own, ASKED.c.id.not_in(kept)))


def asked(changes: Changes, by: Principal, *, text: str = "", count: int = 50) -> list[Asked]:
    """What the caller asked, the newest first, of that which holds a text."""
    statement = select(ASKED).where(_own(by)).order_by(ASKED.c.at.desc(), ASKED.c.id).limit(count)
    if text:
        statement = statement.where(func.lower(ASKED.c.sql).contains(text.lower(), autoescape=True))
    with changes.reading() as connection:
        return [
            Asked(
                id=row.id,
                at=row.at,
                sql=row.sql,
                milliseconds=row.milliseconds,
                rows=row.rows,
                truncated=row.truncated,
                error=row.error,
            )
            for row in connection.execute(statement)
        ]


def forget(changes: Changes, by: Principal, asked_id: str = "") -> int:
    """Forget one question of the caller, or all of them. Returns how many there were."""
    statement = delete(ASKED).where(_own(by))
    if asked_id:
        statement = statement.where(ASKED.c.id == asked_id)
    with changes.noting() as connection:
        return connection.execute(statement).rowcount


def _own(by: Principal) -> ColumnElement[bool]:
    return and_(ASKED.c.workspace_id == by.workspace_id, ASKED.c.actor == by.actor)
