"""Roles: what can be given to people, groups and tokens."""

import msgspec
from starlette.responses import Response

from headwater.access.permissions import Permission
from headwater.access.roles import ROLES as ALL
from headwater.api.frame import ApiRoute, Call, Data, Doc, answer
from headwater.api.pages import Paged, PaginationOutput, asked


class RoleV1(msgspec.Struct, frozen=True):
    """A role."""

    id: str
    name: str
    description: str


class RolesPage(msgspec.Struct, frozen=True):
    """A page of roles."""

    roles: list[RoleV1]
    pagination: PaginationOutput


async def index(call: Call) -> Response:
    page = asked(call.request.query_params)
    shown = [RoleV1(role.value, row.name, row.description) for role, row in ALL.items()]
    return answer(Data(RolesPage(page.cut(shown), page.of(len(shown)))))


ROUTES = (
    ApiRoute(
        "GET",
        "/api/roles",
        Permission.IAM_READ,
        index,
        Doc(
            "List the roles.",
            "IAM Roles",
            operation="listRoles",
            query=Paged,
            answer=Data[RolesPage],
        ),
    ),
)
