"""Fill members that are missing or null with what the same person's last event had there.

A person is told by the `userId`, and where there is none by the `anonymousId`. The values of the
last `people` different persons are remembered, none longer than 1,000 bytes of JSON.
"""

from collections import OrderedDict
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from headwater.cleaning.model import Decide, Kind, Making
from headwater.cleaning.values import Paths
from headwater.pipeline.event import Event
from headwater.pipeline.members import GONE, Change, changer, reader

LONGEST: Final = 1_000

Known = OrderedDict[str, dict[str, Any]]
"""By person: the last value at each path."""


class Settings(msgspec.Struct, forbid_unknown_fields=True):
    """What is set of the rule."""

    paths: Paths
    people: Annotated[int, Meta(ge=1, le=500_000, description="How many people to remember.")] = (
        100_000
    )


def compiled(settings: Settings, rule: Making) -> Decide:
    """Raises ValueError for a bad path, and for one with `*`."""
    if any("*" in path for path in settings.paths):
        raise ValueError("paths: each must name one member, without *")
    places = [(path, reader(path), changer(path)) for path in settings.paths]
    most = settings.people
    people: Known = rule.remembered(settings, OrderedDict)

    def decide(event: Event) -> bool:
        person = f"u{event.user_id}" if event.user_id else f"a{event.anonymous_id}"
        known = people.pop(person, None) or {}
        is_touched = False
        for path, read, change_at in places:
            value = read(event)
            if value is not GONE and value is not None:
                _remember(known, path, value)
            elif path in known:
                filling = known[path]
                is_touched |= change_at(event, _always(filling))
        if known:
            people[person] = known
            if len(people) > most:
                people.popitem(last=False)
        return is_touched

    return decide


def _always(value: Any) -> Change:
    return lambda _: value


def _remember(known: dict[str, Any], path: str, value: Any) -> None:
    if type(value) in (int, float, bool) or len(msgspec.json.encode(value)) <= LONGEST:
        known[path] = value
    else:
        known.pop(path, None)


KIND = Kind("fill_last_known", __doc__, Settings, compiled, {"paths": ["properties.plan"]})
