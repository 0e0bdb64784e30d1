"""What live traffic does against accepted tracking plans, until it is settled."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.create_table(
        "plan_drifts",
        sa.Column("id", sa.Text),
        sa.Column("workspace_id", sa.Text, nullable=False),
        sa.Column("plan_id", sa.Text, nullable=False),
        sa.Column("source_id", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("seen", sa.BigInteger, nullable=False),
        sa.Column("of", sa.BigInteger, nullable=False),
        sa.Column("amendment", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("first_seen", sa.BigInteger, nullable=False),
        sa.Column("last_seen", sa.BigInteger, nullable=False),
        sa.Column("told_at", sa.BigInteger),
        sa.Column("settled_at", sa.BigInteger),
        sa.Column("settled_by", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_plan_drifts"),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["plans.id"], name="fk_plan_drifts_plan_id_plans", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["source_id"],
            ["sources.id"],
            name="fk_plan_drifts_source_id_sources",
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_plan_drifts_plan_id", "plan_drifts", ["plan_id"])
