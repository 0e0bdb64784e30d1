"""What the delivery overview is asked for, and what it tells."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Final

import msgspec
from msgspec import UNSET, Meta, UnsetType

DELIVERY: Final = "delivery"
"""The name of the look."""

MOST_POINTS: Final = 1_500
MOST_GROUPS: Final = 1_000
MOST_NAMES: Final = 200


class Stage(StrEnum):
    """Where the warehouse keeps what is counted."""

    RECEIVED = "received"
    REFUSED = "refused"


class Granularity(StrEnum):
    """How long the time of one point is. Segment's clients write it in either letter case."""

    MINUTE = "MINUTE"
    HOUR = "HOUR"
    DAY = "DAY"

    @classmethod
    def _missing_(cls, value: object) -> "Granularity | None":
        text = str(value)
        return cls(text.upper()) if text != text.upper() else None

    @property
    def microseconds(self) -> int:
        return {"MINUTE": 60, "HOUR": 3600, "DAY": 86_400}[self.value] * 1_000_000


class Dimension(StrEnum):
    """What each series is of."""

    EVENT_NAME = "eventName"
    EVENT_TYPE = "eventType"
    APP_VERSION = "appVersion"
    DISCARD_REASON = "discardReason"


_Names = Annotated[tuple[str, ...], Meta(max_length=MOST_NAMES)]


class DeliveryWanted(msgspec.Struct, frozen=True, kw_only=True):
    """Events received in [start, end) (microseconds), counted by time and group; only those with
    the names, types, versions and reasons given, where any are."""

    granularity: Granularity
    start: int
    end: int
    group_by: tuple[Dimension, ...] = ()
    event_names: _Names = ()
    event_types: _Names = ()
    app_versions: _Names = ()
    reasons: _Names = ()


class DeliveryLook(msgspec.Struct, frozen=True):
    """What the warehouse is asked: the counts of one source at one stage."""

    stage: Stage
    slug: str
    source_id: str
    wanted: DeliveryWanted


class DeliveryCount(msgspec.Struct, frozen=True, array_like=True):
    """A number of events in a group; `bucket` numbers the time since the epoch in widths."""

    event: str | None
    type: str | None
    version: str | None
    reason: str | None
    bucket: int
    count: int


class DeliveryOverviewMetricsDatapoint(msgspec.Struct, frozen=True):
    """How many events there were in the time that begins at `time`."""

    time: str
    count: int


class DeliveryOverviewMetricsDataset(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The series of a group, without a gap. A group of events that have no name has none."""

    event_name: str | UnsetType = UNSET
    event_type: str | UnsetType = UNSET
    app_version: str | UnsetType = UNSET
    discard_reason: str | UnsetType = UNSET
    total: int
    series: Sequence[DeliveryOverviewMetricsDatapoint]
