"""Whole journeys share one running Headwater."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from headwater.testing.whole import Whole


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    """A running Headwater, shared by all flows of a test process: give each flow its own source."""
    with Whole(
        tmp_path_factory.mktemp("whole"), disk_reserve_bytes=0, load_interval_seconds=0.1
    ) as server:
        yield server


@pytest.fixture(scope="session")
def node_modules() -> Path:
    """The folder of the Node flows with its published packages installed."""
    folder = Path(__file__).parent / "node"
    if not (folder / "node_modules" / "@segment").is_dir():
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=folder, check=True)
    return folder
