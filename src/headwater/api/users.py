"""Users: the people of the workspace, and what each has been given."""

from typing import Annotated

import msgspec
from msgspec import Meta
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from headwater.access import groups, users
from headwater.access.members import Member
from headwater.access.permissions import Permission
from headwater.api.frame import DONE, ApiRoute, Call, Data, Doc, Status, answer
from headwater.api.pages import Paged, PaginationOutput, asked
from headwater.api.permissions import (
    AccessPermissions,
    Id,
    PermissionsInput,
    PermissionV1,
    access_permissions,
    grants,
    permissions,
)


class UserV1(msgspec.Struct, frozen=True):
    """A user. What groups give is shown with the groups."""

    id: str
    name: str
    email: str
    permissions: list[PermissionV1]


class OneUser(msgspec.Struct, frozen=True):
    """A user."""

    user: UserV1


class UsersPage(msgspec.Struct, frozen=True):
    """A page of users."""

    users: list[UserV1]
    pagination: PaginationOutput


class MinimalUserGroupV1(msgspec.Struct, frozen=True):
    """A user group, by its name alone."""

    id: str
    name: str


class GroupsOfUserPage(msgspec.Struct, frozen=True):
    """A page of the groups that a user is in."""

    groups: list[MinimalUserGroupV1]
    pagination: PaginationOutput


class DeleteUsers(msgspec.Struct, frozen=True, rename="camel"):
    """Who is to be removed."""

    user_ids: Annotated[list[Id], Meta(min_length=1, max_length=200)]


async def index(call: Call) -> Response:
    page = asked(call.request.query_params)
    found = await run_in_threadpool(users.listed, call.context.changes, call.principal)
    shown = [_shown(call, each) for each in page.cut(found)]
    return answer(Data(UsersPage(shown, page.of(len(found)))))


async def show(call: Call) -> Response:
    found = await run_in_threadpool(
        users.one, call.context.changes, call.principal, call.path("user_id")
    )
    return answer(Data(OneUser(_shown(call, found))))


async def remove(call: Call) -> Response:
    """All or none. Who belongs to no other workspace has no account any more."""
    # Terraform's provider names nobody after it has withdrawn an invitation.
    wanted = [each for each in call.asked(DeleteUsers).user_ids if each]
    await run_in_threadpool(users.remove, call.context.changes, call.principal, wanted)
    return answer(DONE)


async def replace_permissions(call: Call) -> Response:
    """What groups give stays."""
    return await _give(call, keep=False)


async def add_permissions(call: Call) -> Response:
    return await _give(call, keep=True)


async def groups_of(call: Call) -> Response:
    page = asked(call.request.query_params)
    found = await run_in_threadpool(
        groups.of_user, call.context.changes, call.principal, call.path("user_id")
    )
    shown = [MinimalUserGroupV1(each.id, each.name) for each in page.cut(found)]
    return answer(Data(GroupsOfUserPage(shown, page.of(len(found)))))


async def _give(call: Call, *, keep: bool) -> Response:
    body = await call.body(PermissionsInput)
    workspace_id = call.principal.workspace_id
    member = await run_in_threadpool(
        users.add_permissions if keep else users.replace_permissions,
        call.context.changes,
        call.principal,
        call.path("user_id"),
        grants(workspace_id, body.permissions),
    )
    return answer(Data(access_permissions(workspace_id, member.grants)))


def _shown(call: Call, member: Member) -> UserV1:
    user = member.user
    given = permissions(call.principal.workspace_id, member.grants)
    return UserV1(user.id, user.name, user.email, given)


_TAG = "IAM Users"

ROUTES = (
    ApiRoute(
        "GET",
        "/api/users",
        Permission.IAM_READ,
        index,
        Doc("List the users.", _TAG, operation="listUsers", query=Paged, answer=Data[UsersPage]),
    ),
    ApiRoute(
        "DELETE",
        "/api/users",
        Permission.IAM_ADMIN,
        remove,
        Doc(
            "Remove users from the workspace.",
            _TAG,
            operation="deleteUsers",
            query=DeleteUsers,
            answer=Data[Status],
            errors=(404, 409),
        ),
    ),
    ApiRoute(
        "GET",
        "/api/users/{user_id}",
        Permission.IAM_READ,
        show,
        Doc("Show a user.", _TAG, operation="getUser", answer=Data[OneUser]),
    ),
    ApiRoute(
        "PUT",
        "/api/users/{user_id}/permissions",
        Permission.IAM_ADMIN,
        replace_permissions,
        Doc(
            "Give a user these permissions instead of his own.",
            _TAG,
            operation="replacePermissionsForUser",
            body=PermissionsInput,
            answer=Data[AccessPermissions],
            errors=(409,),
        ),
    ),
    ApiRoute(
        "POST",
        "/api/users/{user_id}/permissions",
        Permission.IAM_ADMIN,
        add_permissions,
        Doc(
            "Give a user these permissions beside his own.",
            _TAG,
            operation="addPermissionsToUser",
            body=PermissionsInput,
            answer=Data[AccessPermissions],
            errors=(409,),
        ),
    ),
    ApiRoute(
        "GET",
        "/api/users/{user_id}/groups",
        Permission.IAM_READ,
        groups_of,
        Doc(
            "List the groups of a user.",
            _TAG,
            operation="listUserGroupsFromUser",
            query=Paged,
            answer=Data[GroupsOfUserPage],
        ),
    ),
)
