"""What the pages work with; app/control.py puts it together."""

from dataclasses import dataclass

from headwater.access.changes import Changes
from headwater.backends import Backends
from headwater.kit.clock import Clock
from headwater.ports import Log
from headwater.queries.remote import RemoteWarehouse
from headwater.settings import Settings
from headwater.workspaces.snapshot import PublishedConfiguration


@dataclass(frozen=True, kw_only=True)
class Context:
    """The parts of a running Headwater that pages read and change."""

    settings: Settings
    clock: Clock
    changes: Changes
    log: Log
    published: PublishedConfiguration
    warehouse: RemoteWarehouse
    backends: Backends
