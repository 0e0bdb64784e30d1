"""What the life of the shop is made of."""

from random import Random
from typing import Any, Final, NamedTuple

import msgspec

SECOND: Final = 1_000_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
WEEK: Final = 7 * DAY

WEBSITE: Final = "Shop website"
SERVER: Final = "Shop server"
APP: Final = "Shop app"
SOURCES: Final = {WEBSITE: "website", SERVER: "server", APP: "mobile"}

Event = dict[str, Any]


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """How much life to make: `weeks` that end at `end` (microseconds since the epoch)."""

    end: int
    weeks: int = 6
    visitors: int = 2000
    seed: int = 1

    @property
    def start(self) -> int:
        return self.end - self.weeks * WEEK


class Happening(NamedTuple):
    """An event of a source, and when it is sent (later than it happened, for late ones)."""

    sent_at: int
    source: str
    event: Event


class Country(NamedTuple):
    code: str
    name: str
    city: str
    currency: str
    rate: float
    """Units of the currency for one euro."""
    locale: str
    zone: str


class Person(NamedTuple):
    """A visitor. `user_id` is theirs from the sign-up on, where they ever sign up."""

    number: int
    rng: Random
    anonymous_id: str
    user_id: str
    name: str
    email: str
    country: Country
    company: int
    """The number of the company that they buy for; -1 for none."""
    first_visit: int
    keenness: float
    """From 0 to 1: how often they come and how likely they buy."""
    has_app: bool


def make_id(rng: Random) -> str:
    """An id in the form of a UUID, from the generator alone."""
    digits = f"{rng.getrandbits(128):032x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
