"""Metrics and dimensions, a row for each version."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.create_table(
        "semantic_definitions",
        sa.Column("workspace_id", sa.Text, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("created_by_name", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "version", name="pk_semantic_definitions"),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspaces.id"],
            name="fk_semantic_definitions_workspace_id_workspaces",
            ondelete="CASCADE",
        ),
    )
