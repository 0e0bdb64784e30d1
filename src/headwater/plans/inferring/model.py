"""What is learnt of events, and the plan that is proposed by it, with its evidence."""

from collections.abc import Sequence
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from headwater.plans.model import RuleType

Share = Annotated[float, Meta(ge=0, le=1)]

ASPECTS: Final = ("required", "enums", "ranges", "formats")
"""What of a proposal can be taken or left; types are always taken."""

MOST_READ: Final = 100_000
LONGEST_VALUE: Final = 100


class Thresholds(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """When something seen is taken for a rule, and when for a slip.

    `enough`: from so many values on, more than their types is concluded from them.
    `required`: a property that at least this share of events has is required.
    `noise`: what less than this share has (a type, null, a property, another format) is a slip.
    `rare_value`: a value with less than this share is no member of an enumeration. A type or value
    that was seen but once among enough is a slip, whatever its share.
    `format`: a format that at least this share of the texts keeps to is the property's.
    `most_values`: an enumeration has no more, and each was seen `repeats` times on average.
    """

    enough: Annotated[int, Meta(ge=1, le=1_000_000)] = 50
    required: Share = 0.99
    noise: Share = 0.01
    rare_value: Share = 0.005
    format: Share = 0.99
    most_values: Annotated[int, Meta(ge=2, le=100)] = 20
    repeats: Annotated[int, Meta(ge=1, le=10_000)] = 10


class Counted(msgspec.Struct, frozen=True):
    """A value, a type or a format, and how often it was seen."""

    value: Any
    count: int


class Slip(msgspec.Struct, frozen=True):
    """Something too rare to be a rule, which events did all the same."""

    kind: Literal["type", "null", "value", "format", "range", "missing", "property"]
    detail: str
    count: int


class Evidence(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What was seen of a property: in `seen` of the `of` objects that could have it.

    `distinct` is how many values it took, null where they were too many to keep.
    """

    path: str
    seen: int
    of: int
    types: Sequence[Counted]
    nulls: int
    distinct: int | None
    values: Sequence[Counted]
    minimum: float | None
    maximum: float | None
    formats: Sequence[Counted]
    examples: Sequence[Any]
    is_proposed: bool
    is_required: bool
    rule: dict[str, Any]
    slips: Sequence[Slip]

    @property
    def rate(self) -> float:
        return self.seen / self.of if self.of else 0.0


class Proposal(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A rule that events of a kind seem to keep to. One that is rare may be a slip in the name."""

    type: RuleType
    key: str
    version: int
    events: int
    first_seen: str
    last_seen: str
    is_rare: bool
    is_cut: bool
    """Not all paths were kept."""
    json_schema: dict[str, Any]
    evidence: Sequence[Evidence]


class Inferred(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What is proposed by so many events; `overlooked` had names beyond the most that are kept."""

    events: int
    overlooked: int
    since: str | None
    until: str | None
    proposals: Sequence[Proposal]
