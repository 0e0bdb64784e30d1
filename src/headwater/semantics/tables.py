"""The table of definitions: a row for each version."""

from typing import Final

from sqlalchemy import BigInteger, Column, ForeignKey, PrimaryKeyConstraint, Table, Text

from headwater.kit.tables import METADATA

DEFINITIONS: Final = Table(
    "semantic_definitions",
    METADATA,
    Column("workspace_id", Text, ForeignKey("workspaces.id", ondelete="CASCADE"), nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("document", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("created_by_name", Text, nullable=False),
    PrimaryKeyConstraint("workspace_id", "version"),
)
