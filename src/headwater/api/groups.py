"""User groups: what is given to a group, each of its members has."""

from collections.abc import Callable, Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Meta
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from headwater.access import groups
from headwater.access.changes import Changes
from headwater.access.groups import Group
from headwater.access.model import Principal
from headwater.access.permissions import Permission
from headwater.api.frame import DONE, ApiRoute, Call, Data, Doc, Handler, Status, answer
from headwater.api.pages import Paged, PaginationOutput, asked
from headwater.api.permissions import (
    AccessPermissions,
    PermissionsInput,
    PermissionV1,
    access_permissions,
    grants,
    permissions,
)

Emails = Annotated[list[Annotated[str, Meta(max_length=300)]], Meta(max_length=1000)]


class UserGroupV1(msgspec.Struct, frozen=True, rename="camel"):
    """A user group. Its members are those who have accounts and those who are invited."""

    member_count: int
    permissions: list[PermissionV1]
    id: str
    name: str


class OneUserGroup(msgspec.Struct, frozen=True, rename="camel"):
    """A user group."""

    user_group: UserGroupV1


class UserGroupsPage(msgspec.Struct, frozen=True, rename="camel"):
    """A page of user groups."""

    user_groups: list[UserGroupV1]
    pagination: PaginationOutput


class MinimalUserV1(msgspec.Struct, frozen=True):
    """A user, without permissions."""

    id: str
    name: str
    email: str


class UsersOfGroupPage(msgspec.Struct, frozen=True):
    """A page of the users in a group."""

    users: list[MinimalUserV1]
    pagination: PaginationOutput


class EmailsPage(msgspec.Struct, frozen=True):
    """A page of e-mail addresses."""

    emails: list[str]
    pagination: PaginationOutput


class NamedGroup(msgspec.Struct, frozen=True):
    """The name of a user group."""

    name: Annotated[str, Meta(min_length=1, max_length=200)]


class GroupEmails(msgspec.Struct, frozen=True):
    """The addresses of people; whoever is not in the workspace is invited to it."""

    emails: Emails


class EmailsQuery(msgspec.Struct, frozen=True):
    """The addresses of people."""

    emails: Annotated[Emails, Meta(min_length=1)]


async def index(call: Call) -> Response:
    page = asked(call.request.query_params)
    found = await run_in_threadpool(groups.listed, call.context.changes, call.principal)
    shown = [_shown(call, each) for each in page.cut(found)]
    return answer(Data(UserGroupsPage(shown, page.of(len(found)))))


async def create(call: Call) -> Response:
    body = await call.body(NamedGroup)
    made = await run_in_threadpool(groups.create, call.context.changes, call.principal, body.name)
    return _answer(call, made)


async def show(call: Call) -> Response:
    return _answer(call, await _on_one(call, groups.one))


async def rename(call: Call) -> Response:
    body = await call.body(NamedGroup)
    renamed = await run_in_threadpool(
        groups.rename, call.context.changes, call.principal, call.path("group_id"), body.name
    )
    return _answer(call, renamed)


async def remove(call: Call) -> Response:
    """Its members stay in the workspace, without what the group gave them."""
    await run_in_threadpool(
        groups.remove, call.context.changes, call.principal, call.path("group_id")
    )
    return answer(DONE)


async def replace_permissions(call: Call) -> Response:
    return await _give(call, keep=False)


async def add_permissions(call: Call) -> Response:
    return await _give(call, keep=True)


async def users_of(call: Call) -> Response:
    page = asked(call.request.query_params)
    found = await run_in_threadpool(
        groups.users_of, call.context.changes, call.principal, call.path("group_id")
    )
    shown = [MinimalUserV1(each.id, each.name, each.email) for each in page.cut(found)]
    return answer(Data(UsersOfGroupPage(shown, page.of(len(found)))))


async def invited_of(call: Call) -> Response:
    page = asked(call.request.query_params)
    found = await run_in_threadpool(
        groups.invited_of, call.context.changes, call.principal, call.path("group_id")
    )
    return answer(Data(EmailsPage(page.cut(found), page.of(len(found)))))


async def replace_users(call: Call) -> Response:
    return await _set_users(call, groups.replace_users, (await call.body(GroupEmails)).emails)


async def add_users(call: Call) -> Response:
    return await _set_users(call, groups.add_users, (await call.body(GroupEmails)).emails)


async def remove_users(call: Call) -> Response:
    """They stay in the workspace, without what the group gave them."""
    await _set_users(call, groups.remove_users, call.asked(EmailsQuery).emails)
    return answer(DONE)


async def _on_one(call: Call, work: Callable[[Changes, Principal, str], Group]) -> Group:
    return await run_in_threadpool(
        work, call.context.changes, call.principal, call.path("group_id")
    )


async def _give(call: Call, *, keep: bool) -> Response:
    body = await call.body(PermissionsInput)
    workspace_id = call.principal.workspace_id
    group = await run_in_threadpool(
        groups.add_permissions if keep else groups.replace_permissions,
        call.context.changes,
        call.principal,
        call.path("group_id"),
        grants(workspace_id, body.permissions),
    )
    return answer(Data(access_permissions(workspace_id, group.grants)))


async def _set_users(
    call: Call,
    work: Callable[[Changes, Principal, str, Sequence[str]], Group],
    emails: Sequence[str],
) -> Response:
    changed = await run_in_threadpool(
        work, call.context.changes, call.principal, call.path("group_id"), emails
    )
    return _answer(call, changed)


def _answer(call: Call, group: Group) -> Response:
    return answer(Data(OneUserGroup(_shown(call, group))))


def _shown(call: Call, group: Group) -> UserGroupV1:
    given = permissions(call.principal.workspace_id, group.grants)
    return UserGroupV1(len(group.emails), given, group.id, group.name)


_TAG = "IAM Groups"
_GROUP = Data[OneUserGroup]


def _route(
    method: str, path: str, handle: Handler, summary: str, operation: str, **doc: Any
) -> ApiRoute:
    """A route of this noun: reading it takes `iam.read`, all else `iam.admin`."""
    access = Permission.IAM_READ if method == "GET" else Permission.IAM_ADMIN
    return ApiRoute(method, path, access, handle, Doc(summary, _TAG, operation=operation, **doc))


_LIST, _ONE, _USERS = "/api/groups", "/api/groups/{group_id}", "/api/groups/{group_id}/users"
_PERMISSIONS = "/api/groups/{group_id}/permissions"
_SINGULAR = "/api/group/{group_id}/users"  # so it stands in Segment's clients
_GIVES = {"body": PermissionsInput, "answer": Data[AccessPermissions], "errors": (409,)}
_SETS = {"body": GroupEmails, "answer": _GROUP, "errors": (409,)}

ROUTES = (
    _route(
        "GET",
        _LIST,
        index,
        "List the user groups.",
        "listUserGroups",
        query=Paged,
        answer=Data[UserGroupsPage],
    ),
    _route(
        "POST",
        _LIST,
        create,
        "Make a user group.",
        "createUserGroup",
        body=NamedGroup,
        answer=_GROUP,
        errors=(409,),
    ),
    _route("GET", _ONE, show, "Show a user group.", "getUserGroup", answer=_GROUP),
    _route(
        "PATCH",
        _ONE,
        rename,
        "Give a user group another name.",
        "updateUserGroup",
        body=NamedGroup,
        answer=_GROUP,
        errors=(409,),
    ),
    _route(
        "DELETE",
        _ONE,
        remove,
        "Delete a user group.",
        "deleteUserGroup",
        answer=Data[Status],
        errors=(409,),
    ),
    _route(
        "PUT",
        _PERMISSIONS,
        replace_permissions,
        "Give a user group these permissions instead of its own.",
        "replacePermissionsForUserGroup",
        **_GIVES,
    ),
    _route(
        "POST",
        _PERMISSIONS,
        add_permissions,
        "Give a user group these permissions beside its own.",
        "addPermissionsToUserGroup",
        **_GIVES,
    ),
    _route(
        "GET",
        _USERS,
        users_of,
        "List the users of a user group.",
        "listUsersFromUserGroup",
        query=Paged,
        answer=Data[UsersOfGroupPage],
    ),
    _route(
        "POST", _USERS, add_users, "Put people into a user group.", "addUsersToUserGroup", **_SETS
    ),
    _route(
        "PUT",
        _SINGULAR,
        replace_users,
        "Make these people the members of a user group.",
        "replaceUsersInUserGroup",
        **_SETS,
    ),
    _route(
        "DELETE",
        _SINGULAR,
        remove_users,
        "Take people out of a user group.",
        "removeUsersFromUserGroup",
        query=EmailsQuery,
        answer=Data[Status],
        errors=(409,),
    ),
    _route(
        "GET",
        "/api/groups/{group_id}/invites",
        invited_of,
        "List who is invited and in a user group.",
        "listInvitesFromUserGroup",
        query=Paged,
        answer=Data[EmailsPage],
    ),
)
