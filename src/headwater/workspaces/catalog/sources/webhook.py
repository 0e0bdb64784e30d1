"""Webhook sources."""

from typing import Final

from headwater.workspaces.catalog.model import SourceMetadataV1, drawn

KIND: Final = SourceMetadataV1(
    id="webhook",
    name="Webhook",
    slug="webhook",
    description="Events that another service sends by calling an address.",
    logos=drawn("M9 9a4 4 0 1 1 4 3l2 4M7 16a4 4 0 1 0 4 2h5M17 14a4 4 0 1 1-2 6"),
    options=(),
    categories=("Cloud App",),
)
