"""Database sources."""

from typing import Final

from headwater.workspaces.catalog.model import SourceMetadataV1, drawn

KIND: Final = SourceMetadataV1(
    id="database",
    name="Database",
    slug="database",
    description="Rows of a database, as events.",
    logos=drawn("M4 6a8 3 0 0 1 16 0v12a8 3 0 0 1-16 0zM4 6a8 3 0 0 0 16 0M4 12a8 3 0 0 0 16 0"),
    options=(),
    categories=("Database",),
)
