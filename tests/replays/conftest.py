"""Worlds whose rules can be set."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.replays.world import ReplayWorld


@pytest.fixture
def make_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., ReplayWorld]]:
    made: list[ReplayWorld] = []

    def make(**options: Any) -> ReplayWorld:
        made.append(ReplayWorld(tmp_path_factory.mktemp("world"), **options))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def world(make_world: Callable[..., ReplayWorld]) -> ReplayWorld:
    return make_world()
