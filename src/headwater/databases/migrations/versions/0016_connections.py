"""Connections that the server runs: what they read, their runs, and what was noticed."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.create_table(
        "connections",
        sa.Column("id", sa.Text),
        sa.Column("workspace_id", sa.Text, nullable=False),
        sa.Column("source_id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("definition", sa.Text, nullable=False),
        sa.Column("form", sa.Text, nullable=False),
        sa.Column("sealed", sa.Text, nullable=False),
        sa.Column("secret_names", sa.Text, nullable=False),
        sa.Column("schedule", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("shape", sa.Text, nullable=False),
        sa.Column("asked", sa.Text, nullable=False),
        sa.Column("failures", sa.BigInteger, nullable=False),
        sa.Column("next_run_at", sa.BigInteger, nullable=True),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("updated_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_connections"),
        _cascade("connections", "workspace_id", "workspaces"),
        _cascade("connections", "source_id", "sources"),
    )
    op.create_index("ix_connections_workspace_id", "connections", ["workspace_id"])
    op.create_index("ix_connections_next_run_at", "connections", ["next_run_at"])
    op.create_table(
        "connection_runs",
        sa.Column("id", sa.Text),
        sa.Column("connection_id", sa.Text, nullable=False),
        sa.Column("started_at", sa.BigInteger, nullable=False),
        sa.Column("ended_at", sa.BigInteger, nullable=True),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("figures", sa.Text, nullable=False),
        sa.Column("samples", sa.Text, nullable=False),
        sa.Column("problem", sa.Text, nullable=False),
        sa.Column("hint", sa.Text, nullable=False),
        sa.Column("backfill", sa.Text, nullable=False),
        sa.Column("told_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_connection_runs"),
        _cascade("connection_runs", "connection_id", "connections"),
    )
    op.create_index(
        "ix_connection_runs_connection_id_started_at",
        "connection_runs",
        ["connection_id", "started_at"],
    )
    op.create_table(
        "connection_notices",
        sa.Column("id", sa.Text),
        sa.Column("connection_id", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("drift", sa.Text, nullable=False),
        sa.Column("member", sa.Text, nullable=False),
        sa.Column("before", sa.Text, nullable=False),
        sa.Column("after", sa.Text, nullable=False),
        sa.Column("acknowledged_at", sa.BigInteger, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_connection_notices"),
        _cascade("connection_notices", "connection_id", "connections"),
    )
    op.create_index(
        "ix_connection_notices_connection_id_at", "connection_notices", ["connection_id", "at"]
    )


def _cascade(table: str, column: str, referred: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{referred}.id"], name=f"fk_{table}_{column}_{referred}", ondelete="CASCADE"
    )
