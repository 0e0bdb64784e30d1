"""The table of sync rules."""

from typing import Final

from sqlalchemy import BigInteger, Column, ForeignKey, Table, Text

from headwater.kit.tables import METADATA

SYNC_RULES: Final = Table(
    "sync_rules",
    METADATA,
    Column(
        "workspace_id",
        Text,
        ForeignKey("workspaces.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("subject", Text, primary_key=True),
    Column("trait", Text, primary_key=True),
    Column("rule", Text, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
)
