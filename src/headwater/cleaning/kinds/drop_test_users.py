"""Leave out what test users do: by globs of their e-mail addresses, and by their ids.

An address is looked for in `traits.email`, `context.traits.email` and `properties.email`, and in
the `userId` itself; case does not matter.
"""

from functools import lru_cache
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from headwater.cleaning.actions import EventAction, on_event
from headwater.cleaning.model import Decide, Decision, Kind, Making
from headwater.fql import globs
from headwater.pipeline.event import Event
from headwater.pipeline.members import reader

LONGEST: Final = 320
_PLACES: Final = ("traits.email", "context.traits.email", "properties.email", "userId")

_Globs = Annotated[list[Annotated[str, Meta(min_length=1, max_length=256)]], Meta(max_length=1000)]


class Settings(msgspec.Struct, forbid_unknown_fields=True):
    """What is set of the rule."""

    emails: Annotated[_Globs, Meta(description="Globs of addresses, such as `*@example.com`.")] = (
        msgspec.field(default_factory=list)
    )
    users: Annotated[_Globs, Meta(description="Globs of user ids, such as `test-*`.")] = (
        msgspec.field(default_factory=list)
    )
    action: EventAction = "drop"


def compiled(settings: Settings, rule: Making) -> Decide:
    """Raises ValueError for a bad glob, and where nobody is named."""
    if not settings.emails and not settings.users:
        raise ValueError("emails or users must be given")
    emails = [globs.matcher(glob.lower()) for glob in settings.emails]
    users = [globs.matcher(glob) for glob in settings.users]
    readers = [reader(place) for place in _PLACES] if emails else []
    deal = on_event(settings.action, rule, "it is of a test user.")

    @lru_cache(maxsize=10_000)
    def is_email(text: str) -> bool:
        return any(matches(text.lower()) for matches in emails)

    @lru_cache(maxsize=10_000)
    def is_user(text: str) -> bool:
        return any(matches(text) for matches in users)

    def decide(event: Event) -> Decision:
        if users and event.user_id is not None and is_user(event.user_id[:LONGEST]):
            return deal(event)
        for read in readers:
            text = read(event)
            if type(text) is str and is_email(text[:LONGEST]):
                return deal(event)
        return False

    return decide


KIND = Kind(
    "drop_test_users",
    __doc__,
    Settings,
    compiled,
    {"emails": ["*@example.com"], "users": ["test-*"]},
)
