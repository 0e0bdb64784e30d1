"""The mapping of a webhook's sender that is none of the known ones."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    op.add_column(
        "webhook_senders", sa.Column("mapping", sa.Text, nullable=False, server_default="")
    )
