"""The one collection of tables that the features' `tables.py` files declare themselves in."""

from sqlalchemy import Connection, MetaData, Table, func, select

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def later(connection: Connection, table: Table, now: int) -> int:
    """Now, or just after the newest row: creation times are an order, whatever the clock does."""
    newest: int | None = connection.scalar(select(func.max(table.c.created_at)))
    return now if newest is None else max(now, newest + 1)
