"""How a saved question is drawn."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    op.add_column("saved_questions", sa.Column("chart", sa.Text, nullable=False, server_default=""))
