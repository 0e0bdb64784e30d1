"""A task that is done by a process of its own."""

import asyncio
from pathlib import Path

import pytest

from headwater.kit.child import EndedError, started

ECHO = """
from headwater.kit.child import heed_parent, say, task_given
import threading
stop = threading.Event()
task = task_given()
heed_parent(stop.set)
say(task.strip())
stop.wait()
say(b"stopped")
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "echoing.py").write_text(ECHO)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return "echoing"


def test_a_child_says_lines_and_stops_when_it_is_asked_to(module: str) -> None:
    async def main() -> list[bytes]:
        said = []
        async with asyncio.timeout(60), started(module, b"the task") as child:
            async for line in child.lines():
                said.append(line)
                await child.ask_to_stop()
        return said

    assert asyncio.run(main()) == [b"the task\n", b"stopped\n"]


def test_a_child_that_is_left_is_killed(module: str) -> None:
    async def main() -> None:
        async with asyncio.timeout(60), started(module, b"t") as child:
            async for _ in child.lines():
                break

    asyncio.run(main())


def test_a_child_that_dies_before_it_has_its_task_is_told() -> None:
    async def main() -> None:
        async with asyncio.timeout(60), started("nowhere_at_all", b"x" * 10_000_000):
            pass

    with pytest.raises(EndedError):
        asyncio.run(main())
