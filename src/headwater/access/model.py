"""Who asks, and what they may."""

from enum import StrEnum

import msgspec


class Role(StrEnum):
    """What a token's holder may do in its workspace; each may do what those before it may."""

    MEMBER = "member"
    """See everything and ask the warehouse."""
    OWNER = "owner"
    """Change everything."""


class Access(StrEnum):
    """Who may call a route. Every route declares one of them."""

    ANYONE = "anyone"
    """No credentials are asked for: the answer holds nothing of a workspace."""
    LOCAL = "local"
    """Whoever calls from this machine itself, or with any token."""
    MEMBER = "member"
    """A token."""
    OWNER = "owner"
    """An owner's token."""


class Principal(msgspec.Struct, frozen=True):
    """A known caller: `actor` names it in the audit trail."""

    actor: str
    workspace_id: str
    role: Role

    def may(self, access: Access) -> bool:
        return access is not Access.OWNER or self.role is Role.OWNER


class Token(msgspec.Struct, frozen=True):
    """An API token as it is kept: without its secret."""

    id: str
    workspace_id: str
    name: str
    role: Role
    created_at: int
