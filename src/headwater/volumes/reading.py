"""Volumes as the API and the pages ask for them."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from shutil import disk_usage
from typing import Final, Protocol

from headwater.errors import BadRequestError
from headwater.kit.clock import Clock
from headwater.ledger import rules
from headwater.ports import Log
from headwater.queries.looks import Looking, look
from headwater.volumes import overview as shown
from headwater.volumes import series
from headwater.volumes.model import (
    LAST_EVENTS,
    VOLUMES,
    Count,
    Freshness,
    LastLook,
    Overview,
    Series,
    SourceVolume,
    VolumesWanted,
)
from headwater.volumes.moment import Counted, Moment, Moments
from headwater.workspaces.model import Source

MOST_HOURS: Final = 24 * 90
_KEPT_SECONDS: Final = 1.0
_MOST_KEPT: Final = 200


class Asked(Looking, Counted, Protocol):
    """The warehouse role, as far as volumes need it."""


class Volumes:
    """Reads volumes; what was read is as good for a second. For one event loop."""

    def __init__(
        self,
        log: Log,
        warehouse: Asked,
        clock: Clock,
        data_dir: Path,
        *,
        dismissed: Callable[[str], int] = lambda _: 0,
    ) -> None:
        """`dismissed` counts a workspace's quarantined events that nobody need look at."""
        self._warehouse = warehouse
        self._clock = clock
        self._data_dir = data_dir
        self._dismissed = dismissed
        self._moments = Moments(log, warehouse)
        self._last: dict[tuple[str, tuple[str, ...]], tuple[float, Mapping[str, int]]] = {}

    async def series(
        self, workspace_id: str, sources: Sequence[Source], wanted: VolumesWanted
    ) -> list[Series]:
        """Series of loaded events, the largest first. Raises BadRequestError."""
        asked = series.look_of(wanted, sources)
        counts = await look(self._warehouse, VOLUMES, workspace_id, asked, list[Count])
        return series.series_of(counts, wanted, sources)

    async def by_source(
        self, workspace_id: str, sources: Sequence[Source], hours: int = 24
    ) -> dict[str, SourceVolume]:
        """Each source's volume in the last hours, by the source's id."""
        require_hours(hours)
        moment, last = await asyncio.gather(
            self._moments.now(), self._last_loaded(workspace_id, sources)
        )
        ids = [source.id for source in sources]
        return shown.by_source(moment, ids, last, hours, self._clock.now())

    async def freshness(self, workspace_id: str, sources: Sequence[Source]) -> Freshness:
        """How far behind the warehouse is."""
        moment, last = await asyncio.gather(
            self._moments.now(), self._last_loaded(workspace_id, sources)
        )
        ids = {source.id for source in sources}
        return shown.freshness(moment, ids, last, self._clock.now())

    async def overview(
        self, workspace_id: str, sources: Sequence[Source], hours: int = 24
    ) -> Overview:
        """Whether all is well, in one answer."""
        require_hours(hours)
        moment, last = await asyncio.gather(
            self._moments.now(), self._last_loaded(workspace_id, sources)
        )
        return self._overview(workspace_id, sources, moment, last, hours)

    def _overview(
        self,
        workspace_id: str,
        sources: Sequence[Source],
        moment: Moment,
        last: Mapping[str, int],
        hours: int,
    ) -> Overview:
        now = self._clock.now()
        ids = [source.id for source in sources]
        ledger = shown.of_sources(moment, set(ids))
        recent = shown.window(ledger, hours, now)
        total = rules.total(recent)
        earlier = shown.window(ledger, 2 * hours, now)
        kept_aside = sum(ledger.totals.rejected.values())
        return Overview(
            balanced=ledger.is_balanced,
            difference=ledger.totals.difference,
            totals=shown.totals(total),
            previous_accepted=rules.total(earlier).accepted - total.accepted,
            hourly=shown.hourly(recent, hours, now),
            rejected=total.rejected,
            freshness=shown.freshness(moment, set(ids), last, now),
            sources=list(shown.by_source(moment, ids, last, hours, now).values()),
            disk_free_bytes=disk_usage(self._data_dir).free,
            log_bytes=moment.log_bytes,
            quarantined_open=max(0, kept_aside - self._dismissed(workspace_id)),
        )

    async def _last_loaded(self, workspace_id: str, sources: Sequence[Source]) -> Mapping[str, int]:
        """When the newest loaded event of each source was received, by the source's id."""
        slugs = {source.slug: source.id for source in sources}
        if not slugs:
            return {}
        key = (workspace_id, tuple(slugs))
        kept = self._last.get(key)
        if kept is not None and time.monotonic() - kept[0] < _KEPT_SECONDS:
            return kept[1]
        asked = LastLook(tuple(slugs))
        found = await look(self._warehouse, LAST_EVENTS, workspace_id, asked, dict[str, int])
        last = {slugs[slug]: at for slug, at in found.items() if slug in slugs}
        if len(self._last) >= _MOST_KEPT:
            self._last.clear()
        self._last[key] = (time.monotonic(), last)
        return last


def require_hours(hours: int) -> None:
    """Raise BadRequestError for a window that is not shown."""
    if not 1 <= hours <= MOST_HOURS:
        raise BadRequestError(
            f"hours: must be from 1 to {MOST_HOURS}.", code="invalid_time", hint="24 is a day."
        )
