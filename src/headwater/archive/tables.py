"""The tables of what the archive holds: its files and how far it has come, of one moment."""

from typing import Final

from sqlalchemy import BigInteger, Column, Index, Table, Text

from headwater.kit.tables import METADATA

FILES: Final = Table(
    "archive_files",
    METADATA,
    Column("path", Text, primary_key=True),  # below the archive's place
    Column("source_id", Text, nullable=False),
    Column("day", BigInteger, nullable=False),  # whole days since the epoch
    Column("partition", Text, nullable=False),
    Column("first_position", BigInteger, nullable=False),
    Column("last_position", BigInteger, nullable=False),
    Column("first_at", BigInteger, nullable=False),  # the receipt of its first request
    Column("last_at", BigInteger, nullable=False),
    Column("requests", BigInteger, nullable=False),
    Column("events", BigInteger, nullable=False),
    Column("received_bytes", BigInteger, nullable=False),  # of the bodies, before compression
    Column("bytes", BigInteger, nullable=False),
    Column("removed_at", BigInteger, nullable=True),  # replaced or past its time; may be read still
    Index("ix_archive_files_source_id_day", "source_id", "day"),
)

POSITIONS: Final = Table(
    "archive_positions",
    METADATA,
    Column("partition", Text, primary_key=True),
    Column("position", BigInteger, nullable=False),
)
