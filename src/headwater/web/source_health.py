"""How a source is doing, in one word: for the list, the overview and its own page."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final

from headwater.volumes.model import SourceVolume
from headwater.workspaces.model import Source

REJECTING: Final = 0.05
"""The share of rejected events from which a source needs somebody."""

FEWEST: Final = 10
"""So few rejected events need nobody yet: the first tries of a new source."""


class Health(StrEnum):
    """What to say of a source. Its own words are in the templates."""

    OFF = "off"
    """Disabled: its events are kept aside."""
    NEW = "new"
    """No event ever."""
    SILENT = "silent"
    """Quiet for longer than its rhythm explains."""
    REJECTING = "rejecting"
    """Much of what it sends goes to quarantine."""
    RECEIVING = "receiving"
    """Events within the window."""
    QUIET = "quiet"
    """No events within the window, which is nothing unusual for it."""
    UNKNOWN = "unknown"
    """The figures cannot be had now."""

    @property
    def tone(self) -> str:
        """How its mark is coloured."""
        return _TONES[self]


_TONES: Final = {
    Health.OFF: "",
    Health.NEW: "",
    Health.SILENT: "warn",
    Health.REJECTING: "bad",
    Health.RECEIVING: "good",
    Health.QUIET: "good",
    Health.UNKNOWN: "",
}


def health(source: Source, volume: SourceVolume | None) -> Health:
    """How a source is doing, by what it sent."""
    if not source.enabled:
        return Health.OFF
    if volume is None:
        return Health.UNKNOWN
    if not volume.total:
        return Health.NEW
    if volume.is_silent:
        return Health.SILENT
    if volume.rejected >= FEWEST and volume.rejected >= REJECTING * volume.accepted:
        return Health.REJECTING
    return Health.RECEIVING if volume.accepted else Health.QUIET


def healths(sources: Iterable[Source], volumes: Mapping[str, SourceVolume]) -> Mapping[str, Health]:
    """How each source is doing, by its id."""
    return {each.id: health(each, volumes.get(each.id)) for each in sources}
