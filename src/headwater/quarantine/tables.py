"""The tables of what was decided about quarantined events."""

from typing import Final

from sqlalchemy import BigInteger, Column, ForeignKey, Index, LargeBinary, Table, Text

from headwater.kit.tables import METADATA

RUNS: Final = Table(
    "quarantine_runs",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("workspace_id", Text, ForeignKey("workspaces.id", ondelete="CASCADE"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("actor_name", Text, nullable=False),
    Column("at", BigInteger, nullable=False),  # microseconds since the epoch
    Column("selection", Text, nullable=False),  # JSON
    Column("fixes", Text, nullable=False),  # JSON
    Column("events", BigInteger, nullable=False),
    Column("skipped", BigInteger, nullable=False),
    Column("total", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("undone", Text, nullable=False),  # of a restore: the run that it takes back
    Index("ix_quarantine_runs_workspace_id_at", "workspace_id", "at"),
)

DECISIONS: Final = Table(
    # One for each event: what stands here cannot be decided again.
    "quarantine_decisions",
    METADATA,
    Column("workspace_id", Text, ForeignKey("workspaces.id", ondelete="CASCADE"), primary_key=True),
    Column("key", Text, primary_key=True),
    Column(
        "run_id",
        Text,
        ForeignKey("quarantine_runs.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("state", Text, nullable=False),
)

CHUNKS: Final = Table(
    # Decided, and perhaps not yet carried out: what of it is left after a crash is done then.
    "quarantine_chunks",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("workspace_id", Text, ForeignKey("workspaces.id", ondelete="CASCADE"), nullable=False),
    Column("state", Text, nullable=False),
    Column("keys", Text, nullable=False),  # a JSON array
    Column("replays", LargeBinary, nullable=False),  # MessagePack; empty where none are sent on
)
