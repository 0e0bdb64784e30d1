"""The origins whose web pages may send with a source's keys."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column(
        "sources", sa.Column("allowed_origins", sa.Text, nullable=False, server_default="[]")
    )
