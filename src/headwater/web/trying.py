"""Trials on the console's pages: what a change would do to the last events, or to a pasted one."""

from collections.abc import Collection
from typing import Any, Final

import msgspec
from starlette.concurrency import run_in_threadpool

from headwater.errors import BadRequestError, NotFoundError
from headwater.pipeline.event import Limits
from headwater.web.frame import Visit
from headwater.web.navigation import N_, WHAT_IF
from headwater.web.settings_form import Sent, last
from headwater.whatif.model import Effect
from headwater.whatif.trial import Comparison, compare, latest, pasted
from headwater.workspaces.model import Configuration

TRY: Final = WHAT_IF
"""What a trial takes: it shows events."""
COUNTS: Final = (100, 1_000, 10_000)
SHOWN: Final = 20

EFFECTS: Final = {
    Effect.CHANGED: (N_("altered"), "accent"),
    Effect.DROPPED: (N_("left out"), "warn"),
    Effect.QUARANTINED: (N_("kept aside"), "bad"),
    Effect.RELEASED: (N_("passes now"), "good"),
    Effect.DUPLICATE: (N_("now a duplicate"), "warn"),
    Effect.DECIDED_OTHERWISE: (N_("another reason"), "warn"),
}
"""What a trial says of an event, and its tone."""


async def tried(
    visit: Visit,
    what: str,
    source_ids: Collection[str],
    configurations: tuple[Configuration, Configuration],
    *,
    count: int,
    event: str = "",
) -> Comparison:
    """What the second configuration does, against the first. Raises BadRequestError for an event
    that is no JSON object, and NotFoundError where there is no source."""
    context = visit.context
    if event.strip():
        if not source_ids:
            raise NotFoundError("There is no source that could have sent this event.")
        requests = pasted([_event(event)], next(iter(source_ids)), context.clock.now())
    else:
        requests = await run_in_threadpool(latest, context.log, set(source_ids), count)
        context.changes.record_read(visit.principal, "Events", what)
    settings = context.settings
    limits = Limits(settings.max_event_bytes, settings.max_batch_events, settings.max_nesting)
    return await run_in_threadpool(compare, requests, *configurations, limits, samples=SHOWN)


def trial_values(visit: Visit, values: Sent | None, trial: Comparison | None) -> dict[str, Any]:
    """What a page with a trial shows of it."""
    sent = values or {}
    return {
        "trial": trial,
        "effects": EFFECTS,
        "counts": COUNTS,
        "count": count_of(sent),
        "event": last(sent, "event"),
        "may_try": visit.may(TRY),
    }


def count_of(values: Sent) -> int:
    """How many events the form asks to try on."""
    asked = last(values, "count", str(COUNTS[1]))
    return int(asked) if asked in map(str, COUNTS) else COUNTS[1]


def _event(text: str) -> dict[str, Any]:
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    except (msgspec.DecodeError, RecursionError):
        raise BadRequestError("event: is not a JSON object.") from None
