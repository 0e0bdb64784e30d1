"""The published configuration with its secrets opened: for those who lead events through."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from headwater.functions import opening as functions
from headwater.kit.vault import Vault
from headwater.transformations import opening as transformations
from headwater.webhooks import opening as webhooks
from headwater.workspaces import snapshot
from headwater.workspaces.model import Configuration

OPENERS: Final[tuple[Callable[[Configuration, Vault], Configuration], ...]] = (
    transformations.opened,
    functions.opened,
    webhooks.opened,
)
"""Each opens the secrets of its own part."""


class OpenedConfiguration(snapshot.OpenedConfiguration):
    """The published configuration with all secrets of its parts opened."""

    def __init__(self, directory: Path, vault: Vault) -> None:
        super().__init__(directory, lambda sealed: opened(sealed, vault))


def opened(configuration: Configuration, vault: Vault) -> Configuration:
    """A configuration with its secrets in the open."""
    for opener in OPENERS:
        configuration = opener(configuration, vault)
    return configuration
