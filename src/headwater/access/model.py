"""Who asks, and what they may: grants of roles on parts of a workspace."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

import msgspec

from headwater.access.permissions import Kind, Permission
from headwater.access.roles import Role
from headwater.errors import ForbiddenError, NotFoundError
from headwater.workspaces.model import Label


class Access(StrEnum):
    """Who may call a route for which no permission is needed."""

    ANYONE = "anyone"
    """No credentials are asked for: the answer holds nothing of a workspace."""
    LOCAL = "local"
    """Whoever calls from this machine itself, or may see the workspace's health."""
    MEMBER = "member"
    """Anyone known: the answer holds nothing but their own, or what every member may know."""


class OnSome(msgspec.Struct, frozen=True):
    """The rule of a route that is open to whoever has a permission on at least one resource.

    Its handler must ask for the permission on the very resources that it shows or changes.
    """

    permission: Permission


Rule = Access | Permission | OnSome | tuple[Permission, ...]
"""What a route declares: a permission on the whole workspace; on some resources; several at once;
or none."""


class Resource(msgspec.Struct, frozen=True):
    """A thing that permissions are asked for on."""

    kind: Kind
    id: str
    labels: frozenset[Label] = frozenset()
    workspace_id: str | None = None
    """Whose it is; None where it was looked up in the caller's own workspace."""


class Reach(msgspec.Struct, frozen=True, omit_defaults=True):
    """A part of a workspace: what is of the kind, has the id if one is named, and bears every
    label named. Of the kind `WORKSPACE` without an id is everything."""

    kind: Kind = Kind.WORKSPACE
    id: str = ""
    labels: tuple[Label, ...] = ()

    def covers(self, resource: Resource) -> bool:
        return (
            self.kind in (Kind.WORKSPACE, resource.kind)
            and self.id in ("", resource.id)
            and resource.labels.issuperset(self.labels)
        )

    def covers_all(self, kind: Kind) -> bool:
        """Whether nothing of the kind is outside."""
        return self.kind in (Kind.WORKSPACE, kind) and not self.id and not self.labels

    def contains(self, other: "Reach") -> bool:
        """Whether the other part lies wholly in this one, whatever resources there will be."""
        return (
            self.kind in (Kind.WORKSPACE, other.kind)
            and self.id in ("", other.id)
            and set(self.labels) <= set(other.labels)
        )


EVERYTHING: Final = (Reach(),)
"""The scope of a grant on the whole workspace."""


class Grant(msgspec.Struct, frozen=True):
    """A role on parts of a workspace. Grants only add; nothing takes away."""

    role: Role
    scope: tuple[Reach, ...] = EVERYTHING

    def permits(self, permission: Permission, resource: Resource | None) -> bool:
        """On the resource; without one, on all there is and will be."""
        if permission not in self.role.permissions:
            return False
        if resource is None:
            return any(reach.covers_all(permission.kind) for reach in self.scope)
        return any(reach.covers(resource) for reach in self.scope)


OWNER: Final = (Grant(Role.WORKSPACE_OWNER),)


class Principal(msgspec.Struct, frozen=True):
    """A known caller in one workspace. `actor` names it in the audit trail: `user:…`, `token:…`."""

    actor: str
    workspace_id: str
    grants: tuple[Grant, ...]
    user_id: str | None = None
    session_id: str | None = None
    name: str = ""
    """What people know the caller by: an e-mail address, or a token's name."""

    def may(self, permission: Permission, resource: Resource | None = None) -> bool:
        """Whether the caller may do this to the resource; without one, to all of the workspace."""
        if resource is not None and resource.workspace_id not in (None, self.workspace_id):
            return False
        return any(grant.permits(permission, resource) for grant in self.grants)

    def may_on_some(self, permission: Permission) -> bool:
        """Whether there can be a resource that the caller may do this to."""
        return any(permission in grant.role.permissions and grant.scope for grant in self.grants)

    def may_grant(self, grant: Grant) -> bool:
        """Whether the caller has all that the grant gives, so that it makes nobody mightier."""
        return all(
            self._has(each, reach) for each in grant.role.permissions for reach in grant.scope
        )

    def _has(self, permission: Permission, reach: Reach) -> bool:
        return any(
            permission in grant.role.permissions and any(own.contains(reach) for own in grant.scope)
            for grant in self.grants
        )

    def require(self, permission: Permission, resource: Resource | None = None) -> None:
        """Raises ForbiddenError, and NotFoundError for what is another workspace's."""
        if resource is not None and resource.workspace_id not in (None, self.workspace_id):
            raise NotFoundError(f"There is no {resource.kind.lower()} {resource.id!r}.")
        if not self.may(permission, resource):
            raise forbidden(permission)


def forbidden(permission: Permission) -> ForbiddenError:
    """What a caller is told who lacks a permission."""
    return ForbiddenError(
        f"This needs the permission {permission.value}, which you have not been given here.",
        hint="Ask an owner of the workspace for a role that has it.",
    )


def system(workspace_id: str) -> Principal:
    """Headwater itself, for what it does on its own."""
    return Principal("system", workspace_id, OWNER)


def both(*grants: Iterable[Grant]) -> tuple[Grant, ...]:
    """The grants of several together, each once."""
    return tuple(dict.fromkeys(grant for some in grants for grant in some))
