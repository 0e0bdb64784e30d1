"""Permissions as Segment's Public API writes them: a role, and the resources that it is given on.

The workspace as a resource is everything; labels narrow a resource to what bears all of them.
"""

from collections.abc import Iterable, Sequence
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from headwater.access.model import Grant, Reach
from headwater.access.permissions import Kind
from headwater.access.roles import Role
from headwater.errors import InvalidError
from headwater.workspaces.model import Label

Id = Annotated[str, Meta(max_length=200)]
Text = Annotated[str, Meta(max_length=500)]


class AllowedLabelBeta(msgspec.Struct, frozen=True):
    """A label that narrows a permission."""

    key: Text
    value: Text
    description: str | UnsetType = UNSET


class PermissionResourceV1(msgspec.Struct, frozen=True):
    """What a role is given on: a resource; or, by the workspace's id, all of the type."""

    id: Id
    type: Kind
    labels: list[AllowedLabelBeta] = []


class PermissionInputV1(msgspec.Struct, frozen=True, rename="camel"):
    """A role to give, and what on."""

    role_id: Id
    resources: Annotated[list[PermissionResourceV1], Meta(max_length=200)]


class InvitePermissionV1(msgspec.Struct, frozen=True, rename="camel"):
    """A role to give to somebody invited; on everything, where nothing is named."""

    role_id: Id
    resources: Annotated[list[PermissionResourceV1], Meta(max_length=200)] | UnsetType = UNSET
    labels: Annotated[list[AllowedLabelBeta], Meta(max_length=200)] = []


class PermissionV1(msgspec.Struct, frozen=True, rename="camel"):
    """A role that is given, and what on."""

    role_name: str
    role_id: str
    resources: list[PermissionResourceV1]


class AccessPermissionV1(msgspec.Struct, frozen=True, rename="camel"):
    """A role that is given, and what on."""

    role_id: str
    role_name: str
    resources: list[PermissionResourceV1]


class PermissionsInput(msgspec.Struct, frozen=True):
    """Permissions to give."""

    permissions: Annotated[list[PermissionInputV1], Meta(max_length=200)]


class AccessPermissions(msgspec.Struct, frozen=True):
    """The permissions that are given now."""

    permissions: list[AccessPermissionV1]


def grants(workspace_id: str, given: Iterable[PermissionInputV1]) -> tuple[Grant, ...]:
    """What is to be given in a workspace. Raises InvalidError."""
    return tuple(
        Grant(
            _role(each.role_id),
            tuple(_reach(workspace_id, resource, ()) for resource in each.resources),
        )
        for each in given
    )


def invited_grants(workspace_id: str, given: Iterable[InvitePermissionV1]) -> tuple[Grant, ...]:
    """What somebody invited is to be given. Raises InvalidError."""
    found = []
    for each in given:
        if isinstance(each.resources, UnsetType):
            scope: tuple[Reach, ...] = (Reach(labels=_labels(each.labels)),)
        else:
            scope = tuple(_reach(workspace_id, one, each.labels) for one in each.resources)
        found.append(Grant(_role(each.role_id), scope))
    return tuple(found)


def permissions(workspace_id: str, given: Iterable[Grant]) -> list[PermissionV1]:
    """Grants as a user or a group shows them."""
    return [
        PermissionV1(each.role.display_name, each.role.value, _resources(workspace_id, each))
        for each in given
    ]


def access_permissions(workspace_id: str, given: Iterable[Grant]) -> AccessPermissions:
    """Grants as the answer to giving them shows them."""
    return AccessPermissions(
        [
            AccessPermissionV1(
                each.role.value, each.role.display_name, _resources(workspace_id, each)
            )
            for each in given
        ]
    )


def _role(role_id: str) -> Role:
    try:
        return Role(role_id)
    except ValueError:
        raise InvalidError(
            f"roleId: there is no role {role_id!r}.",
            field="roleId",
            hint="GET /api/roles lists them.",
        ) from None


def _reach(
    workspace_id: str, resource: PermissionResourceV1, also: Sequence[AllowedLabelBeta]
) -> Reach:
    if resource.type is Kind.WORKSPACE and resource.id != workspace_id:
        raise InvalidError(
            f"resources: {resource.id!r} is not this workspace.",
            field="resources",
            hint="GET /api shows its id.",
        )
    id_ = "" if resource.id == workspace_id else resource.id
    return Reach(resource.type, id_, _labels((*resource.labels, *also)))


def _labels(given: Iterable[AllowedLabelBeta]) -> tuple[Label, ...]:
    return tuple(Label(each.key, each.value) for each in given)


def _resources(workspace_id: str, grant: Grant) -> list[PermissionResourceV1]:
    return [
        PermissionResourceV1(
            reach.id or workspace_id,
            reach.kind,
            [AllowedLabelBeta(each.key, each.value) for each in reach.labels],
        )
        for reach in grant.scope
    ]
