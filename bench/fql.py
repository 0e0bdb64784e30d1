"""Filters against the same conditions as plain Python lambdas, in the same run.

`python -m bench.fql [--rounds N]`
"""

import argparse
import time
from collections.abc import Callable
from typing import Any

from headwater.fql import compile as compile_fql

Event = dict[str, Any]
Holds = Callable[[Event], bool]


def _price(event: Event) -> float:
    value = event.get("properties", {}).get("price")
    return value if isinstance(value, int | float) else -1


CASES: tuple[tuple[str, Holds], ...] = (
    ('type = "track"', lambda event: event.get("type") == "track"),
    (
        'type = "track" and event = "Order Completed"',
        lambda event: event.get("type") == "track" and event.get("event") == "Order Completed",
    ),
    (
        'type = "track" and (event = "Cart Viewed" or properties.price >= 100)',
        lambda event: (
            event.get("type") == "track"
            and (event.get("event") == "Cart Viewed" or _price(event) >= 100)
        ),
    ),
    (
        'match(event, "Order *") and !contains(context.page.path, "/test")',
        lambda event: (
            event.get("event", "").startswith("Order ")
            and "/test" not in event.get("context", {}).get("page", {}).get("path", "")
        ),
    ),
)

EVENTS: tuple[Event, ...] = tuple(
    {
        "type": "page" if number % 5 == 0 else "track",
        "event": ("Order Completed", "Cart Viewed", "Product Viewed")[number % 3],
        "properties": {"price": number % 200},
        "context": {"page": {"path": f"/products/{number}"}},
    }
    for number in range(1000)
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=300)
    rounds = parser.parse_args().rounds
    for source, plain in CASES:
        holds = compile_fql(source)
        if any(holds(event) != plain(event) for event in EVENTS):
            raise AssertionError(f"{source} disagrees with its lambda")
        own, by_hand = _nanoseconds(holds, rounds), _nanoseconds(plain, rounds)
        print(f"{own:5.0f} ns, a lambda {by_hand:5.0f} ns ({own / by_hand:.2f})  {source}")


def _nanoseconds(holds: Holds, rounds: int) -> float:
    start = time.process_time()
    for _ in range(rounds):
        for event in EVENTS:
            holds(event)
    return (time.process_time() - start) / rounds / len(EVENTS) * 1e9


if __name__ == "__main__":
    main()
