"""The last events of some sources, as they come to their tracking plan: cleaned, and before it.

What a plan blocks or omits is still there, so that what is learnt of them is what is really sent.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from itertools import takewhile
from typing import Any, Final

from headwater.debugger.backwards import backwards
from headwater.debugger.passed import delivered_rows
from headwater.governing import FEATURES, compile_program
from headwater.pipeline.batch import process
from headwater.pipeline.event import Limits
from headwater.plans.model import PART as PLANS
from headwater.ports import Log, Stored
from headwater.spec import accepted
from headwater.workspaces.model import Configuration

_AT_ONCE: Final = 100
_LOOKED_BACK: Final = 50_000
_LOOKED_BYTES: Final = 128_000_000

BEFORE_PLANS: Final = tuple(takewhile(lambda feature: feature.part != PLANS, FEATURES))

Sampled = tuple[str, int, Mapping[str, Any]]
"""The source of an event, when it was received, and the event in Segment's common shape."""
Sampling = Callable[[Collection[str], int, int], Iterator[Sampled]]
"""Of these sources, the last so many events of each, received since a time."""


def sampling(
    log: Log, configuration: Callable[[], Configuration | None], limits: Limits
) -> Sampling:
    """Reads samples from a log, under the configuration as it then is."""

    def sampled(source_ids: Collection[str], count: int, since: int) -> Iterator[Sampled]:
        now = configuration()
        if now is not None:
            yield from _events(_latest(log, source_ids, count, since), now, limits)

    return sampled


def _latest(log: Log, source_ids: Collection[str], count: int, since: int) -> list[Stored]:
    """The last requests of some sources, in order: as many as hold so many events of each, where
    the log has them, and no further back than some ten thousand requests."""
    found: list[Stored] = []
    wanted = dict.fromkeys(source_ids, count)
    for stored in backwards(log, requests=_LOOKED_BACK, size=_LOOKED_BYTES):
        record = stored.record
        if record.received_at < since or not wanted:
            break
        left = wanted.get(record.source_id)
        if left is None:
            continue
        found.append(stored)
        if left > record.count:
            wanted[record.source_id] = left - record.count
        else:
            del wanted[record.source_id]
    return found[::-1]


def _events(
    requests: list[Stored], configuration: Configuration, limits: Limits
) -> Iterator[Sampled]:
    """The events of requests that pass all that comes before plans, each message once."""
    programs = compile_program(configuration, features=BEFORE_PLANS)
    sources = configuration.by_id()
    seen: set[tuple[str, str]] = set()
    at = 0
    while at < len(requests):
        batch = process(requests[at : at + _AT_ONCE], sources, limits, after={}, programs=programs)
        at += batch.requests
        for (source_id, _), passed in batch.passed.items():
            body = passed.columns.body([True] * len(passed.columns))
            for received_at, event in delivered_rows(accepted.decode(body)):
                key = (source_id, event["messageId"])
                if key not in seen:
                    seen.add(key)
                    yield source_id, received_at, event
