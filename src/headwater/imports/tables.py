"""The table of imports, as the commands that run them tell of them."""

from typing import Final

from sqlalchemy import BigInteger, Column, Float, ForeignKey, Index, Table, Text, UniqueConstraint

from headwater.kit.tables import METADATA

IMPORTS: Final = Table(
    "import_runs",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("workspace_id", Text, ForeignKey("workspaces.id", ondelete="CASCADE"), nullable=False),
    Column("import_id", Text, nullable=False),  # the importer's own: the same when it goes on
    Column("source_id", Text, nullable=False),
    Column("file", Text, nullable=False),
    Column("format", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("started_at", BigInteger, nullable=False),  # microseconds since the epoch
    Column("updated_at", BigInteger, nullable=False),
    Column("finished_at", BigInteger),
    Column("rows", BigInteger, nullable=False),
    Column("accepted", BigInteger, nullable=False),
    Column("rejected", BigInteger, nullable=False),
    Column("skipped", BigInteger, nullable=False),
    Column("share_read", Float, nullable=False),
    Column("message", Text, nullable=False),
    Column("rejects", Text, nullable=False),  # a JSON array
    UniqueConstraint("workspace_id", "import_id"),
    Index("ix_import_runs_workspace_id_started_at", "workspace_id", "started_at"),
)
