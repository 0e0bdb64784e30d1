"""The tables of connections, their runs, and what was noticed."""

from typing import Final

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Table, Text

from headwater.kit.tables import METADATA

CONNECTIONS: Final = Table(
    "connections",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("workspace_id", Text, ForeignKey("workspaces.id", ondelete="CASCADE"), nullable=False),
    Column("source_id", Text, ForeignKey("sources.id", ondelete="CASCADE"), nullable=False),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("definition", Text, nullable=False),
    Column("form", Text, nullable=False),
    Column("sealed", Text, nullable=False),
    Column("secret_names", Text, nullable=False),  # JSON
    Column("schedule", Text, nullable=False),  # JSON
    Column("state", Text, nullable=False),
    Column("shape", Text, nullable=False),  # JSON
    Column("asked", Text, nullable=False),  # the backfill that the next run is; empty: none
    Column("failures", BigInteger, nullable=False),
    Column("next_run_at", BigInteger, nullable=True),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Index("ix_connections_workspace_id", "workspace_id"),
    Index("ix_connections_next_run_at", "next_run_at"),
)

RUNS: Final = Table(
    "connection_runs",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("connection_id", Text, ForeignKey("connections.id", ondelete="CASCADE"), nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger, nullable=True),
    Column("outcome", Text, nullable=False),
    Column("figures", Text, nullable=False),  # JSON
    Column("samples", Text, nullable=False),  # JSON
    Column("problem", Text, nullable=False),
    Column("hint", Text, nullable=False),
    Column("backfill", Text, nullable=False),
    Column("told_at", BigInteger, nullable=False),
    Index("ix_connection_runs_connection_id_started_at", "connection_id", "started_at"),
)

NOTICES: Final = Table(
    "connection_notices",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("connection_id", Text, ForeignKey("connections.id", ondelete="CASCADE"), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("drift", Text, nullable=False),
    Column("member", Text, nullable=False),
    Column("before", Text, nullable=False),  # JSON
    Column("after", Text, nullable=False),  # JSON
    Column("acknowledged_at", BigInteger, nullable=True),
    Index("ix_connection_notices_connection_id_at", "connection_id", "at"),
)
