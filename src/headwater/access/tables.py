"""The tables of people, groups, tokens, sessions and invitations, and of the audit trail."""

from typing import Final

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Table, Text, UniqueConstraint

from headwater.kit.tables import METADATA


def _workspace(*, is_key: bool = False) -> Column[str]:
    """The workspace that a row belongs to."""
    return Column(
        "workspace_id",
        Text,
        ForeignKey("workspaces.id", ondelete="CASCADE"),
        nullable=False,
        primary_key=is_key,
        index=not is_key,
    )


USERS: Final = Table(
    "users",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("email", Text, nullable=False, unique=True),  # in lower case
    Column("name", Text, nullable=False),
    Column("password_hash", Text, nullable=False),  # Argon2id, with its parameters
    Column("language", Text, nullable=False),  # empty: as the browser says
    Column("time_zone", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),  # microseconds since the epoch
)

MEMBERS: Final = Table(
    "members",
    METADATA,
    _workspace(is_key=True),
    Column(
        "user_id", Text, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, index=True
    ),
    Column("grants", Text, nullable=False),  # a JSON array
    Column("created_at", BigInteger, nullable=False),
)

USER_GROUPS: Final = Table(
    "user_groups",
    METADATA,
    Column("id", Text, primary_key=True),
    _workspace(),
    Column("name", Text, nullable=False),
    Column("grants", Text, nullable=False),  # a JSON array
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("workspace_id", "name"),
)

GROUP_MEMBERS: Final = Table(
    # By address: who is invited is in the group from the first sign-in on.
    "group_members",
    METADATA,
    Column("group_id", Text, ForeignKey("user_groups.id", ondelete="CASCADE"), primary_key=True),
    Column("email", Text, primary_key=True, index=True),
)

INVITATIONS: Final = Table(
    "invitations",
    METADATA,
    Column("id", Text, primary_key=True),
    _workspace(),
    Column("email", Text, nullable=False),
    Column("grants", Text, nullable=False),  # a JSON array
    Column("hash", Text, nullable=False, unique=True),
    Column("invited_by", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    UniqueConstraint("workspace_id", "email"),
)

SESSIONS: Final = Table(
    "sessions",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("user_id", Text, ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("workspace_id", Text, ForeignKey("workspaces.id", ondelete="SET NULL")),
    Column("hash", Text, nullable=False, unique=True),
    Column("address", Text, nullable=False),
    Column("browser", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("last_used_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
)

TOKENS: Final = Table(
    "tokens",
    METADATA,
    Column("id", Text, primary_key=True),
    _workspace(),
    Column("name", Text, nullable=False),
    Column("grants", Text, nullable=False),  # a JSON array
    Column("hash", Text, nullable=False, unique=True),
    Column("created_by", Text, nullable=False),  # an actor
    Column("created_at", BigInteger, nullable=False),
    Column("last_used_at", BigInteger),
    Column("expires_at", BigInteger),  # never, where there is none
)

FAILED_SIGN_INS: Final = Table(
    # The subject is a hash: whoever reads the table learns no address.
    "failed_sign_ins",
    METADATA,
    Column("subject", Text, primary_key=True),
    Column("failures", BigInteger, nullable=False),
    Column("last_at", BigInteger, nullable=False),
    Column("blocked_until", BigInteger, nullable=False),
)

AUDIT: Final = Table(
    # No foreign keys: an entry outlives what it tells of.
    "audit",
    METADATA,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("workspace_id", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("subject_id", Text, nullable=False),
    Column("before", Text),
    Column("after", Text),
    Column("previous_hash", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Column("actor_name", Text, nullable=False, server_default=""),
    Column("subject_name", Text, nullable=False, server_default=""),
    Index("ix_audit_workspace_id_number", "workspace_id", "number"),
)
