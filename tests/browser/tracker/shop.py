"""A shop whose pages load the tracker, and what arrives from it."""

import json
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import httpx
import msgspec
from playwright.sync_api import Page

from headwater.testing.whole import Whole
from headwater.tracker.snippet import snippet

READY = "window.analytics && analytics.initialized && !analytics.length"


class Shop:
    """A web server of its own: pages by path, each with headers of its own."""

    def __init__(self, port: int) -> None:
        self.pages: dict[str, tuple[str, Mapping[str, str]]] = {}
        self.url = f"http://localhost:{port}"

    def serve(self, path: str, head: str, body: str = "<h1>Shop</h1>", **headers: str) -> str:
        """Put a page under a path. Returns its address."""
        html = f"<!doctype html><html><head><title>{path}</title>{head}</head><body>{body}</body>"
        self.pages[path] = (html, {name.replace("_", "-"): v for name, v in headers.items()})
        return self.url + path


class Source(msgspec.Struct, frozen=True):
    """A website source of its own, and what arrived at it."""

    whole: Whole
    name: str
    key: str

    @property
    def url(self) -> str:
        return self.whole.url

    @property
    def snippet(self) -> str:
        return snippet(self.url, self.key)

    def events(self, expected: int) -> list[dict[str, Any]]:
        """The stored events in the order of their numbers, once there are as many as expected."""
        self.whole.wait_until(lambda: len(self.stored()) >= expected)
        self.whole.wait_until_loaded()
        found = self.stored()
        assert len(found) == expected, [each.get("event", each["type"]) for each in found]
        return sorted(found, key=lambda event: event["context"]["sequence"]["number"])

    def stored(self) -> list[dict[str, Any]]:
        """What is stored by now."""
        answer = httpx.get(
            f"{self.url}/api/export/events",
            params={"source": self.name},
            headers={"Authorization": f"Bearer {self.whole.token}"},
            timeout=60,
        )
        answer.raise_for_status()
        return [json.loads(line) for line in answer.text.splitlines()]


def with_options(source: Source, options: str) -> str:
    """The snippet with options for the tracker."""
    return source.snippet.replace(", {});", f", {options});")


def lost(events: list[dict[str, Any]]) -> int:
    """How many events the tracker counted and the server never got, by the numbers alone."""
    seen: dict[str, set[int]] = defaultdict(set)
    counted: dict[str, int] = defaultdict(int)
    for event in events:
        sequence = event["context"]["sequence"]
        page = sequence["page"]
        seen[page].add(sequence["number"])
        counted[page] = max(counted[page], sequence["number"])
        if before := sequence.get("previousPage"):
            counted[before] = max(counted[before], sequence["previousNumber"])
    return sum(counted[page] - len(seen[page]) for page in counted)


def settle(tab: Page) -> None:
    """Wait until the tracker's queue is empty, while the test's own routes answer."""
    tab.wait_for_function("!Object.keys(localStorage).some(name => name.startsWith('hw_queue'))")


def go(tab: Page, address: str) -> None:
    """Open a page and wait until its tracker has started."""
    tab.goto(address)
    tab.wait_for_function(READY)
