"""The tables of functions, their versions, and where they are connected."""

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Table, Text, UniqueConstraint

from headwater.kit.tables import METADATA

FUNCTIONS: Final = Table(
    "functions",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("workspace_id", Text, ForeignKey("workspaces.id", ondelete="CASCADE"), nullable=False),
    Column("resource_type", Text, nullable=False),
    Column("display_name", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("logo_url", Text, nullable=False),
    Column("settings", Text, nullable=False),  # a JSON list of FunctionSettingV1
    Column("created_at", BigInteger, nullable=False),
    Column("created_by", Text, nullable=False),
)

VERSIONS: Final = Table(
    "function_versions",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("function_id", Text, ForeignKey("functions.id", ondelete="CASCADE"), nullable=False),
    Column("number", BigInteger, nullable=False),  # rising by one for each saved code
    Column("code", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("deployed_at", BigInteger, nullable=False),  # 0: never was
    Column("is_live", Boolean, nullable=False),
    UniqueConstraint("function_id", "number"),
)

INSTANCES: Final = Table(
    "function_instances",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("workspace_id", Text, ForeignKey("workspaces.id", ondelete="CASCADE"), nullable=False),
    Column("function_id", Text, ForeignKey("functions.id", ondelete="CASCADE"), nullable=False),
    Column("source_id", Text, ForeignKey("sources.id", ondelete="CASCADE"), nullable=False),
    Column("name", Text, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("settings", Text, nullable=False),  # what is not sensitive, as a JSON object
    Column("sealed", Text, nullable=False),  # what is, as the vault gave it
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
)
