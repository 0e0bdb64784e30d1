"""Server sources."""

from typing import Final

from headwater.workspaces.catalog.model import SourceMetadataV1, drawn

KIND: Final = SourceMetadataV1(
    id="server",
    name="Server",
    slug="server",
    description="Events of programs on machines of yours: Python, Node, Go, Java, Ruby, PHP, curl.",
    logos=drawn("M4 4h16v6H4zM4 14h16v6H4zM8 7h.01M8 17h.01"),
    options=(),
    categories=("Server",),
)
