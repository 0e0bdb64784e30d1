"""A console over backends that answer as the test says."""

from pathlib import Path

import pytest

from tests.web.stage import Stage


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)
