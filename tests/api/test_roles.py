"""The permission table, walked: every route for every role, and for roles on a part alone."""

import pytest
from starlette.testclient import TestClient

from headwater.access.admission import by_token
from headwater.access.model import EVERYTHING, Access, Grant, OnSome, Reach
from headwater.access.permissions import Kind, Permission
from headwater.access.roles import ROLES, Role
from headwater.api.application import ROUTES
from headwater.api.frame import ApiRoute, Context
from tests.api.conftest import ALICE
from tests.api.people import enter

ALSO = {
    "/api/quarantine/export": frozenset([Permission.PII_READ]),
    "/api/replays": frozenset(),
    "/api/replays/preview": frozenset(),
}
"""What a handler asks for itself, because it depends on what it is called with."""


def needed(route: ApiRoute) -> frozenset[Permission]:
    """What a route's rule says in words: all of these."""
    rule = route.access
    if rule is Access.LOCAL:
        return frozenset([Permission.WORKSPACE_READ])
    if isinstance(rule, Access):
        return frozenset()
    if isinstance(rule, OnSome):
        return frozenset([rule.permission]) | ALSO.get(route.path, frozenset())
    return frozenset([rule] if isinstance(rule, Permission) else rule)


def refusal(client: TestClient, route: ApiRoute) -> str:
    """What a caller is told who may not: the permission that is missing. Empty where he may."""
    path = route.path.replace("{", "no-").replace("}", "")
    with client.stream(route.method, path, json={}) as response:
        if response.status_code not in (401, 403):
            return ""
        response.read()
    body = response.json()
    assert response.status_code == 403, body
    assert body["code"] == "forbidden", body
    return str(body["message"])


@pytest.fixture
def workspace_id(context: Context) -> str:
    return by_token(context.changes, ALICE).workspace_id


@pytest.mark.parametrize("role", Role)
def test_a_role_may_call_what_the_table_says_and_nothing_else(
    context: Context, workspace_id: str, role: Role
) -> None:
    client = enter(context, workspace_id, "x@example.com", Grant(role))
    for route in ROUTES:
        missing = needed(route) - ROLES[role].permissions
        told = refusal(client, route)
        assert bool(told) is bool(missing), f"{role} {route.method} {route.path}: {told}"
        assert not missing or any(each.value in told for each in missing), told


@pytest.mark.parametrize(
    "reach", [Reach(Kind.SOURCE, "s1"), Reach(Kind.SOURCE), Reach(Kind.FUNCTION)]
)
def test_everything_on_a_part_opens_only_what_is_of_the_part(
    context: Context, workspace_id: str, reach: Reach
) -> None:
    """An owner of one source, or of a kind of thing, is no owner of the workspace."""
    client = enter(context, workspace_id, "x@example.com", Grant(Role.WORKSPACE_OWNER, (reach,)))
    for route in ROUTES:
        if route.path in ALSO:
            continue
        is_open = isinstance(route.access, OnSome) or all(
            reach.covers_all(each.kind) for each in needed(route)
        )
        told = refusal(client, route)
        assert bool(told) is not is_open, f"{route.method} {route.path}: {told}"


def test_who_is_given_nothing_is_a_member_and_no_more(context: Context, workspace_id: str) -> None:
    client = enter(context, workspace_id, "x@example.com")
    for route in ROUTES:
        assert bool(refusal(client, route)) is bool(needed(route)), route.path


def test_the_whole_workspace_is_all_that_there_is() -> None:
    assert all(EVERYTHING[0].covers_all(kind) for kind in Kind)
