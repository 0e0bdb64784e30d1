"""Published functions with their secrets opened: for those who run them."""

from typing import Any

import msgspec

from headwater.errors import HeadwaterError
from headwater.functions.model import PART, Published, Ready
from headwater.kit.logging import logger
from headwater.kit.vault import Vault
from headwater.workspaces.model import Configuration


def opened(configuration: Configuration, vault: Vault) -> Configuration:
    """A configuration with the secrets of its functions in the open."""
    part = configuration.parts.get(PART)
    if part is None:
        return configuration
    published = msgspec.json.decode(part, type=Published)
    ready = Published(
        {
            source_id: tuple(ready_of(each, vault) for each in found)
            for source_id, found in published.inserts.items()
        },
        {source_id: ready_of(each, vault) for source_id, each in published.sources.items()},
    )
    raw = msgspec.Raw(msgspec.json.encode(ready))
    return msgspec.structs.replace(configuration, parts={**configuration.parts, PART: raw})


def ready_of(published: Ready, vault: Vault) -> Ready:
    """A function that can be run; one whose secrets cannot be opened keeps them sealed, and is
    given no events."""
    try:
        secrets = secrets_of(published.sealed, vault)
    except HeadwaterError as error:
        log = logger("functions")
        log.error("secrets.sealed", instance=published.instance_id, why=error.message)
        return published
    return msgspec.structs.replace(published, secrets=secrets)


def secrets_of(sealed: str, vault: Vault) -> dict[str, Any]:
    """The settings that are sealed; none where nothing was. Raises HeadwaterError."""
    if not sealed:
        return {}
    return msgspec.json.decode(vault.open(sealed), type=dict[str, Any])
