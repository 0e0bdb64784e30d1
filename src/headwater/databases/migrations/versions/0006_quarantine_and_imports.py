"""What was decided about quarantined events, and the imports that were run."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def _workspace(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["workspace_id"],
        ["workspaces.id"],
        name=f"fk_{table}_workspace_id_workspaces",
        ondelete="CASCADE",
    )


def upgrade() -> None:
    op.create_table(
        "quarantine_runs",
        sa.Column("id", sa.Text),
        sa.Column("workspace_id", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("actor_name", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("selection", sa.Text, nullable=False),
        sa.Column("fixes", sa.Text, nullable=False),
        sa.Column("events", sa.BigInteger, nullable=False),
        sa.Column("skipped", sa.BigInteger, nullable=False),
        sa.Column("total", sa.BigInteger, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("undone", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_quarantine_runs"),
        _workspace("quarantine_runs"),
    )
    op.create_index("ix_quarantine_runs_workspace_id_at", "quarantine_runs", ["workspace_id", "at"])
    op.create_table(
        "quarantine_decisions",
        sa.Column("workspace_id", sa.Text),
        sa.Column("key", sa.Text),
        sa.Column("run_id", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "key", name="pk_quarantine_decisions"),
        _workspace("quarantine_decisions"),
        sa.ForeignKeyConstraint(
            ["run_id"],
            ["quarantine_runs.id"],
            name="fk_quarantine_decisions_run_id_quarantine_runs",
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_quarantine_decisions_run_id", "quarantine_decisions", ["run_id"])
    op.create_table(
        "quarantine_chunks",
        sa.Column("id", sa.Text),
        sa.Column("workspace_id", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("keys", sa.Text, nullable=False),
        sa.Column("replays", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_quarantine_chunks"),
        _workspace("quarantine_chunks"),
    )
    op.create_table(
        "import_runs",
        sa.Column("id", sa.Text),
        sa.Column("workspace_id", sa.Text, nullable=False),
        sa.Column("import_id", sa.Text, nullable=False),
        sa.Column("source_id", sa.Text, nullable=False),
        sa.Column("file", sa.Text, nullable=False),
        sa.Column("format", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("started_at", sa.BigInteger, nullable=False),
        sa.Column("updated_at", sa.BigInteger, nullable=False),
        sa.Column("finished_at", sa.BigInteger),
        sa.Column("rows", sa.BigInteger, nullable=False),
        sa.Column("accepted", sa.BigInteger, nullable=False),
        sa.Column("rejected", sa.BigInteger, nullable=False),
        sa.Column("skipped", sa.BigInteger, nullable=False),
        sa.Column("share_read", sa.Float, nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("rejects", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_import_runs"),
        sa.UniqueConstraint(
            "workspace_id", "import_id", name="uq_import_runs_workspace_id_import_id"
        ),
        _workspace("import_runs"),
    )
    op.create_index(
        "ix_import_runs_workspace_id_started_at", "import_runs", ["workspace_id", "started_at"]
    )
