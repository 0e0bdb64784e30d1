"""The published configuration with its secrets opened: for those who lead events through."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from headwater.functions import opening as functions
from headwater.kit.vault import Vault
from headwater.transformations import opening as transformations
from headwater.workspaces.model import Configuration
from headwater.workspaces.snapshot import PublishedConfiguration

OPENERS: Final[tuple[Callable[[Configuration, Vault], Configuration], ...]] = (
    transformations.opened,
    functions.opened,
)
"""Each opens the secrets of its own part."""


class OpenedConfiguration(PublishedConfiguration):
    """The published configuration, whose secrets stay sealed in the file and are opened here."""

    def __init__(self, directory: Path, vault: Vault) -> None:
        super().__init__(directory)
        self._vault = vault
        self._sealed: Configuration | None = None
        self._opened: Configuration | None = None

    def current(self) -> Configuration | None:
        """The newest one, opened once."""
        newest = super().current()
        if newest is not self._sealed:
            self._opened = None if newest is None else opened(newest, self._vault)
            self._sealed = newest
        return self._opened


def opened(configuration: Configuration, vault: Vault) -> Configuration:
    """A configuration with its secrets in the open."""
    for opener in OPENERS:
        configuration = opener(configuration, vault)
    return configuration
