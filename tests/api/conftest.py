"""The control API over a fresh data folder, without a network: Alice owns it, Bob may look."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from headwater.access import start, tokens
from headwater.access.admission import by_token
from headwater.access.changes import Changes
from headwater.access.model import Grant
from headwater.access.roles import Role
from headwater.api.application import application
from headwater.api.frame import Context
from headwater.backends import backends
from headwater.databases.migrate import migrate
from headwater.databases.sql import SqlDatabase, sqlite_database
from headwater.kit.clock import FakeClock
from headwater.logs.memory import MemoryLog
from headwater.queries.remote import RemoteWarehouse
from headwater.settings import Settings
from headwater.workspaces.snapshot import PublishedConfiguration

ALICE = "token-of-alice"
BOB = "token-of-bob"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[SqlDatabase]:
    database = sqlite_database(tmp_path)
    migrate(database)
    yield database
    database.close()


@pytest.fixture
def context(tmp_path: Path, database: SqlDatabase) -> Context:
    clock = FakeClock()
    changes = Changes(database, clock, lambda _: None)
    start.begin(changes, admin_token=ALICE)
    workspace_id = by_token(changes, ALICE).workspace_id
    with database.writing() as connection:
        tokens.insert_token(
            connection,
            workspace_id,
            name="Bob",
            grants=[Grant(Role.WORKSPACE_MEMBER), Grant(Role.PII_ACCESS)],
            created_by="system",
            now=1,
            secret=BOB,
        )
    settings, log = Settings(data_dir=tmp_path), MemoryLog()
    published = PublishedConfiguration(tmp_path)
    warehouse = RemoteWarehouse(tmp_path / "no.sock")
    return Context(
        settings=settings,
        clock=clock,
        changes=changes,
        log=log,
        published=published,
        warehouse=warehouse,
        backends=backends(settings, changes, log, published, warehouse),
    )


@pytest.fixture
def anyone(context: Context) -> TestClient:
    """A client without credentials, from elsewhere."""
    headers = {"X-Forwarded-For": "203.0.113.9"}
    return TestClient(application(context), headers=headers, raise_server_exceptions=False)


@pytest.fixture
def alice(anyone: TestClient) -> TestClient:
    """The owner's client."""
    anyone.headers["Authorization"] = f"Bearer {ALICE}"
    return anyone


@pytest.fixture
def bob(context: Context) -> TestClient:
    """A member's client."""
    return TestClient(application(context), headers={"Authorization": f"Bearer {BOB}"})
