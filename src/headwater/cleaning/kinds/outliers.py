"""Deal with numbers that are far from the others of late: flag the event, clamp the number, ….

`zscore` measures from the mean, in standard deviations; `iqr` from the quartiles, in the distance
between them, and minds a few wild values less. `threshold` is how far is too far. The others are
the last `window` numbers at the same path, for each event's name by itself with `by_event`; every
number is counted among them, also one that was too far, so that a new level is learned. Nothing is
judged before there are `least` numbers, nor while they are all the same.

The last `names` names are remembered, each with its window.
"""

from bisect import bisect_left, insort
from collections import OrderedDict, deque
from collections.abc import Callable
from math import fsum, isfinite, sqrt
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from headwater.cleaning.actions import NumberAction, on_event
from headwater.cleaning.model import Decide, Decision, Kind, Making
from headwater.cleaning.values import Path
from headwater.pipeline.event import Event
from headwater.pipeline.members import GONE, Change, changer, reader

Bounds = tuple[float, float]


class Settings(msgspec.Struct, forbid_unknown_fields=True):
    """What is set of the rule."""

    path: Annotated[Path, Meta(description="The member that has the number.")]
    method: Annotated[
        Literal["zscore", "iqr"], Meta(description="What distance is measured by.")
    ] = "iqr"
    threshold: Annotated[float, Meta(gt=0, le=1_000, description="How far is too far.")] = 3.0
    window: Annotated[
        int, Meta(ge=10, le=10_000, description="How many numbers are the others.")
    ] = 1_000
    least: Annotated[
        int, Meta(ge=5, le=10_000, description="How many there must be to judge by.")
    ] = 50
    by_event: Annotated[
        bool, Meta(description="Whether each event's name has a window of its own.")
    ] = True
    names: Annotated[
        int, Meta(ge=1, le=5_000, description="How many names' windows to remember.")
    ] = 500
    action: NumberAction = "flag"


class Window:
    """The last numbers, in their order and sorted, and their sums."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._values: deque[float] = deque()
        self._sorted: list[float] = []
        self._origin = 0.0  # sums are of distances from here, so that large numbers lose nothing
        self._sum = self._squares = 0.0
        self._since = size

    def __len__(self) -> int:
        return len(self._values)

    def add(self, value: float) -> None:
        """Add a number; the oldest goes when there are too many."""
        self._values.append(value)
        insort(self._sorted, value)
        self._count(value, 1)
        if len(self._values) > self._size:
            oldest = self._values.popleft()
            del self._sorted[bisect_left(self._sorted, oldest)]
            self._count(oldest, -1)
        self._since += 1
        if self._since >= self._size:  # what rounding has added up is forgotten
            self._since = 0
            self._origin = fsum(self._values) / len(self._values)
            distances = [each - self._origin for each in self._values]
            self._sum = fsum(distances)
            self._squares = fsum(each * each for each in distances)

    def _count(self, value: float, times: int) -> None:
        distance = value - self._origin
        self._sum += times * distance
        self._squares += times * distance * distance

    def by_deviation(self, threshold: float) -> Bounds | None:
        """The mean, and so many standard deviations to both sides; None where there are none."""
        count = len(self._values)
        distance = self._sum / count
        variance = self._squares / count - distance * distance
        # What is left of equal numbers is rounding.
        if variance <= distance * distance * 1e-12 or not isfinite(variance):
            return None
        mean, reach = self._origin + distance, threshold * sqrt(variance)
        return mean - reach, mean + reach

    def by_quartiles(self, threshold: float) -> Bounds | None:
        """The quartiles, and so many times their distance beyond; None where they are the same."""
        lower, upper = self._quantile(0.25), self._quantile(0.75)
        reach = threshold * (upper - lower)
        return None if reach == 0 else (lower - reach, upper + reach)

    def _quantile(self, part: float) -> float:
        place = part * (len(self._sorted) - 1)
        index = int(place)
        below = self._sorted[index]
        above = self._sorted[min(index + 1, len(self._sorted) - 1)]
        return below + (above - below) * (place - index)


def compiled(settings: Settings, rule: Making) -> Decide:
    """Raises ValueError for a bad path, one with `*`, and a window that is never full enough."""
    if "*" in settings.path:
        raise ValueError("path: must name one member, without *")
    if settings.least > settings.window:
        raise ValueError("least: is more than the window holds")
    read, deal = reader(settings.path), _dealing(settings, rule)
    windows: OrderedDict[str, Window] = rule.remembered(settings, OrderedDict)
    threshold, least, most_names = settings.threshold, settings.least, settings.names
    bounds_of = Window.by_quartiles if settings.method == "iqr" else Window.by_deviation

    def decide(event: Event) -> Decision:
        value = read(event)
        if type(value) not in (int, float) or not _is_usable(value):
            return False
        name = (event.event or event.name or event.type) if settings.by_event else ""
        window = windows.pop(name, None) or Window(settings.window)
        windows[name] = window
        if len(windows) > most_names:
            windows.popitem(last=False)
        bounds = bounds_of(window, threshold) if len(window) >= least else None
        window.add(float(value))
        if bounds is None or bounds[0] <= value <= bounds[1]:
            return False
        return deal(event, value, bounds)

    return decide


def _is_usable(value: float) -> bool:
    """Whether a number's square is one too."""
    return -1e150 < value < 1e150


def _dealing(settings: Settings, rule: Making) -> Callable[[Event, Any, Bounds], Decision]:
    action, path = settings.action, settings.path
    change_at = changer(path)
    if action in ("null", "remove"):
        instead: Change = (lambda _: None) if action == "null" else (lambda _: GONE)
        return lambda event, _, __: change_at(event, instead)
    if action == "clamp":

        def clamp(event: Event, value: Any, bounds: Bounds) -> bool:
            bound = bounds[0] if value < bounds[0] else bounds[1]
            return change_at(event, lambda _: bound)

        return clamp

    def judge(event: Event, value: Any, bounds: Bounds) -> Decision:
        why = f"`{path}` is {value}, outside {bounds[0]:g} … {bounds[1]:g} of the numbers of late."
        return on_event(action, rule, why)(event)

    return judge


KIND = Kind(
    "outliers",
    __doc__,
    Settings,
    compiled,
    {"path": "properties.price", "method": "iqr", "action": "quarantine"},
)
