"""Functions as people connect them, led through the whole pipeline."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from headwater.functions import workshop
from headwater.functions.model import PART, Published, Ready, ResourceType
from headwater.functions.workshop import Workshop
from headwater.governing import compile_program
from headwater.pipeline.program import Memory, Programs
from headwater.workspaces.model import Configuration
from tests.pipeline.conftest import Through, lead, source, stored


@pytest.fixture(scope="module", autouse=True)
def _closed() -> Iterator[None]:
    """No sandbox outlives the tests of a module."""
    yield
    workshop.current().keep([])


def ready(code: str, number: int = 1, **members: Any) -> Ready:
    defaults: dict[str, Any] = {"secrets": {}, "resource_type": ResourceType.INSERT_SOURCE}
    return Ready(f"i{number}", "Mine", "f1", code=code, **(defaults | members))


def configuration(*functions: Ready) -> Configuration:
    part = msgspec.Raw(msgspec.json.encode(Published({"s1": functions})))
    return Configuration(1, (), (source(),), {PART: part})


def programs(*functions: Ready, memory: Memory | None = None) -> Programs:
    """The programs of a source with these functions, as they are published."""
    return compile_program(configuration(*functions), memory)


def through(code: str, *calls: dict[str, Any], **members: Any) -> Through:
    """What becomes of calls under a function."""
    return lead([stored({"batch": list(calls)})], programs=programs(ready(code, **members)))


def track(properties: dict[str, Any] | None = None, **members: Any) -> dict[str, Any]:
    call = {"type": "track", "event": "Order Completed", "userId": "u1", "messageId": "m1"}
    return call | {"properties": properties or {}} | members


class Noting(Workshop):
    """A workshop that tells what was noted."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.noted: list[Any] = []

    @property
    def records(self) -> bool:
        return True

    def note(self, run: Any) -> None:
        self.noted.append(run)
