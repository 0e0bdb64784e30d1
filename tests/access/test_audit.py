"""The audit trail and what breaks it."""

import hashlib
from pathlib import Path

import pytest
from sqlalchemy import delete, insert, select, text, update

from headwater.access import audit, heads
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


def test_entries_cut_off_the_end_are_noticed_by_the_end_that_was_kept(trail: SqlDatabase) -> None:
    with trail.writing() as connection:
        kept = audit.head(connection)
        assert audit.first_broken(connection, kept) is None
        connection.execute(delete(AUDIT).where(AUDIT.c.number >= 4))
        assert audit.first_broken(connection) is None
        assert audit.first_broken(connection, kept) == 4


def test_a_trail_that_is_gone_altogether_is_noticed_too(trail: SqlDatabase) -> None:
    with trail.writing() as connection:
        kept = audit.head(connection)
        connection.execute(delete(AUDIT))
        assert audit.first_broken(connection, kept) == 1


def test_a_whole_new_chain_is_noticed_by_the_end_that_was_kept(trail: SqlDatabase) -> None:
    with trail.writing() as connection:
        kept = audit.head(connection)
        connection.execute(delete(AUDIT))
        for _ in range(7):
            change = Change("Nothing Done", "Nothing", "0")
            audit.record(connection, change, actor="mallory", workspace_id="w", now=1)
        assert audit.first_broken(connection) is None
        assert audit.first_broken(connection, kept) == 5


def test_an_older_end_fits_a_longer_trail(trail: SqlDatabase) -> None:
    with trail.writing() as connection:
        kept = audit.head(connection)
        change = Change("Source Created", "Source", "s6")
        audit.record(connection, change, actor="alice", workspace_id="w", now=6)
        assert audit.first_broken(connection, kept) is None


def test_entries_of_before_there_were_names_still_fit(trail: SqlDatabase) -> None:
    """What the first version of Headwater computed for this very entry."""
    with trail.reading() as connection:
        first = next(iter(audit.entries(connection)))
    assert first.actor_name == ""
    old = (
        b'{"number":1,"at":1000,"workspace_id":"w","actor":"token:alice","action":"Source Created",'
        b'"subject":"Source","subject_id":"s1","before":null,"after":"{\\"name\\":\\"Shop 1\\"}",'
        b'"previous_hash":"' + b"0" * 64 + b'","hash":""}'
    )
    assert first.hash == hashlib.sha256(old).hexdigest()


@pytest.mark.parametrize("name", ["actor_name", "subject_name"])
def test_a_name_put_into_an_old_entry_breaks_the_chain(trail: SqlDatabase, name: str) -> None:
    with trail.writing() as connection:
        connection.execute(update(AUDIT).where(AUDIT.c.number == 2).values({name: "Mallory"}))
        assert audit.first_broken(connection) == 2


def test_the_end_is_kept_beside_the_database(tmp_path: Path, trail: SqlDatabase) -> None:
    with trail.reading() as connection:
        head = audit.head(connection)
    assert head is not None
    assert heads.kept(tmp_path) is None
    heads.keep(tmp_path, head)
    assert heads.kept(tmp_path) == head


def test_an_end_that_the_trail_lacks_is_kept_for_good(tmp_path: Path, trail: SqlDatabase) -> None:
    lost = audit.Head(9, "of an entry that was cut off")
    with trail.reading() as connection:
        newest = audit.head(connection)
        assert newest is not None
        heads.keep(tmp_path, newest)
        assert heads.keep_lacked(tmp_path, connection) is None
        heads.keep(tmp_path, lost)
        assert heads.keep_lacked(tmp_path, connection) == lost
        heads.keep(tmp_path, newest)
        assert heads.keep_lacked(tmp_path, connection) is None
        assert heads.kept(tmp_path) == lost
        assert audit.first_broken(connection, heads.kept(tmp_path)) == 6
