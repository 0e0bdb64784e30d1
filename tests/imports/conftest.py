"""What the tests of imports share: files, their events, and a tracking server that remembers."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from headwater.imports.converting import Account, FileEvents
from headwater.imports.mapping_file import parse_mapping
from headwater.imports.model import FileRules, Row


class Converted:
    """What a file became: its events, its rejected rows and the account of both."""

    def __init__(self, events: list[dict[str, Any]], rejects: list[tuple[int, str, str]]) -> None:
        self.events = events
        self.rejects = rejects
        self.account = Account()


Convert = Callable[..., Converted]


@pytest.fixture
def convert(tmp_path: Path) -> Convert:
    """Turn a text into events by a mapping (TOML), or by none."""

    def run(written: str | bytes, mapping: str = "", name: str = "file.csv") -> Converted:
        path = tmp_path / name
        path.write_bytes(written if isinstance(written, bytes) else written.encode())
        read = parse_mapping(mapping, "mapping.toml") if mapping else None
        converted = Converted([], [])

        def reject(row: Row, reason: str) -> None:
            converted.rejects.append((row.line, reason, row.raw))

        with FileEvents(path, read, read.file if read else FileRules(), "id", reject) as events:
            converted.account = events.account
            converted.events += [json.loads(event.body) for event in events]
        return converted

    return run


class TrackingServer:
    """An httpx transport that answers as the tracking API does and remembers what it took."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.requests = 0
        self.answers: list[httpx.Response | Exception] = []
        """What to answer first; then everything is taken."""

    def client(self) -> httpx.Client:
        return httpx.Client(base_url="http://server", transport=httpx.MockTransport(self._answer))

    def ids(self) -> list[str]:
        return [event["messageId"] for event in self.events]

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests += 1
        if self.answers:
            answer = self.answers.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer
        self.events += json.loads(gzip.decompress(request.content))["batch"]
        return httpx.Response(200, json={"success": True})


@pytest.fixture
def tracking() -> TrackingServer:
    return TrackingServer()
