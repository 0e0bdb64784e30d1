"""The roles, with Segment's names and meanings: one table from a role to what it permits."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

import msgspec

from headwater.access.permissions import Kind, Permission


class Role(StrEnum):
    """What can be given to people, groups and tokens. The value is the role's id in the API."""

    WORKSPACE_OWNER = "workspace-owner"
    WORKSPACE_MEMBER = "workspace-member"
    MINIMAL_USER = "minimal-user"
    SOURCE_ADMIN = "source-admin"
    SOURCE_READ_ONLY = "source-read-only"
    WAREHOUSE_ADMIN = "warehouse-destination-admin"
    WAREHOUSE_READ_ONLY = "warehouse-destination-read-only"
    FUNCTION_ADMIN = "function-admin"
    FUNCTION_READ_ONLY = "function-read-only"
    TRACKING_PLAN_ADMIN = "tracking-plan-admin"
    TRACKING_PLAN_READ_ONLY = "tracking-plan-read-only"
    UNIFY_ENGAGE_ADMIN = "unify-and-engage-admin"
    UNIFY_ENGAGE_READ_ONLY = "unify-and-engage-read-only"
    ENGAGE_USER = "unify-read-only-engage-user"
    IDENTITY_ADMIN = "identity-admin"
    PRIVACY_ADMIN = "end-user-privacy-admin"
    ENTITIES_ADMIN = "entities-admin"
    ENTITIES_READ_ONLY = "entities-read-only"
    PII_ACCESS = "pii-access"

    @property
    def permissions(self) -> frozenset[Permission]:
        return ROLES[self].permissions

    @property
    def display_name(self) -> str:
        """The name that people and the Public API know the role by."""
        return ROLES[self].name


class RoleRow(msgspec.Struct, frozen=True):
    """A row of the table of roles."""

    name: str
    description: str
    permissions: frozenset[Permission]

    @property
    def kinds(self) -> frozenset[Kind]:
        """What the role can be limited to: the workspace, or resources of these kinds."""
        return frozenset(each.kind for each in self.permissions) | {Kind.WORKSPACE}


_READ_BY_MEMBERS: Final = (
    Permission.WORKSPACE_READ,
    Permission.SOURCE_READ,
    Permission.WAREHOUSE_READ,
    Permission.IAM_READ,
    Permission.PLAN_READ,
    Permission.FUNCTION_READ,
    Permission.SPACE_READ,
    Permission.ENTITY_READ,
)


def _row(name: str, description: str, *permissions: Permission) -> RoleRow:
    return RoleRow(name, description, frozenset(permissions))


ROLES: Final[Mapping[Role, RoleRow]] = {
    Role.WORKSPACE_OWNER: _row(
        "Workspace Owner", "Sees and changes everything in the workspace.", *Permission
    ),
    Role.WORKSPACE_MEMBER: _row(
        "Workspace Member",
        "Sees everything in the workspace but personal data, secrets and the audit trail.",
        *_READ_BY_MEMBERS,
    ),
    Role.MINIMAL_USER: _row(
        "Minimal User", "May sign in and sees the workspace's name; sees nothing in it."
    ),
    Role.SOURCE_ADMIN: _row(
        "Source Admin",
        "Changes sources: settings, write keys, schema, destinations; sees live events.",
        Permission.SOURCE_READ,
        Permission.SOURCE_ADMIN,
    ),
    Role.SOURCE_READ_ONLY: _row(
        "Source Read-only",
        "Sees sources: settings, schema, destinations, live events.",
        Permission.SOURCE_READ,
    ),
    Role.WAREHOUSE_ADMIN: _row(
        "Warehouse Destination Admin",
        "Changes warehouses and their settings.",
        Permission.WAREHOUSE_READ,
        Permission.WAREHOUSE_ADMIN,
    ),
    Role.WAREHOUSE_READ_ONLY: _row(
        "Warehouse Destination Read-only",
        "Sees warehouses and their settings; with PII Access, asks them by SQL.",
        Permission.WAREHOUSE_READ,
    ),
    Role.FUNCTION_ADMIN: _row(
        "Function Admin",
        "Makes, changes and deletes functions.",
        Permission.FUNCTION_READ,
        Permission.FUNCTION_ADMIN,
    ),
    Role.FUNCTION_READ_ONLY: _row(
        "Function Read-only", "Sees functions.", Permission.FUNCTION_READ
    ),
    Role.TRACKING_PLAN_ADMIN: _row(
        "Tracking Plan Admin",
        "Changes tracking plans.",
        Permission.PLAN_READ,
        Permission.PLAN_ADMIN,
    ),
    Role.TRACKING_PLAN_READ_ONLY: _row(
        "Tracking Plan Read-only", "Sees tracking plans.", Permission.PLAN_READ
    ),
    Role.UNIFY_ENGAGE_ADMIN: _row(
        "Unify and Engage Admin",
        "Changes spaces: settings, profiles, audiences, computed traits.",
        Permission.SPACE_READ,
        Permission.SPACE_ADMIN,
        Permission.AUDIENCE_ADMIN,
    ),
    Role.UNIFY_ENGAGE_READ_ONLY: _row(
        "Unify and Engage Read-only",
        "Sees spaces: settings, profiles, audiences, computed traits.",
        Permission.SPACE_READ,
    ),
    Role.ENGAGE_USER: _row(
        "Unify Read-only Engage User",
        "Sees spaces, and changes their audiences and computed traits.",
        Permission.SPACE_READ,
        Permission.AUDIENCE_ADMIN,
    ),
    Role.IDENTITY_ADMIN: _row(
        "Identity Admin", "Changes how profiles are put together.", Permission.IDENTITY_ADMIN
    ),
    Role.PRIVACY_ADMIN: _row(
        "End User Privacy Admin",
        "Carries out deletions and suppressions; says what counts as personal data.",
        Permission.PRIVACY_ADMIN,
    ),
    Role.ENTITIES_ADMIN: _row(
        "Entities Admin",
        "Changes entities and their relationships.",
        Permission.ENTITY_READ,
        Permission.ENTITY_ADMIN,
    ),
    Role.ENTITIES_READ_ONLY: _row(
        "Entities Read-only", "Sees entities and their relationships.", Permission.ENTITY_READ
    ),
    Role.PII_ACCESS: _row(
        "PII Access",
        "Sees personal data in whatever other roles let its holder see.",
        Permission.PII_READ,
    ),
}
