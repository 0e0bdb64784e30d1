"""Website sources."""

from typing import Final

from headwater.workspaces.catalog.model import IntegrationOptionBeta, SourceMetadataV1, drawn

KIND: Final = SourceMetadataV1(
    id="website",
    name="Website",
    slug="website",
    description="Events of web pages, by analytics.js or any library that runs in a browser.",
    logos=drawn("M3 5h18v14H3zM3 9h18M6 7h.01M9 7h.01"),
    options=(
        IntegrationOptionBeta(
            name="allowedOrigins",
            type="array",
            required=False,
            label="Allowed origins",
            description="The origins whose pages may send, such as https://shop.example; "
            "none lets all of them.",
            default_value=(),
        ),
    ),
    categories=("Website",),
)
