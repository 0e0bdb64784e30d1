"""The table of transformations."""

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Table, Text

from headwater.kit.tables import METADATA

TRANSFORMATIONS: Final = Table(
    "transformations",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("workspace_id", Text, ForeignKey("workspaces.id", ondelete="CASCADE"), nullable=False),
    Column("source_id", Text, ForeignKey("sources.id", ondelete="CASCADE"), nullable=False),
    Column("name", Text, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("definition", Text, nullable=False),
    Column("sealed", Text, nullable=False),  # the Secrets, as the vault gave them
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
)
