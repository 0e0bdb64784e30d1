"""The delivery overview, from the warehouse and the ledger."""

from typing import Protocol

import anyio.to_thread

from headwater.delivery import rules
from headwater.delivery.model import (
    DELIVERY,
    DeliveryCount,
    DeliveryLook,
    DeliveryOverviewMetricsDataset,
    DeliveryWanted,
    Stage,
)
from headwater.ledger import read
from headwater.ledger.model import Ledger
from headwater.ports import Log
from headwater.queries.looks import Looking, look
from headwater.queries.model import LoaderLedger
from headwater.workspaces.model import Source


class Asked(Looking, Protocol):
    """The warehouse role, as far as the delivery overview needs it."""

    async def ledger(self) -> LoaderLedger: ...


async def kept(
    warehouse: Asked, source: Source, stage: Stage, wanted: DeliveryWanted
) -> list[DeliveryOverviewMetricsDataset]:
    """What the warehouse holds: events received, or refused on the way in. Raises InvalidError."""
    rules.check(wanted)
    asked = DeliveryLook(stage, source.slug, source.id, wanted)
    counts = await look(warehouse, DELIVERY, source.workspace_id, asked, list[DeliveryCount])
    return rules.datasets(counts, wanted)


async def filtered(
    warehouse: Asked, log: Log, source: Source, wanted: DeliveryWanted
) -> list[DeliveryOverviewMetricsDataset]:
    """What was dropped on purpose, by the ledger. Raises InvalidError for what is not kept."""
    rules.check(wanted)
    rules.check_filtered(wanted)
    loader = await warehouse.ledger()

    def accounts() -> Ledger:
        return read.read(log, loader.positions, loader.tallies)

    ledger = await anyio.to_thread.run_sync(accounts)
    return rules.datasets(rules.filtered(ledger.accounts, source.id, wanted), wanted)
