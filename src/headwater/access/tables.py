"""The tables of API tokens and of the audit trail."""

from typing import Final

from sqlalchemy import BigInteger, Column, ForeignKey, Table, Text

from headwater.kit.tables import METADATA

TOKENS: Final = Table(
    "tokens",
    METADATA,
    Column("id", Text, primary_key=True),
    Column(
        "workspace_id",
        Text,
        ForeignKey("workspaces.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("hash", Text, nullable=False, unique=True),
    Column("created_at", BigInteger, nullable=False),
)

AUDIT: Final = Table(
    # No foreign keys: an entry outlives what it tells of.
    "audit",
    METADATA,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("workspace_id", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("subject_id", Text, nullable=False),
    Column("before", Text),
    Column("after", Text),
    Column("previous_hash", Text, nullable=False),
    Column("hash", Text, nullable=False),
)
