"""Mobile sources."""

from typing import Final

from headwater.workspaces.catalog.model import SourceMetadataV1, drawn

KIND: Final = SourceMetadataV1(
    id="mobile",
    name="Mobile",
    slug="mobile",
    description="Events of apps on phones and tablets: iOS, Android, React Native.",
    logos=drawn("M7 2h10v20H7zM11 18h2"),
    options=(),
    categories=("Mobile",),
)
