"""The table of replays."""

from typing import Final

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Table, Text

from headwater.kit.tables import METADATA

RUNS: Final = Table(
    "replay_runs",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("workspace_id", Text, ForeignKey("workspaces.id", ondelete="CASCADE"), nullable=False),
    Column("actor", Text, nullable=False),
    Column("actor_name", Text, nullable=False),
    Column("at", BigInteger, nullable=False),  # microseconds since the epoch
    Column("mode", Text, nullable=False),
    Column("selection", Text, nullable=False),  # JSON
    Column("rate", BigInteger, nullable=False),  # events a second; 0 sets no limit
    Column("state", Text, nullable=False),
    Column("total", BigInteger, nullable=False),  # the events that will be looked at
    Column("read", BigInteger, nullable=False),
    Column("sent", BigInteger, nullable=False),
    Column("skipped", BigInteger, nullable=False),
    Column("place", Text, nullable=False),  # JSON: after which request to go on; empty at first
    Column("chunk", Text, nullable=False),  # JSON: what may have been appended; empty where nothing
    Column("problem", Text, nullable=False),
    Column("ended_at", BigInteger, nullable=True),
    Index("ix_replay_runs_workspace_id_at", "workspace_id", "at"),
)
