"""A database with the newest schema, in a transaction."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection

from headwater.databases.migrate import migrate
from headwater.databases.sql import sqlite_database


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    database = sqlite_database(tmp_path)
    migrate(database)
    with database.writing() as connection:
        yield connection
    database.close()
