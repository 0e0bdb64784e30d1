"""What puts people together out of what all sources say, as a service beside the loader."""

import time
from collections.abc import Callable, Mapping
from typing import Final, Protocol

from headwater.syncing.model import RuleSet, Subject, rules_in
from headwater.workspaces.model import Configuration

_SHARE: Final = 2.0
"""It rests so many times as long as it worked, for the loader has work of its own then."""


class Merging(Protocol):
    """The warehouses whose people are merged."""

    def merge(self, rules_of: Callable[[str], Mapping[Subject, RuleSet]]) -> int:
        """Put the next rows together, by each workspace's rules. Returns how many."""
        ...


class MergeWorker:
    """Merges what was said anew, some at a time. For one thread."""

    name = "merger"

    def __init__(
        self,
        warehouses: Merging,
        configuration: Callable[[], Configuration | None],
        rest: Callable[[float], object],
    ) -> None:
        """`rest` waits so many seconds, or less where there is a reason to."""
        self._warehouses = warehouses
        self._configuration = configuration
        self._rest = rest

    def run_once(self) -> int:
        """Put the next rows together. Returns how many."""
        configuration = self._configuration()
        if configuration is None:
            return 0
        started = time.monotonic()
        done = self._warehouses.merge(lambda workspace_id: rules_in(configuration, workspace_id))
        if done:
            self._rest(_SHARE * (time.monotonic() - started))
        return done
