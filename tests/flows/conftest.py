"""Whole journeys share one running Headwater."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from headwater.testing.whole import Whole
from tests.flows.public_api import Npm, raw


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    """A running Headwater, shared by all flows of a test process: give each flow its own source."""
    with Whole(
        tmp_path_factory.mktemp("whole"),
        disk_reserve_bytes=0,
        load_interval_seconds=0.1,
        connections_folder=str(tmp_path_factory.getbasetemp()),
        connections_allowed="127.0.0.1",
    ) as server:
        yield server


@pytest.fixture(scope="session")
def node_modules() -> Path:
    """The folder of the Node flows with its published packages installed."""
    folder = Path(__file__).parent / "node"
    if not (folder / "node_modules" / "@segment" / "public-api-sdk-typescript").is_dir():
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=folder, check=True)
    return folder


@pytest.fixture(scope="module")
def npm(whole: Whole, node_modules: Path) -> Iterator[Npm]:
    """Segment's npm client with the owner's token."""
    client = Npm(node_modules, whole.url, whole.token)
    yield client
    client.close()


@pytest.fixture
def http(whole: Whole) -> Iterator[httpx.Client]:
    """A client of the API with the owner's token, which sends what it is told to."""
    with raw(whole.url, whole.token) as client:
        yield client
