"""A workspace with three people: its owner, and two who may ask the warehouse."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from headwater.access.changes import Changes
from headwater.access.model import OWNER, Grant, Principal
from headwater.access.roles import Role
from headwater.databases.migrate import migrate
from headwater.databases.sql import sqlite_database
from headwater.kit.clock import FakeClock
from headwater.workspaces import store

ASKS = (Grant(Role.WORKSPACE_MEMBER),)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def changes(tmp_path: Path, clock: FakeClock) -> Iterator[Changes]:
    database = sqlite_database(tmp_path)
    migrate(database)
    yield Changes(database, clock, lambda _: None)
    database.close()


@pytest.fixture
def workspace_id(changes: Changes) -> str:
    with changes.noting() as connection:
        return store.create_workspace(connection, name="Shop", now=1).id


@pytest.fixture
def owner(workspace_id: str) -> Principal:
    return Principal("user:owner", workspace_id, OWNER, name="owner@shop.example")


@pytest.fixture
def ann(workspace_id: str) -> Principal:
    return Principal("user:ann", workspace_id, ASKS, name="ann@shop.example")


@pytest.fixture
def bob(workspace_id: str) -> Principal:
    return Principal("user:bob", workspace_id, ASKS, name="bob@shop.example")


@pytest.fixture
def stranger(changes: Changes) -> Principal:
    """The owner of another workspace."""
    with changes.noting() as connection:
        other = store.create_workspace(connection, name="Other", now=1).id
    return Principal("user:stranger", other, OWNER)
