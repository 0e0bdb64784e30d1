"""File sources."""

from typing import Final

from headwater.workspaces.catalog.model import SourceMetadataV1, drawn

KIND: Final = SourceMetadataV1(
    id="file",
    name="File",
    slug="file",
    description="Rows of CSV and JSON files, as events, by `headwater import`.",
    logos=drawn("M6 2h8l5 5v15H6zM14 2v5h5M9 13h7M9 17h7"),
    options=(),
    categories=("File",),
)
