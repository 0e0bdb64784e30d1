"""Support's analyses as a person sees them, in both languages."""

from datetime import timedelta
from typing import Any

import httpx
from playwright.sync_api import expect

from headwater.kit.clock import SystemClock, to_datetime
from headwater.testing.whole import Whole
from tests.browser.conftest import LOOKS, Visit


def come(server: Whole) -> None:
    """Eight tickets of the last days; six are solved and rated."""
    key = server.create_source("Help desk")[1]
    begin = to_datetime(SystemClock().now()) - timedelta(days=5)
    calls: list[dict[str, Any]] = []

    def call(number: int, hours: float, event: str, **said: Any) -> None:
        at = (begin + timedelta(hours=10 * number + hours)).isoformat()
        told = {"type": "track", "userId": f"asks-{number}", "timestamp": at, "event": event}
        calls.append({**told, "properties": {"ticket_id": f"T{number}", **said}})

    for number in range(8):
        topic = "login" if number % 2 else "billing"
        call(number, 0, "Ticket Created", topic=topic, priority="high")
        call(number, 1 + number / 4, "Ticket Replied", author_role="agent", agent="Ann")
        if number < 6:
            call(number, 5 + number, "Ticket Solved", agent="Ann")
            call(number, 6 + number, "Feedback Given", rating=1 + 4 * (number % 2))
    sent = httpx.post(f"{server.url}/v1/batch", json={"batch": calls}, auth=(key, ""))
    sent.raise_for_status()
    server.wait_until_loaded()
    _have_loaded(server)


def _have_loaded(server: Whole) -> None:
    """The libraries of analyses are loaded by the first that is asked, which takes its time."""
    asked = httpx.post(
        f"{server.url}/api/analyses/bad-ratings",
        json={"period": {"days": 7}},
        headers={"Authorization": f"Bearer {server.token}"},
        timeout=120,
    )
    asked.raise_for_status()


def test_supports_analyses_are_drawn_and_told(visit: Visit, server: Whole) -> None:
    come(server)
    paths = {
        "support?by=topic&period.days=7": ("billing", "login"),
        "backlog?period.days=7": ("2",),
        "bottlenecks?period.days=7": ("created", "answered"),
        "bad-ratings?period.days=7&least=1": ("billing",),
    }
    for look, chosen in ((LOOKS[0], list(paths)), (LOOKS[1], list(paths)[:2])):
        visitor = visit(look)
        for path in chosen:
            visitor.go(f"/analyses/{path}")
            expect(visitor.page.locator("#answer .plot svg").first).to_be_visible()
            for text in paths[path]:
                expect(visitor.page.locator("#answer")).to_contain_text(text)
            visitor.check_access()
            visitor.shot(f"support-{path.partition('?')[0]}-{look.name}")
