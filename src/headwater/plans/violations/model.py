"""What is asked about violations, and what is answered."""

from collections.abc import Sequence
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from headwater.kit.cursors import Moment
from headwater.spec.violations import Remedy, ViolationType

COUNTS: Final = "violation_counts"
SAMPLES: Final = "violation_samples"
"""The names of the looks."""

MOST_COUNTS: Final = 10_000
"""So many counts are answered at most: those of the latest hours."""
MOST_SAMPLES: Final = 200

_Text = Annotated[str, Meta(max_length=1000)]


class Selection(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Violations: those that fulfil all that is given.

    `since` and `until` (microseconds, until exclusive) are of their events' receipt.
    """

    plan_id: _Text = ""
    source_ids: Annotated[tuple[str, ...], Meta(max_length=1000)] = ()
    event_type: _Text = ""
    event: _Text | None = None
    field: _Text | None = None
    type: ViolationType | None = None
    since: int | None = None
    until: int | None = None


class Place(msgspec.Struct, frozen=True, array_like=True):
    """A violation's place in the order of lists: the newest receipt first."""

    received_at: Moment
    key: str


class CountsLook(msgspec.Struct, frozen=True):
    """Asks how many violations a selection has, by hour, source, event, field and type."""

    selection: Selection


class SamplesLook(msgspec.Struct, frozen=True, kw_only=True):
    """Asks for a page of violations, the newest first."""

    selection: Selection
    after: Place | None = None
    count: int = 50


class CountRow(msgspec.Struct, frozen=True, array_like=True):
    """Violations of one kind in one hour (hours since the epoch), as the warehouse counts them."""

    hour: int
    source_id: str
    event_type: str
    event: str
    field: str
    type: ViolationType
    description: str
    count: int
    blocked: int
    omitted: int
    last_at: int


class SampleRow(msgspec.Struct, frozen=True, kw_only=True):
    """A violation as the warehouse has it."""

    key: str
    source_id: str
    plan_id: str
    received_at: int
    message_id: str
    event_type: str
    event: str
    type: ViolationType
    field: str
    rule: str
    description: str
    value: str
    event_version: int | None
    remedy: Remedy
    count: int


class ViolationCount(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Violations of one kind in one hour: `hour` is its start; `description` is one of them said in
    a sentence. `blocked` counts those whose event was kept aside or forwarded, `omitted` those
    whose field was left out."""

    hour: str
    source_id: str
    event_type: str
    event: str
    field: str
    type: ViolationType
    description: str
    count: int
    blocked: int
    omitted: int
    last_at: str


class ViolationSample(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A violation. `value` is the JSON of what was wrong, cut short; null where the asker may not
    see what is in events. `count` is more than one where it stands for several."""

    source_id: str
    plan_id: str
    received_at: str
    message_id: str
    event_type: str
    event: str
    type: ViolationType
    field: str
    rule: str
    description: str | None
    value: str | None
    event_version: int | None
    remedy: Remedy
    count: int


class ViolationsPage(msgspec.Struct, frozen=True):
    """A page of violations; `next` is the cursor of the page after it, empty at the end."""

    violations: Sequence[ViolationSample]
    next: str = ""
