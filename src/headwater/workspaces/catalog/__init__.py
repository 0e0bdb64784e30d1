"""The kinds of source, warehouse and destination that can be had: one file each, one line here."""

from collections.abc import Mapping
from typing import Final

from headwater.workspaces.catalog.model import (
    DestinationMetadataV1,
    SourceMetadataV1,
    WarehouseMetadataV1,
)
from headwater.workspaces.catalog.sources import database, file, mobile, server, webhook, website
from headwater.workspaces.catalog.warehouses import duckdb

SOURCES: Final[Mapping[str, SourceMetadataV1]] = {
    kind.id: kind
    for kind in (
        website.KIND,
        server.KIND,
        mobile.KIND,
        webhook.KIND,
        file.KIND,
        database.KIND,
    )
}

WAREHOUSES: Final[Mapping[str, WarehouseMetadataV1]] = {kind.id: kind for kind in (duckdb.KIND,)}

DESTINATIONS: Final[Mapping[str, DestinationMetadataV1]] = {}
