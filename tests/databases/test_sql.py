"""The state database's transactions."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from headwater.databases.migrate import migrate
from headwater.databases.sql import SqlDatabase, sqlite_database


@pytest.fixture
def database(tmp_path: Path) -> Iterator[SqlDatabase]:
    database = sqlite_database(tmp_path)
    migrate(database)
    yield database
    database.close()


def count(database: SqlDatabase) -> int:
    with database.reading() as connection:
        return int(connection.execute(text("SELECT count(*) FROM retired_slugs")).scalar_one())


INSERT = text("INSERT INTO workspaces VALUES ('w', 'n', 's', 1)")


def insert_twice(database: SqlDatabase) -> None:
    with database.writing() as connection:
        connection.execute(INSERT)
        connection.execute(INSERT)


def test_an_error_undoes_the_whole_transaction(database: SqlDatabase) -> None:
    with pytest.raises(IntegrityError):
        insert_twice(database)
    with database.reading() as connection:
        assert connection.execute(text("SELECT * FROM workspaces")).all() == []


def test_a_reader_sees_one_moment(database: SqlDatabase) -> None:
    with database.reading() as reader:
        assert reader.execute(text("SELECT count(*) FROM workspaces")).scalar_one() == 0
        with database.writing() as writer:
            writer.execute(INSERT)
        assert reader.execute(text("SELECT count(*) FROM workspaces")).scalar_one() == 0


def test_foreign_keys_are_kept(database: SqlDatabase) -> None:
    with pytest.raises(IntegrityError), database.writing() as connection:
        connection.execute(text("INSERT INTO retired_slugs VALUES ('none', 's')"))
    assert count(database) == 0


def test_the_file_is_its_owners_alone(tmp_path: Path, database: SqlDatabase) -> None:
    assert count(database) == 0
    assert (tmp_path / "state.db").stat().st_mode & 0o777 == 0o600


def test_commits_are_synced(database: SqlDatabase) -> None:
    with database.reading() as connection:
        assert connection.execute(text("PRAGMA synchronous")).scalar_one() == 2
        assert connection.execute(text("PRAGMA journal_mode")).scalar_one() == "wal"
