"""The migrations and the tables that the features declare."""

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

import headwater.access.tables
import headwater.archive.tables
import headwater.cleaning.tables
import headwater.connections.tables
import headwater.databases
import headwater.functions.tables
import headwater.imports.tables
import headwater.plans.drift.tables
import headwater.plans.tables
import headwater.quarantine.tables
import headwater.questions.tables
import headwater.replays.tables
import headwater.semantics.tables
import headwater.transformations.tables
import headwater.webhooks.tables
import headwater.workspaces.tables
from headwater.access.admission import by_token
from headwater.access.changes import Changes
from headwater.access.permissions import Permission
from headwater.access.secrets import digest
from headwater.databases.migrate import current_revision, migrate, newest_revision, upgrade
from headwater.databases.sql import SqlDatabase, integrity_problems, sqlite_database
from headwater.errors import HeadwaterError
from headwater.kit.clock import FakeClock
from headwater.kit.tables import METADATA


@pytest.fixture
def database(tmp_path: Path) -> SqlDatabase:
    database = sqlite_database(tmp_path)
    migrate(database)
    return database


def test_the_migrations_from_empty_make_the_declared_tables(database: SqlDatabase) -> None:
    with database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []


def test_the_newest_migration_is_alembics_head() -> None:
    folder = Path(headwater.databases.__file__).parent / "migrations"
    assert ScriptDirectory(str(folder)).get_current_head() == newest_revision()


def test_migrating_twice_changes_nothing(database: SqlDatabase) -> None:
    migrate(database)
    with database.reading() as connection:
        assert current_revision(connection) == newest_revision()


def test_a_newer_headwaters_database_is_refused(database: SqlDatabase) -> None:
    with database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(HeadwaterError, match="newer Headwater"):
        migrate(database)


def test_a_sound_database_has_no_problems(database: SqlDatabase) -> None:
    assert integrity_problems(database) == []


def test_a_damaged_database_has_problems(tmp_path: Path, database: SqlDatabase) -> None:
    database.close()
    file = tmp_path / "state.db"
    content = bytearray(file.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    file.write_bytes(content)
    with pytest.raises(HeadwaterError, match="cannot be read"):
        assert not integrity_problems(sqlite_database(tmp_path))


def test_tokens_of_the_first_schema_keep_what_they_may(tmp_path: Path) -> None:
    database = sqlite_database(tmp_path)
    with database.writing() as connection:
        upgrade(connection, "0001")
        connection.execute(text("INSERT INTO workspaces VALUES ('w', 'Shop', 'shop', 1)"))
        for role in ("owner", "member"):
            connection.execute(
                text("INSERT INTO tokens VALUES (:id, 'w', :id, :id, :hash, 1)"),
                {"id": role, "hash": digest(role)},
            )
    migrate(database)
    changes = Changes(database, FakeClock(), lambda _: None)
    owner, member = (by_token(changes, role) for role in ("owner", "member"))
    assert all(owner.may(each) for each in Permission)
    for permission in (Permission.SOURCE_READ, Permission.WAREHOUSE_READ, Permission.PII_READ):
        assert member.may(permission)
    assert not member.may(Permission.SOURCE_ADMIN)
    assert not member.may(Permission.IAM_ADMIN)
    database.close()
