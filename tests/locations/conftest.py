"""What the tests of locations share: a server that remembers, and jobs on places made here."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from headwater.locations.definition import parse
from headwater.locations.run import Job, Watched, run

EVENT = '[[events]]\nevent = "Ran"\nuserId = "{id}"\n[events.properties]\nn = "{n}"\n'


class Tracking:
    """Answers as the tracking API does; remembers the events, in their order."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []

    def client(self) -> httpx.Client:
        return httpx.Client(base_url="http://server", transport=httpx.MockTransport(self._answer))

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            self.events += json.loads(gzip.decompress(request.content))["batch"]
        return httpx.Response(200, json={"success": True})

    def users(self) -> list[str]:
        return [each["userId"] for each in self.events]

    def distinct(self) -> int:
        return len({each["messageId"] for each in self.events})


@pytest.fixture
def tracking() -> Tracking:
    return Tracking()


Watch = Callable[..., Watched]


@pytest.fixture
def watch(tmp_path: Path, tracking: Tracking) -> Watch:
    """Look once at a location, given by the lines of its `[location]`."""

    def look(location: str, **more: Any) -> Watched:
        job = Job(
            definition=parse(f"[location]\n{location}\n{more.pop('mapping', EVENT)}", "l.toml"),
            source_id="source",
            write_key="key",
            data_dir=tmp_path / "data",
            rejected=tmp_path / "rejected.jsonl",
            **more,
        )
        with tracking.client() as client:
            return run(job, client)

    return look


def rows(*ids: str) -> str:
    return "\n".join(["id,n", *(f"{each},1" for each in ids)]) + "\n"
