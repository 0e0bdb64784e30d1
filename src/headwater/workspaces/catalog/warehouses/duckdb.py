"""The embedded warehouse."""

from typing import Final

from headwater.workspaces.catalog.model import WarehouseMetadataV1, drawn

KIND: Final = WarehouseMetadataV1(
    id="duckdb",
    name="DuckDB",
    slug="duckdb",
    description="The warehouse that every workspace has from the start: DuckDB in the data folder, "
    "with each event a moment after it was sent.",
    logos=drawn("M4 12a8 8 0 1 0 16 0 8 8 0 1 0-16 0M13 12h3"),
    options=(),
)
