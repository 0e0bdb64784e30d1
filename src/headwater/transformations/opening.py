"""Published transformations with their secrets opened: for those who lead events through."""

import msgspec

from headwater.errors import HeadwaterError
from headwater.kit.logging import logger
from headwater.kit.vault import Vault
from headwater.transformations.model import PART, Published, Ready, Secrets, Transformation
from headwater.workspaces.model import Configuration


def opened(configuration: Configuration, vault: Vault) -> Configuration:
    """A configuration with the secrets of its transformations in the open."""
    part = configuration.parts.get(PART)
    if part is None:
        return configuration
    published = msgspec.json.decode(part, type=Published)
    ready = Published(
        {
            source_id: tuple(ready_of(each.transformation, vault) for each in found)
            for source_id, found in published.transformations.items()
        }
    )
    raw = msgspec.Raw(msgspec.json.encode(ready))
    return msgspec.structs.replace(configuration, parts={**configuration.parts, PART: raw})


def ready_of(transformation: Transformation, vault: Vault) -> Ready:
    """A transformation that can be run; one whose secrets cannot be opened keeps them sealed, and
    keeps its source's events aside."""
    try:
        return Ready(transformation, secrets_of(transformation, vault))
    except HeadwaterError as error:
        logger("transformations").error("secrets.sealed", id=transformation.id, why=error.message)
        return Ready(transformation)


def secrets_of(transformation: Transformation, vault: Vault) -> Secrets:
    """What is sealed with a transformation; nothing where nothing was."""
    if not transformation.sealed:
        return Secrets()
    return msgspec.json.decode(vault.open(transformation.sealed), type=Secrets)
