"""A database with the newest schema; Alice, who owns its one workspace."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from headwater.access import audit, start
from headwater.access.admission import by_token
from headwater.access.changes import Changes
from headwater.access.model import Principal
from headwater.databases.migrate import migrate
from headwater.databases.sql import SqlDatabase, sqlite_database
from headwater.kit.clock import FakeClock
from headwater.workspaces.model import Configuration

ADMIN_TOKEN = "hw_the-first"


class Published(list[Configuration]):
    """What was published, in order."""


@pytest.fixture
def database(tmp_path: Path) -> Iterator[SqlDatabase]:
    database = sqlite_database(tmp_path)
    migrate(database)
    yield database
    database.close()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def published() -> Published:
    return Published()


@pytest.fixture
def changes(database: SqlDatabase, clock: FakeClock, published: Published) -> Iterator[Changes]:
    """The gate over an empty database."""
    changes = Changes(database, clock, published.append)
    yield changes
    changes.close()


@pytest.fixture
def alice(changes: Changes) -> Principal:
    """The owner, by the first token."""
    start.begin(changes, admin_token=ADMIN_TOKEN)
    return by_token(changes, ADMIN_TOKEN)


def trail(changes: Changes) -> list[audit.Entry]:
    """All entries of the audit trail, which must fit."""
    with changes.reading() as connection:
        assert audit.first_broken(connection) is None
        return list(audit.entries(connection))


def actions(changes: Changes) -> list[tuple[str, str]]:
    """Who did what, in order."""
    return [(entry.actor, entry.action) for entry in trail(changes)]
