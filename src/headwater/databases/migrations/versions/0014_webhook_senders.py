"""Which sender a webhook source has, with its secret, sealed."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.create_table(
        "webhook_senders",
        sa.Column("source_id", sa.Text),
        sa.Column("preset", sa.Text, nullable=False),
        sa.Column("sealed", sa.Text, nullable=False),
        sa.Column("updated_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("source_id", name="pk_webhook_senders"),
        sa.ForeignKeyConstraint(
            ["source_id"],
            ["sources.id"],
            name="fk_webhook_senders_source_id_sources",
            ondelete="CASCADE",
        ),
    )
