"""What got a 200 survives kill -9 of any process, once."""

from pathlib import Path

import pytest

from bench.crash import VICTIMS, Crashes
from headwater.testing.whole import Whole

pytestmark = pytest.mark.whole


@pytest.mark.timeout(600)
def test_thirty_kills_in_a_row_lose_and_double_nothing(tmp_path: Path) -> None:
    with Whole(tmp_path, disk_reserve_bytes=0, load_interval_seconds=0.1) as whole:
        crashes = Crashes(whole, seed=20261123)

        done = [crashes.once() for _ in range(30)]

    assert {victim for victim, _ in done} == set(VICTIMS)
    assert all(acknowledged > 0 for _, acknowledged in done)
