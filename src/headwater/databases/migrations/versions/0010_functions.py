"""Functions, their versions, and where they are connected."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_table(
        "functions",
        sa.Column("id", sa.Text),
        sa.Column("workspace_id", sa.Text, nullable=False),
        sa.Column("resource_type", sa.Text, nullable=False),
        sa.Column("display_name", sa.Text, nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("logo_url", sa.Text, nullable=False),
        sa.Column("settings", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_functions"),
        _of_a_workspace("functions"),
    )
    op.create_table(
        "function_versions",
        sa.Column("id", sa.Text),
        sa.Column("function_id", sa.Text, nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("deployed_at", sa.BigInteger, nullable=False),
        sa.Column("is_live", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_function_versions"),
        sa.UniqueConstraint(
            "function_id", "number", name="uq_function_versions_function_id_number"
        ),
        _of_a_function("function_versions"),
    )
    op.create_table(
        "function_instances",
        sa.Column("id", sa.Text),
        sa.Column("workspace_id", sa.Text, nullable=False),
        sa.Column("function_id", sa.Text, nullable=False),
        sa.Column("source_id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("enabled", sa.Boolean, nullable=False),
        sa.Column("settings", sa.Text, nullable=False),
        sa.Column("sealed", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("updated_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_function_instances"),
        _of_a_workspace("function_instances"),
        _of_a_function("function_instances"),
        sa.ForeignKeyConstraint(
            ["source_id"],
            ["sources.id"],
            name="fk_function_instances_source_id_sources",
            ondelete="CASCADE",
        ),
    )


def _of_a_workspace(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["workspace_id"],
        ["workspaces.id"],
        name=f"fk_{table}_workspace_id_workspaces",
        ondelete="CASCADE",
    )


def _of_a_function(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["function_id"],
        ["functions.id"],
        name=f"fk_{table}_function_id_functions",
        ondelete="CASCADE",
    )
