"""What usage is asked for, and what it is."""

from typing import Final

import msgspec

PEOPLE: Final = "people"
"""The name of the look."""


class PeopleLook(msgspec.Struct, frozen=True):
    """What the warehouse is asked: who was seen for the first time in [start, end), on which day;
    of each of the sources, or of all together."""

    slugs: tuple[str, ...]
    start: int
    end: int
    by_source: bool


class PeopleCount(msgspec.Struct, frozen=True, array_like=True):
    """How many ids were first seen on a day (in whole days since the epoch): users, anonymous ids,
    and anonymous ids that were first seen together with a user."""

    slug: str | None
    day: int
    users: int
    anonymous: int
    anonymous_identified: int


class CallsOfDay(msgspec.Struct, frozen=True):
    """The events of a source, or of all, accepted on a day."""

    source_id: str
    day: int
    calls: int


class PeopleOfDay(msgspec.Struct, frozen=True):
    """The people of a source, or of all, from the period's start to the end of a day."""

    slug: str
    day: int
    identified: int
    anonymous: int
    anonymous_identified: int

    @property
    def never_identified(self) -> int:
        return self.anonymous - self.anonymous_identified
