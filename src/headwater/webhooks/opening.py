"""Senders with their secrets opened: for those who check signatures and read requests."""

import msgspec

from headwater.errors import HeadwaterError
from headwater.kit.logging import logger
from headwater.kit.vault import Vault
from headwater.webhooks.model import PART, Published, Sender
from headwater.workspaces.model import Configuration


def opened(configuration: Configuration, vault: Vault) -> Configuration:
    """A configuration with the secrets of its webhooks' senders in the open."""
    part = configuration.parts.get(PART)
    if part is None:
        return configuration
    published = msgspec.json.decode(part, type=Published)
    senders = {
        source_id: _opened(source_id, sender, vault)
        for source_id, sender in published.senders.items()
    }
    raw = msgspec.Raw(msgspec.json.encode(Published(published.handlers, senders)))
    return msgspec.structs.replace(configuration, parts={**configuration.parts, PART: raw})


def _opened(source_id: str, sender: Sender, vault: Vault) -> Sender:
    try:
        return msgspec.structs.replace(sender, secret=vault.open(sender.sealed).decode())
    except HeadwaterError as error:
        logger("webhooks").error("secret.sealed", source=source_id, why=error.message)
        return sender
