"""What the pages work with; app/control.py puts it together."""

from dataclasses import dataclass
from functools import cached_property

from headwater.access.changes import Changes
from headwater.backends import Backends
from headwater.kit.clock import Clock
from headwater.kit.vault import Vault, open_vault
from headwater.ports import Log
from headwater.queries.remote import RemoteWarehouse
from headwater.settings import Settings
from headwater.whatif.proposal import Rehearsing
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
    rehearsing: Rehearsing

    @cached_property
    def vault(self) -> Vault:
        """What seals secrets."""
        return open_vault(self.settings.data_dir, self.settings.secret_key)
