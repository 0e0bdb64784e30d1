"""The log in memory keeps the promises of every log."""

from collections.abc import Callable

import pytest

from headwater.logs.memory import MemoryLog
from headwater.ports import Log, Stream
from headwater.testing.log_contract import LogContract


class TestMemoryLog(LogContract):
    @pytest.fixture
    def log(self) -> Log:
        return MemoryLog({Stream.COLLECTED: ["reader"]})

    @pytest.fixture
    def reopened(self) -> Callable[[Log], Log]:
        return lambda log: log
