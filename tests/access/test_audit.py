"""The audit trail and what breaks it."""

import pytest
from sqlalchemy import delete, insert, select, text, update

from headwater.access import audit
from headwater.access.audit import Change
from headwater.access.tables import AUDIT
from headwater.databases.sql import SqlDatabase


@pytest.fixture
def trail(database: SqlDatabase) -> SqlDatabase:
    with database.writing() as connection:
        for number in range(1, 6):
            audit.record(
                connection,
                Change("Source Created", "Source", f"s{number}", after={"name": f"Shop {number}"}),
                actor="token:alice",
                workspace_id="w",
                now=number * 1000,
            )
    return database


def test_an_untouched_trail_fits(trail: SqlDatabase) -> None:
    with trail.reading() as connection:
        assert audit.first_broken(connection) is None
        assert [entry.number for entry in audit.entries(connection)] == [1, 2, 3, 4, 5]


def test_an_empty_trail_fits(database: SqlDatabase) -> None:
    with database.reading() as connection:
        assert audit.first_broken(connection) is None


def test_an_entry_tells_who_did_what_and_both_values(trail: SqlDatabase) -> None:
    with trail.writing() as connection:
        change = Change("Source Modified", "Source", "s1", before={"n": 1}, after={"n": 2})
        entry = audit.record(connection, change, actor="token:bob", workspace_id="w", now=9)
    assert (entry.actor, entry.action, entry.subject_id) == ("token:bob", "Source Modified", "s1")
    assert (entry.before, entry.after, entry.at) == ('{"n":1}', '{"n":2}', 9)


@pytest.mark.parametrize("column", [c.name for c in AUDIT.columns if c.name != "number"])
def test_a_changed_value_breaks_the_chain_there(trail: SqlDatabase, column: str) -> None:
    value: object = 77 if column == "at" else "changed"
    with trail.writing() as connection:
        connection.execute(update(AUDIT).where(AUDIT.c.number == 3).values({column: value}))
        assert audit.first_broken(connection) == 3


@pytest.mark.parametrize("number", [1, 3])
def test_a_removed_entry_breaks_the_chain(trail: SqlDatabase, number: int) -> None:
    with trail.writing() as connection:
        connection.execute(delete(AUDIT).where(AUDIT.c.number == number))
        assert audit.first_broken(connection) == number


def test_a_removed_entry_is_noticed_when_the_others_are_renumbered(trail: SqlDatabase) -> None:
    with trail.writing() as connection:
        connection.execute(delete(AUDIT).where(AUDIT.c.number == 3))
        connection.execute(text("UPDATE audit SET number = number - 1 WHERE number > 3"))
        assert audit.first_broken(connection) == 3


def test_an_inserted_entry_breaks_the_chain(trail: SqlDatabase) -> None:
    with trail.writing() as connection:
        last = connection.execute(select(AUDIT).where(AUDIT.c.number == 5)).mappings().one()
        connection.execute(insert(AUDIT).values(**{**last, "number": 6}))
        assert audit.first_broken(connection) == 6
