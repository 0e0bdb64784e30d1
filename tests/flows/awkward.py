"""Every kind of call with awkward values, and what became of those that an SDK sent."""

import json
from typing import Any

import httpx

from headwater.testing.whole import Whole

AWKWARD: dict[str, Any] = {
    "nested": {"a": {"b": [1, {"c": None}, [True, "x"]]}, "Mixed Case": {"键": "值"}},
    "chinese": "你好，世界 — 订单已完成",
    "emoji": "🎉👩‍👩‍👧‍👦🇨🇳",
    "nothing": None,
    "empty": "",
    "empty_list": [],
    "empty_object": {},
    "date": "2023-10-01T00:00:00.000Z",
    "large": 9007199254740991,
    "negative": -12.75,
    "tiny": 1e-7,
    "quote": 'he said "hi" \\ / \n\t',
    "nul": "a\u0000b",
    "list": [1, "two", None, {"three": 3}],
}
MEMBERS = {
    "identify": "traits",
    "group": "traits",
    "track": "properties",
    "page": "properties",
    "screen": "properties",
}
"""Where each call that has values has them."""
KINDS = sorted([*MEMBERS, "alias"])


def stored(whole: Whole, source: str, *, expected: int) -> list[dict[str, Any]]:
    """The events of a source as they would be delivered, once all that it accepted is loaded."""

    def exported() -> list[dict[str, Any]]:
        answer = httpx.get(
            f"{whole.url}/api/export/events",
            params={"source": source},
            headers={"Authorization": f"Bearer {whole.token}"},
            timeout=60,
        )
        answer.raise_for_status()
        return [json.loads(line) for line in answer.text.splitlines()]

    whole.wait_until(lambda: len(exported()) >= expected)
    whole.wait_until_loaded()
    return exported()


def only(events: list[dict[str, Any]], kind: str) -> dict[str, Any]:
    [event] = [event for event in events if event["type"] == kind]
    return event


def without_nulls(value: Any) -> Any:
    """A value as the libraries send it that leave out members which are null."""
    if isinstance(value, dict):
        return {key: without_nulls(each) for key, each in value.items() if each is not None}
    return [without_nulls(each) for each in value] if isinstance(value, list) else value
