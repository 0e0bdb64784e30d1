"""What the API and the console's pages have in common: one object, made by app/control.py."""

import asyncio
import threading
from dataclasses import dataclass

from headwater.access.changes import Changes
from headwater.archive.requests import StoredRequests
from headwater.connections.running import Connections
from headwater.debugger.debugger import Debugger
from headwater.loading.model import Limits as TableLimits
from headwater.pipeline.event import Limits
from headwater.plans.drift.watching import DriftWatch
from headwater.ports import Log
from headwater.quarantine.appending import Replays as Appending
from headwater.quarantine.quarantine import Quarantine
from headwater.queries.remote import RemoteWarehouse
from headwater.replays.replays import Replays
from headwater.sampling import Sampling, sampling
from headwater.schemas.reading import Schemas
from headwater.search.events import EventSearch
from headwater.settings import Settings
from headwater.syncing.reading import Syncing
from headwater.uploads.uploads import Uploads
from headwater.volumes.reading import Volumes
from headwater.whatif.whatif import WhatIf
from headwater.workspaces.snapshot import PublishedConfiguration


@dataclass(frozen=True, kw_only=True)
class Backends:
    """The features that answer from the log and the warehouse. For one event loop."""

    volumes: Volumes
    search: EventSearch
    schemas: Schemas
    syncing: Syncing
    debugger: Debugger
    quarantine: Quarantine
    requests: StoredRequests
    replays: Replays
    what_if: WhatIf
    sample: Sampling
    drift: DriftWatch
    uploads: Uploads
    connections: Connections

    async def run(self) -> None:
        """Go on with what a stop has cut short; let go of the log when cancelled."""
        try:
            await self.quarantine.resume()
            await asyncio.gather(
                self.replays.runner.run(),
                self.drift.run(),
                self.uploads.run(),
                self.connections.run(),
            )
        finally:
            self.what_if.close()
            await self.quarantine.aclose()


def backends(
    settings: Settings,
    changes: Changes,
    log: Log,
    published: PublishedConfiguration,
    warehouse: RemoteWarehouse,
    stop: threading.Event | None = None,
    *,
    requests: StoredRequests | None = None,
) -> Backends:
    """The backends of a running Headwater; what watches the log ends when `stop` is set."""
    limits = Limits(settings.max_event_bytes, settings.max_batch_events, settings.max_nesting)
    requests = requests or StoredRequests(log)
    appending = Appending(log, lambda: quarantine.pending() | replays.runner.pending())
    quarantine = Quarantine(changes, log, warehouse, published.current, limits, appending)
    replays = Replays(changes, log, requests, appending, warehouse, published.current, limits)
    tables = TableLimits(settings.max_columns, settings.max_event_tables)
    sample = sampling(log, published.current, limits)
    return Backends(
        volumes=Volumes(
            log, warehouse, changes.clock, settings.data_dir, dismissed=quarantine.dismissed
        ),
        search=EventSearch(warehouse),
        schemas=Schemas(warehouse, changes.clock),
        syncing=Syncing(warehouse),
        debugger=Debugger(log, warehouse, published.current, limits, stop),
        quarantine=quarantine,
        requests=requests,
        replays=replays,
        what_if=WhatIf(changes, log, requests, warehouse, limits, tables),
        sample=sample,
        drift=DriftWatch(settings, changes, sample),
        uploads=Uploads(settings, changes),
        connections=Connections(settings, changes),
    )
