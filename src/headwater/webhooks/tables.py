"""Which sender a webhook source has, with its secret, sealed."""

from typing import Final

from sqlalchemy import BigInteger, Column, ForeignKey, Table, Text

from headwater.kit.tables import METADATA

SENDERS: Final = Table(
    "webhook_senders",
    METADATA,
    Column("source_id", Text, ForeignKey("sources.id", ondelete="CASCADE"), primary_key=True),
    Column("preset", Text, nullable=False),
    Column("sealed", Text, nullable=False),
    Column("mapping", Text, nullable=False, server_default=""),
    Column("updated_at", BigInteger, nullable=False),
)
