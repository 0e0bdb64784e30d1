"""Tracking plans, their rules, their saved versions, and the sources that they are for."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.create_table(
        "plans",
        sa.Column("id", sa.Text),
        sa.Column("workspace_id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("slug", sa.Text, nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("updated_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_plans"),
        sa.UniqueConstraint("workspace_id", "slug", name="uq_plans_workspace_id_slug"),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspaces.id"],
            name="fk_plans_workspace_id_workspaces",
            ondelete="CASCADE",
        ),
    )
    op.create_table(
        "plan_rules",
        sa.Column("plan_id", sa.Text),
        sa.Column("type", sa.Text),
        sa.Column("key", sa.Text),
        sa.Column("version", sa.BigInteger),
        sa.Column("json_schema", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("updated_at", sa.BigInteger, nullable=False),
        sa.Column("deprecated_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("plan_id", "type", "key", "version", name="pk_plan_rules"),
        _of_plan("plan_rules"),
    )
    op.create_table(
        "plan_versions",
        sa.Column("plan_id", sa.Text),
        sa.Column("number", sa.BigInteger),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("by_name", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("rules", sa.BigInteger, nullable=False),
        sa.Column("saved", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("plan_id", "number", name="pk_plan_versions"),
        _of_plan("plan_versions"),
    )
    op.create_table(
        "plan_sources",
        sa.Column("source_id", sa.Text),
        sa.Column("plan_id", sa.Text, nullable=False),
        sa.Column("connected_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("source_id", name="pk_plan_sources"),
        sa.ForeignKeyConstraint(
            ["source_id"],
            ["sources.id"],
            name="fk_plan_sources_source_id_sources",
            ondelete="CASCADE",
        ),
        _of_plan("plan_sources"),
    )
    op.create_index("ix_plan_sources_plan_id", "plan_sources", ["plan_id"])


def _of_plan(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["plan_id"], ["plans.id"], name=f"fk_{table}_plan_id_plans", ondelete="CASCADE"
    )
