"""The sources' figures for pages, which do without them while the warehouse does not answer."""

from collections.abc import Mapping, Sequence

import msgspec

from headwater.errors import UnavailableError
from headwater.kit.clock import MICROSECONDS_PER_HOUR
from headwater.volumes.model import SourceVolume
from headwater.web.frame import Visit
from headwater.web.moments import micros
from headwater.workspaces.model import Source


class Figures(msgspec.Struct, frozen=True):
    """What the sources sent in a window that ends now, by their ids; empty if it is not known."""

    by_id: Mapping[str, SourceVolume]
    is_known: bool

    def accepted(self, source_id: str) -> int:
        volume = self.by_id.get(source_id)
        return volume.accepted if volume else 0

    def last_event(self, source_id: str) -> int | None:
        """When a source's newest event was received, in microseconds."""
        volume = self.by_id.get(source_id)
        return micros(volume.last_event_at) if volume else None


async def volumes_of(visit: Visit, sources: Sequence[Source], *, hours: int = 24) -> Figures:
    """The figures of these sources."""
    volumes = visit.context.backends.volumes
    try:
        found = await volumes.by_source(visit.principal.workspace_id, sources, hours=hours)
    except UnavailableError:
        return Figures({}, is_known=False)
    return Figures(found, is_known=True)


def hours_until(now: int, count: int) -> list[int]:
    """The beginnings of the last hours, oldest first, the one under way last; in microseconds."""
    this = now - now % MICROSECONDS_PER_HOUR
    return [this - (count - 1 - number) * MICROSECONDS_PER_HOUR for number in range(count)]
