"""The tables of tracking plans: the plans, their rules, their saved versions, their sources."""

from typing import Final

from sqlalchemy import BigInteger, Column, ForeignKey, LargeBinary, Table, Text, UniqueConstraint

from headwater.kit.tables import METADATA

PLANS: Final = Table(
    "plans",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("workspace_id", Text, ForeignKey("workspaces.id", ondelete="CASCADE"), nullable=False),
    Column("name", Text, nullable=False),
    Column("slug", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    UniqueConstraint("workspace_id", "slug"),
)

PLAN_RULES: Final = Table(
    "plan_rules",
    METADATA,
    Column("plan_id", Text, ForeignKey("plans.id", ondelete="CASCADE"), primary_key=True),
    Column("type", Text, primary_key=True),
    Column("key", Text, primary_key=True),  # empty where rules of the type have none
    Column("version", BigInteger, primary_key=True),
    Column("json_schema", Text, nullable=False),  # JSON; empty: none
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("deprecated_at", BigInteger),
)

PLAN_VERSIONS: Final = Table(
    "plan_versions",
    METADATA,
    Column("plan_id", Text, ForeignKey("plans.id", ondelete="CASCADE"), primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("by", Text, nullable=False),  # an actor
    Column("by_name", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("rules", BigInteger, nullable=False),  # how many
    Column("saved", LargeBinary, nullable=False),  # a Saved, as JSON, deflated
)

PLAN_SOURCES: Final = Table(
    # A source has one plan at most.
    "plan_sources",
    METADATA,
    Column("source_id", Text, ForeignKey("sources.id", ondelete="CASCADE"), primary_key=True),
    Column(
        "plan_id",
        Text,
        ForeignKey("plans.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("connected_at", BigInteger, nullable=False),
)
