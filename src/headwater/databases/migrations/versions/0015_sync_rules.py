"""Which source wins for which trait."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.create_table(
        "sync_rules",
        sa.Column("workspace_id", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("trait", sa.Text, nullable=False),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("updated_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "subject", "trait", name="pk_sync_rules"),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspaces.id"],
            name="fk_sync_rules_workspace_id_workspaces",
            ondelete="CASCADE",
        ),
    )
