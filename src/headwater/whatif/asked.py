"""What is asked of what-if: which changes, and which events."""

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from headwater.whatif.model import MOST_EVENTS, MOST_PASTED, MOST_SAMPLES
from headwater.whatif.proposal import Proposal

Moment = Annotated[str, Meta(max_length=64)]


class Events(msgspec.Struct, frozen=True, rename="camel"):
    """Which events: given ones, those of a time, or else the last ones.

    `source` is an id, slug or name; without one it is all sources, and for given events the first.
    """

    source: Annotated[str, Meta(max_length=200)] = ""
    given: Annotated[Sequence[dict[str, Any]], Meta(max_length=MOST_PASTED)] = ()
    last: Annotated[int, Meta(ge=1, le=MOST_EVENTS)] = 1_000
    since: Moment | None = None
    until: Moment | None = None
    most: Annotated[
        int, Meta(ge=1, le=MOST_EVENTS, description="The most events of a time to read.")
    ] = 100_000
    every: Annotated[
        int, Meta(ge=1, le=10_000, description="Take every so many-th person alone.")
    ] = 1


class Asked(msgspec.Struct, frozen=True):
    """A proposal, the events, and how many of those that differ are shown."""

    proposal: Proposal = Proposal()
    events: Events = Events()
    samples: Annotated[int, Meta(ge=0, le=MOST_SAMPLES)] = 20
