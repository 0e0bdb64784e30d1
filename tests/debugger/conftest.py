"""A log with a collector and a pipeline, turned by hand."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.debugger.world import World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.close()
