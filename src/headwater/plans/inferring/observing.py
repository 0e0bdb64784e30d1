"""Events as they come by, one after the other, put down in bounded memory. Pure."""

from array import array
from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from headwater.plans.inferring.formats import format_of
from headwater.plans.inferring.model import LONGEST_VALUE
from headwater.plans.model import RuleType

MOST_EVENTS: Final = 1_000
MOST_PATHS: Final = 10_000
"""Over all events together."""
MOST_PATHS_OF_ONE: Final = 500
DEEPEST: Final = 8
MOST_ITEMS: Final = 50
"""Of one array."""
MOST_VALUES: Final = 100
MOST_NUMBERS: Final = 1_024
MOST_EXAMPLES: Final = 3
_NO_FORMAT_AFTER: Final = 200

TYPES: Final[Mapping[str, RuleType]] = {
    "track": RuleType.TRACK,
    "identify": RuleType.IDENTIFY,
    "group": RuleType.GROUP,
    "page": RuleType.PAGE,
    "screen": RuleType.SCREEN,
}
Key = tuple[RuleType, str, int]
"""A rule's type, the event's name (of a track event) and the version that it says it has."""


class Numbers:
    """The numbers at a place: their bounds, and every nth of them, evenly over all."""

    __slots__ = ("count", "every", "high", "kept", "low")

    def __init__(self) -> None:
        self.count = 0
        self.every = 1
        self.low = float("inf")
        self.high = float("-inf")
        self.kept = array("d")

    def add(self, number: float) -> None:
        if self.count % self.every == 0:
            self.kept.append(number)
            if len(self.kept) >= MOST_NUMBERS:
                self.kept = self.kept[::2]
                self.every *= 2
        self.count += 1
        self.low = min(self.low, number)
        self.high = max(self.high, number)


class Place:
    """A property, an array's items, or a whole object: all that was seen there."""

    __slots__ = (
        "below", "examples", "formats", "items", "kinds", "numbers", "seen", "strings", "values",
    )  # fmt: skip

    def __init__(self) -> None:
        self.seen = 0
        self.kinds: Counter[str] = Counter()
        self.values: Counter[str] | None = Counter()
        """Of texts; None once they are too many or too long."""
        self.strings = 0
        self.formats: Counter[str] = Counter()
        self.numbers: Numbers | None = None
        self.examples: list[Any] = []
        self.below: dict[str, Place] = {}
        self.items: Place | None = None


class Observed:
    """The events of one kind."""

    __slots__ = ("count", "first", "is_cut", "last", "left", "root")

    def __init__(self) -> None:
        self.count = 0
        self.first = 0
        self.last = 0
        self.is_cut = False
        self.left = MOST_PATHS_OF_ONE
        self.root = Place()


class Observer:
    """Takes in events, one at a time; what it has of them does not grow beyond its bounds."""

    def __init__(self) -> None:
        self.kinds: dict[Key, Observed] = {}
        self.events = 0
        self.overlooked = 0
        self._left = MOST_PATHS

    def see(self, event: Mapping[str, Any], at: int) -> None:
        """Put down an event in Segment's common shape, which was received at a time."""
        key = key_of(event)
        if key is None:
            return
        self.events += 1
        observed = self.kinds.get(key)
        if observed is None:
            if len(self.kinds) >= MOST_EVENTS:
                self.overlooked += 1
                return
            observed = self.kinds[key] = Observed()
        observed.count += 1
        observed.first = min(observed.first or at, at)
        observed.last = max(observed.last, at)
        members = event.get(member_of(key[0]))
        self._see(observed, observed.root, members if isinstance(members, dict) else {}, DEEPEST)

    def _see(self, observed: Observed, place: Place, value: Any, depth: int) -> None:
        kind = kind_of(value)
        place.seen += 1
        place.kinds[kind] += 1
        if kind == "object":
            if not depth:
                observed.is_cut = observed.is_cut or bool(value)
                return
            for name, inner in value.items():
                below = place.below.get(name) or self._place(observed, place.below, name)
                if below is not None:
                    self._see(observed, below, inner, depth - 1)
        elif kind == "array":
            if value and depth:
                if place.items is None:
                    place.items = Place()
                for item in value[:MOST_ITEMS]:
                    self._see(observed, place.items, item, depth - 1)
        elif kind == "string":
            _see_text(place, value)
        elif kind in ("integer", "number"):
            if place.numbers is None:
                place.numbers = Numbers()
            place.numbers.add(value)
            _keep_example(place, value)

    def _place(self, observed: Observed, below: dict[str, Place], name: str) -> Place | None:
        """A new place, where there is still room for one."""
        if not self._left or not observed.left:
            observed.is_cut = True
            return None
        self._left -= 1
        observed.left -= 1
        made = below[name] = Place()
        return made


def key_of(event: Mapping[str, Any]) -> Key | None:
    """The rule that an event is under; None for those that no plan speaks of."""
    kind = TYPES.get(event.get("type", ""))
    if kind is None:
        return None
    name = event.get("event") if kind is RuleType.TRACK else ""
    return (kind, name, _version(event)) if isinstance(name, str) else None


def member_of(kind: RuleType) -> str:
    """The member of an event that its rule is about."""
    return "traits" if kind in (RuleType.IDENTIFY, RuleType.GROUP) else "properties"


def kind_of(value: Any) -> str:
    """The type that JSON Schema gives a value; whole numbers are integers however written."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, str):
        return "string"
    if isinstance(value, int):
        return "integer"
    if isinstance(value, float):
        return "integer" if value.is_integer() else "number"
    return "object" if isinstance(value, dict) else "array"


def _version(event: Mapping[str, Any]) -> int:
    context = event.get("context")
    protocols = context.get("protocols") if isinstance(context, dict) else None
    version = protocols.get("event_version") if isinstance(protocols, dict) else None
    return version if type(version) is int and 1 <= version <= 1_000 else 1


def _see_text(place: Place, text: str) -> None:
    place.strings += 1
    values = place.values
    if values is not None:
        if len(text) > LONGEST_VALUE:
            place.values = None
        else:
            values[text] += 1
            if len(values) > MOST_VALUES:
                place.values = None
    if place.formats or place.strings <= _NO_FORMAT_AFTER:
        found = format_of(text)
        if found is not None:
            place.formats[found] += 1
    _keep_example(place, text[:LONGEST_VALUE])


def _keep_example(place: Place, value: Any) -> None:
    if len(place.examples) < MOST_EXAMPLES and value not in place.examples:
        place.examples.append(value)
