"""The tables of workspaces, sources and write keys."""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)

from headwater.kit.tables import METADATA

CONFIGURATION: Final = Table(
    "configuration",
    METADATA,
    Column("id", BigInteger, primary_key=True, autoincrement=False),  # always 1
    Column("version", BigInteger, nullable=False),
)

WORKSPACES: Final = Table(
    "workspaces",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("slug", Text, nullable=False, unique=True),
    Column("created_at", BigInteger, nullable=False),  # microseconds since the epoch
)

SOURCES: Final = Table(
    "sources",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("workspace_id", Text, ForeignKey("workspaces.id", ondelete="CASCADE"), nullable=False),
    Column("name", Text, nullable=False),
    Column("slug", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("allowed_origins", Text, nullable=False, server_default="[]"),  # a JSON array
    UniqueConstraint("workspace_id", "slug"),
)

WRITE_KEYS: Final = Table(
    "write_keys",
    METADATA,
    Column("write_key", Text, primary_key=True),
    Column(
        "source_id",
        Text,
        ForeignKey("sources.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("created_at", BigInteger, nullable=False),
)

RETIRED_SLUGS: Final = Table(
    # A deleted source's schema stays in the warehouse, so its name is not given again.
    "retired_slugs",
    METADATA,
    Column(
        "workspace_id",
        Text,
        ForeignKey("workspaces.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("slug", Text, primary_key=True),
)

SOURCE_SETTINGS: Final = Table(
    # No row is no settings.
    "source_settings",
    METADATA,
    Column("source_id", Text, ForeignKey("sources.id", ondelete="CASCADE"), primary_key=True),
    Column("settings", Text, nullable=False),  # a JSON object, sealed; empty: none
    Column("schema_settings", Text, nullable=False),  # a JSON object; empty: the default
    Column("slug", Text, nullable=False),  # as a client wrote it; empty: as the source has it
)

WAREHOUSES: Final = Table(
    "warehouses",
    METADATA,
    Column("id", Text, primary_key=True),
    Column(
        "workspace_id",
        Text,
        ForeignKey("workspaces.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("kind", Text, nullable=False),  # of the catalogue
    Column("name", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)

LABELS: Final = Table(
    "labels",
    METADATA,
    Column(
        "workspace_id",
        Text,
        ForeignKey("workspaces.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("key", Text, primary_key=True),
    Column("value", Text, primary_key=True),
    Column("description", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)

SOURCE_LABELS: Final = Table(
    "source_labels",
    METADATA,
    Column("source_id", Text, ForeignKey("sources.id", ondelete="CASCADE"), primary_key=True),
    Column("workspace_id", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("value", Text, primary_key=True),
    ForeignKeyConstraint(
        ["workspace_id", "key", "value"], ["labels.workspace_id", "labels.key", "labels.value"]
    ),
)
