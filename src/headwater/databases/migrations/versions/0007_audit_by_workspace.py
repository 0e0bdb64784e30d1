"""The audit trail of one workspace is found without going through those of all."""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_index("ix_audit_workspace_id_number", "audit", ["workspace_id", "number"])
