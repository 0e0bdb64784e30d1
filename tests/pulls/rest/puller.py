"""Pulls an API that is served here into a tracking server that remembers."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from headwater.kit.clock import FakeClock
from headwater.pulls.around import Around
from headwater.pulls.definition import parse
from headwater.pulls.rest.definition import RestDefinition
from headwater.pulls.rest.ready import text_of
from headwater.pulls.run import Job, Pulled, run
from tests.imports.conftest import TrackingServer

START = 1_760_000_000
"""The time at which the tests begin, in seconds."""


class Puller:
    """Runs of one definition. `waits` are those that the runs made, none of which takes time."""

    def __init__(
        self, definition: RestDefinition, secrets: Mapping[str, str], folder: Path
    ) -> None:
        self.definition = definition
        self.secrets = dict(secrets)
        self.folder = folder
        self.server = TrackingServer()
        self.clock = FakeClock(START * 1_000_000)
        self.waits: list[float] = []

    def around(self) -> Around:
        return Around(secrets=self.secrets, clock=self.clock, pause=self._pause)

    def pull(self, **options: Any) -> Pulled:
        job = Job(
            definition=self.definition,
            source_id="s1",
            write_key="k1",
            data_dir=self.folder / "data",
            rejected=self.folder / "rejected.jsonl",
            is_reset=options.pop("is_reset", False),
            around=options.pop("around", self.around()),
        )
        return run(job, self.server.client(), **options)

    def events(self) -> list[tuple[str, str]]:
        """What arrived since the last look: the event (or its type), and whom it names; each
        messageId once."""
        ids = self.server.ids()
        assert len(ids) == len(set(ids))
        found = sorted(map(_told, self.server.events))
        self.server.events.clear()
        return found

    def _pause(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.clock.advance(seconds=seconds)


def _told(event: dict[str, Any]) -> tuple[str, str]:
    who = event.get("groupId") or event.get("userId") or event.get("anonymousId") or ""
    return event.get("event") or event["type"], who


def ready(name: str, base_url: str = "", *keep: str) -> RestDefinition:
    """A ready definition, at another address, with some of its resources, at full speed."""
    found = parse(text_of(name), f"{name}.yaml")
    assert isinstance(found, RestDefinition)
    limits = msgspec.structs.replace(found.rest.limits, requests_per_second=0)
    rest = msgspec.structs.replace(found.rest, limits=limits)
    if base_url:
        rest = msgspec.structs.replace(rest, base_url=base_url)
    kept = tuple(each for each in found.resources if not keep or each.name in keep)
    return RestDefinition(rest, kept)


def definition(text: str) -> RestDefinition:
    """A definition of a test's own."""
    found = parse(text, "test.yaml")
    assert isinstance(found, RestDefinition)
    return found
