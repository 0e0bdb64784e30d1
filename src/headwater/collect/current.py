"""The sources as they are now: read again regularly, and at once for a key that is not known."""

from headwater.collect.sources import Sources
from headwater.kit.logging import logger
from headwater.workspaces.snapshot import PublishedConfiguration

EVERY_SECONDS = 0.5

_log = logger("collect")


class CurrentSources:
    """Follows the published configuration."""

    def __init__(self, published: PublishedConfiguration) -> None:
        self._published = published
        self._configuration: object = None
        self.sources = Sources(None)
        self.refresh()

    def refresh(self) -> None:
        """Read the configuration again where it changed; an unreadable one is not taken."""
        try:
            configuration = self._published.current()
        except (OSError, ValueError) as error:
            _log.error("configuration.unreadable", error=str(error))
            return
        if configuration is not None and configuration is not self._configuration:
            self._configuration = configuration
            self.sources = Sources(configuration)

    def refresh_soon(self) -> bool:
        """Read it again where it changed, which costs one stat. Says whether the sources changed.

        A key made a moment ago is thus known to the first request that comes with it.
        """
        before = self.sources
        self.refresh()
        return self.sources is not before
