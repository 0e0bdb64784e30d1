"""The tables of questions asked and saved."""

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Table, Text, UniqueConstraint

from headwater.kit.tables import METADATA

ASKED: Final = Table(
    "asked_questions",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("workspace_id", Text, ForeignKey("workspaces.id", ondelete="CASCADE"), nullable=False),
    Column("actor", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("sql", Text, nullable=False),
    Column("milliseconds", BigInteger, nullable=False),
    Column("rows", BigInteger),
    Column("truncated", Boolean, nullable=False),
    Column("error", Text, nullable=False),
    Index("ix_asked_questions_workspace_id_actor_at", "workspace_id", "actor", "at"),
)

SAVED: Final = Table(
    "saved_questions",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("workspace_id", Text, ForeignKey("workspaces.id", ondelete="CASCADE"), nullable=False),
    Column("name", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("sql", Text, nullable=False),
    Column("chart", Text, nullable=False, server_default=""),
    Column("created_at", BigInteger, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("created_by_name", Text, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("updated_by_name", Text, nullable=False),
    UniqueConstraint("workspace_id", "name"),
)
