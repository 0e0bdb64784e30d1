"""How the tests run functions: with limits so short that nothing waits."""

from collections.abc import Sequence
from typing import Any

from headwater.functions.runtime.breaker import Share
from headwater.functions.runtime.model import Kind, Limits, Program, Result
from headwater.functions.runtime.sandbox import Sandbox
from headwater.kit.addresses import FetchPolicy

SHORT = Limits(event_seconds=1.0, busy_seconds=0.4, batch_seconds=6.0, memory_bytes=160_000_000)
UNLIMITED = Share(share=1000.0, burst_seconds=1000.0, first_rest_seconds=0.0)
"""The breaker stays closed."""


def sandbox(
    code: str,
    kind: Kind = Kind.INSERT,
    settings: dict[str, Any] | None = None,
    secrets: tuple[str, ...] = (),
    limits: Limits = SHORT,
    fetch: FetchPolicy | None = None,
    share: Share = UNLIMITED,
) -> Sandbox:
    program = Program(code, kind, settings or {}, secrets)
    return Sandbox(program, limits, fetch=fetch, share=share)


def track(number: int = 0, **properties: Any) -> dict[str, Any]:
    return {
        "type": "track",
        "event": "Order Completed",
        "messageId": f"m-{number}",
        "userId": f"user-{number}",
        "properties": {"number": number, **properties},
    }


def of(code: str, event: dict[str, Any] | None = None, kind: Kind = Kind.INSERT) -> Result:
    """What a function makes of one event."""
    with sandbox(code, kind) as function:
        return function.run([event or track()])[0]


def value(expression: str) -> Any:
    """What a JavaScript expression, which may await, is inside of a handler."""
    code = f"async function onTrack(event) {{ return {{ value: {expression} }}; }}"
    result = of(code)
    assert result.failed is None, result.failed
    assert result.events is not None
    return result.events[0].get("value")


def kinds(results: Sequence[Result]) -> list[str]:
    return [
        result.failed.kind.value
        if result.failed
        else "dropped"
        if result.dropped is not None
        else "unchanged"
        if result.events is None
        else "changed"
        for result in results
    ]
