"""Users, members, groups, invitations, sessions, labels; tokens by grants instead of one role."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_OWNER = '[{"role":"workspace-owner","scope":[{}]}]'
_MEMBER = '[{"role":"workspace-member","scope":[{}]},{"role":"pii-access","scope":[{}]}]'


def upgrade() -> None:
    _people()
    _ways_in()
    _labels()
    _tokens()
    for name in ("actor_name", "subject_name"):
        op.add_column("audit", sa.Column(name, sa.Text, nullable=False, server_default=""))


def _people() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.Text),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("password_hash", sa.Text, nullable=False),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("time_zone", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
        sa.UniqueConstraint("email", name="uq_users_email"),
    )
    op.create_table(
        "members",
        sa.Column("workspace_id", sa.Text),
        sa.Column("user_id", sa.Text),
        sa.Column("grants", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "user_id", name="pk_members"),
        _belongs("members", "workspace_id", "workspaces"),
        _belongs("members", "user_id", "users"),
    )
    op.create_index("ix_members_user_id", "members", ["user_id"])
    op.create_table(
        "user_groups",
        sa.Column("id", sa.Text),
        sa.Column("workspace_id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("grants", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_user_groups"),
        sa.UniqueConstraint("workspace_id", "name", name="uq_user_groups_workspace_id_name"),
        _belongs("user_groups", "workspace_id", "workspaces"),
    )
    op.create_index("ix_user_groups_workspace_id", "user_groups", ["workspace_id"])
    op.create_table(
        "group_members",
        sa.Column("group_id", sa.Text),
        sa.Column("email", sa.Text),
        sa.PrimaryKeyConstraint("group_id", "email", name="pk_group_members"),
        _belongs("group_members", "group_id", "user_groups"),
    )
    op.create_index("ix_group_members_email", "group_members", ["email"])


def _ways_in() -> None:
    op.create_table(
        "invitations",
        sa.Column("id", sa.Text),
        sa.Column("workspace_id", sa.Text, nullable=False),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("grants", sa.Text, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
        sa.Column("invited_by", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_invitations"),
        sa.UniqueConstraint("hash", name="uq_invitations_hash"),
        sa.UniqueConstraint("workspace_id", "email", name="uq_invitations_workspace_id_email"),
        _belongs("invitations", "workspace_id", "workspaces"),
    )
    op.create_index("ix_invitations_workspace_id", "invitations", ["workspace_id"])
    op.create_table(
        "sessions",
        sa.Column("id", sa.Text),
        sa.Column("user_id", sa.Text, nullable=False),
        sa.Column("workspace_id", sa.Text),
        sa.Column("hash", sa.Text, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("browser", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("last_used_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sessions"),
        sa.UniqueConstraint("hash", name="uq_sessions_hash"),
        _belongs("sessions", "user_id", "users"),
        _belongs("sessions", "workspace_id", "workspaces", ondelete="SET NULL"),
    )
    op.create_index("ix_sessions_user_id", "sessions", ["user_id"])
    op.create_table(
        "failed_sign_ins",
        sa.Column("subject", sa.Text),
        sa.Column("failures", sa.BigInteger, nullable=False),
        sa.Column("last_at", sa.BigInteger, nullable=False),
        sa.Column("blocked_until", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("subject", name="pk_failed_sign_ins"),
    )


def _labels() -> None:
    op.create_table(
        "labels",
        sa.Column("workspace_id", sa.Text),
        sa.Column("key", sa.Text),
        sa.Column("value", sa.Text),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "key", "value", name="pk_labels"),
        _belongs("labels", "workspace_id", "workspaces"),
    )
    op.create_table(
        "source_labels",
        sa.Column("source_id", sa.Text),
        sa.Column("workspace_id", sa.Text),
        sa.Column("key", sa.Text),
        sa.Column("value", sa.Text),
        sa.PrimaryKeyConstraint(
            "source_id", "workspace_id", "key", "value", name="pk_source_labels"
        ),
        _belongs("source_labels", "source_id", "sources"),
        sa.ForeignKeyConstraint(
            ["workspace_id", "key", "value"],
            ["labels.workspace_id", "labels.key", "labels.value"],
            name="fk_source_labels_workspace_id_key_value_labels",
        ),
    )


def _tokens() -> None:
    """An owner's token stays one; a member's saw everything and asked the warehouse, and does."""
    for column in (
        sa.Column("grants", sa.Text, nullable=False, server_default=""),
        sa.Column("created_by", sa.Text, nullable=False, server_default="system"),
        sa.Column("last_used_at", sa.BigInteger),
        sa.Column("expires_at", sa.BigInteger),
    ):
        op.add_column("tokens", column)
    tokens = sa.table("tokens", sa.column("role"), sa.column("grants"))
    for role, grants in (("owner", _OWNER), ("member", _MEMBER)):
        op.execute(tokens.update().where(tokens.c.role == role).values(grants=grants))
    with op.batch_alter_table("tokens") as batch:
        batch.drop_column("role")
        batch.alter_column("grants", server_default=None)
        batch.alter_column("created_by", server_default=None)


def _belongs(
    table: str, column: str, other: str, *, ondelete: str = "CASCADE"
) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{other}.id"], name=f"fk_{table}_{column}_{other}", ondelete=ondelete
    )
