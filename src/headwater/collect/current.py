"""The sources as they are now: read again regularly, and at once for a key that is not known."""

import time
from collections.abc import Callable

from headwater.collect.sources import Sources
from headwater.kit.logging import logger
from headwater.workspaces.snapshot import PublishedConfiguration

EVERY_SECONDS = 0.5
_AT_MOST_EVERY_SECONDS = 0.2

_log = logger("collect")


class CurrentSources:
    """Follows the published configuration."""

    def __init__(
        self,
        published: PublishedConfiguration,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._published = published
        self._monotonic = monotonic
        self._read_at = float("-inf")
        self._configuration: object = None
        self.sources = Sources(None)
        self.refresh()

    def refresh(self) -> None:
        """Read the configuration again where it changed; an unreadable one is not taken."""
        self._read_at = self._monotonic()
        try:
            configuration = self._published.current()
        except (OSError, ValueError) as error:
            _log.error("configuration.unreadable", error=str(error))
            return
        if configuration is not None and configuration is not self._configuration:
            self._configuration = configuration
            self.sources = Sources(configuration)

    def refresh_soon(self) -> bool:
        """Read it again unless that was done a moment ago. Says whether the sources changed."""
        if self._monotonic() - self._read_at < _AT_MOST_EVERY_SECONDS:
            return False
        before = self.sources
        self.refresh()
        return self.sources is not before
