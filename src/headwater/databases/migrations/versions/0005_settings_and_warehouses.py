"""Settings of sources, and the warehouse that every workspace has."""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def upgrade() -> None:
    op.create_table(
        "source_settings",
        sa.Column("source_id", sa.Text),
        sa.Column("settings", sa.Text, nullable=False),
        sa.Column("schema_settings", sa.Text, nullable=False),
        sa.Column("slug", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("source_id", name="pk_source_settings"),
        sa.ForeignKeyConstraint(
            ["source_id"],
            ["sources.id"],
            name="fk_source_settings_source_id_sources",
            ondelete="CASCADE",
        ),
    )
    warehouses = op.create_table(
        "warehouses",
        sa.Column("id", sa.Text),
        sa.Column("workspace_id", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_warehouses"),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspaces.id"],
            name="fk_warehouses_workspace_id_workspaces",
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_warehouses_workspace_id", "warehouses", ["workspace_id"])
    workspaces = sa.table("workspaces", sa.column("id"), sa.column("created_at"))
    for row in op.get_bind().execute(sa.select(workspaces)).all():
        op.execute(
            warehouses.insert().values(
                id="".join(secrets.choice(_BASE58) for _ in range(22)),
                workspace_id=row.id,
                kind="duckdb",
                name="Warehouse",
                created_at=row.created_at,
            )
        )
