"""What volumes are asked for, and what they are."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Final

import msgspec
from msgspec import Meta

VOLUMES: Final = "volumes"
LAST_EVENTS: Final = "last_events"
"""The names of the looks."""

MOST_POINTS: Final = 1_500
MOST_GROUPS: Final = 1_000
MOST_NAMES: Final = 200


class Granularity(StrEnum):
    """How long the time of one point is."""

    MINUTE = "MINUTE"
    HOUR = "HOUR"
    DAY = "DAY"

    @property
    def microseconds(self) -> int:
        return {"MINUTE": 60, "HOUR": 3600, "DAY": 86_400}[self.value] * 1_000_000


class GroupBy(StrEnum):
    """What each series is of."""

    SOURCE = "source"
    EVENT_NAME = "eventName"
    EVENT_TYPE = "eventType"


_Names = Annotated[tuple[str, ...], Meta(max_length=MOST_NAMES)]


class VolumesWanted(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Loaded events received in [start, end) (microseconds), counted by time and group.

    What is given beside narrows it: to sources by their ids, events by their names as sent, types
    of call, versions of the app (`context.app.version`).
    """

    granularity: Granularity
    start: int
    end: int
    group_by: tuple[GroupBy, ...] = ()
    source_ids: _Names = ()
    event_names: _Names = ()
    event_types: _Names = ()
    app_versions: _Names = ()


class Point(msgspec.Struct, frozen=True):
    """How many events were received in the time that begins at `time` (ISO 8601)."""

    time: str
    count: int


class Series(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The volume of one group, without a gap; what it is not grouped by is null."""

    source_id: str | None = None
    event_name: str | None = None
    event_type: str | None = None
    total: int
    series: Sequence[Point]


class VolumesLook(msgspec.Struct, frozen=True, kw_only=True):
    """What the warehouse is asked: counts by time (of `width` microseconds) and group."""

    slugs: tuple[str, ...]
    width: int
    start: int
    end: int
    by_source: bool = False
    by_event: bool = False
    by_type: bool = False
    event_names: tuple[str, ...] = ()
    event_types: tuple[str, ...] = ()
    app_versions: tuple[str, ...] = ()


class Count(msgspec.Struct, frozen=True, array_like=True):
    """A number of events in a group; `bucket` numbers the time since the epoch in widths."""

    slug: str | None
    event: str | None
    type: str | None
    bucket: int
    count: int


class LastLook(msgspec.Struct, frozen=True):
    """Asks when each source's newest loaded event was received."""

    slugs: tuple[str, ...]


class SourceVolume(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A source in a window of whole hours: what became of its events, and how it keeps time.

    `sparkline` counts the accepted events of each hour, the oldest first. `usual_gap_seconds` is
    the usual time between its events where it is active; null where too few were ever received.
    """

    source_id: str
    accepted: int = 0
    loaded: int = 0
    rejected: int = 0
    duplicates: int = 0
    filtered: int = 0
    waiting: int = 0
    sparkline: Sequence[int] = ()
    total: int = 0
    last_event_at: str | None = None
    usual_gap_seconds: float | None = None
    is_silent: bool = False
    silent_since: str | None = None


class Freshness(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How far behind the warehouse is. The lag is the age of the oldest event that waits."""

    waiting: int = 0
    waiting_pipeline: int = 0
    waiting_loader: int = 0
    oldest_waiting_at: str | None = None
    lag_seconds: float = 0.0
    last_accepted_at: str | None = None
    last_loaded_at: str | None = None


class Overview(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Whether everything is all right, in a window of whole hours."""

    balanced: bool
    difference: int
    totals: Mapping[str, int]
    previous_accepted: int
    """In the window of the same length before this one."""
    hourly: Sequence[Point]
    rejected: Mapping[str, int]
    freshness: Freshness
    sources: Sequence[SourceVolume]
    disk_free_bytes: int
    log_bytes: int
    quarantined_open: int
