"""What metrics and dimensions are."""

from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from headwater.analytics.conditions import Filter

MOST: Final = 500
KEPT_VERSIONS: Final = 100
Name = Annotated[str, Meta(pattern=r"^[a-z_][a-z0-9_]{0,62}$")]
Text = Annotated[str, Meta(max_length=1_000)]
Path = Annotated[str, Meta(max_length=500)]
Aggregation = Literal["count", "people", "sum", "average", "minimum", "maximum", "median"]
TYPES: Final = ("page", "screen", "identify", "group", "alias")


class Ratio(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A metric over another one."""

    of: Name
    to: Name


class Metric(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A number: an event's count, its people, or what one of its properties adds up to; or the
    ratio of two such metrics."""

    name: Name
    event: Annotated[str, Meta(max_length=200, description="An event's name, or `page`.")] = ""
    aggregation: Aggregation = "count"
    property: Annotated[Path, Meta(description="Such as `revenue`; none for a count.")] = ""
    where: Annotated[list[Filter], Meta(max_length=20)] = msgspec.field(default_factory=list)
    ratio: Ratio | None = None
    format: Literal["number", "percent", "currency", "duration"] = "number"
    unit: Annotated[str, Meta(max_length=50)] = ""
    description: Text = ""


class Dimension(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """What numbers are told apart by: a property of the event, or of its context."""

    name: Name
    property: Annotated[Path, Meta(min_length=1, description="`channel`, `context.locale`.")]
    description: Text = ""


class Definitions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All of a workspace: one file."""

    metrics: Annotated[list[Metric], Meta(max_length=MOST)] = msgspec.field(default_factory=list)
    dimensions: Annotated[list[Dimension], Meta(max_length=MOST)] = msgspec.field(
        default_factory=list
    )


class Version(msgspec.Struct, frozen=True):
    """The definitions as they were left by a change; 0 is before the first."""

    number: int
    definitions: Definitions
    at: int
    by: str
