"""A database with the newest schema."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from headwater.databases.migrate import migrate
from headwater.databases.sql import SqlDatabase, sqlite_database


@pytest.fixture
def database(tmp_path: Path) -> Iterator[SqlDatabase]:
    database = sqlite_database(tmp_path)
    migrate(database)
    yield database
    database.close()
