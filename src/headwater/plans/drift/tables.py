"""The table of drifts."""

from typing import Final

from sqlalchemy import BigInteger, Column, ForeignKey, Table, Text

from headwater.kit.tables import METADATA

PLAN_DRIFTS: Final = Table(
    "plan_drifts",
    METADATA,
    Column("id", Text, primary_key=True),  # a hash of what drifts: the same drift is one row
    Column("workspace_id", Text, nullable=False),
    Column("plan_id", Text, ForeignKey("plans.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("source_id", Text, ForeignKey("sources.id", ondelete="CASCADE"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("path", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("seen", BigInteger, nullable=False),
    Column("of", BigInteger, nullable=False),
    Column("amendment", Text, nullable=False),  # JSON
    Column("status", Text, nullable=False),
    Column("first_seen", BigInteger, nullable=False),
    Column("last_seen", BigInteger, nullable=False),
    Column("told_at", BigInteger),
    Column("settled_at", BigInteger),
    Column("settled_by", Text, nullable=False),  # whom people know by this name
)
