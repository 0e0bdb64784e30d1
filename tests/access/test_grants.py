"""What grants add up to, whatever they are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.access.model import EVERYTHING, OWNER, Grant, Principal, Reach, Resource, both
from headwater.access.permissions import Kind, Permission
from headwater.access.roles import ROLES, Role
from headwater.errors import ForbiddenError, NotFoundError
from headwater.workspaces.model import Label

LABELS = [Label(key, value) for key in ("env", "team") for value in ("a", "b")]
IDS = ["s1", "s2", "s3"]

labels = st.lists(st.sampled_from(LABELS), max_size=3, unique=True).map(tuple)
reaches = st.builds(Reach, st.sampled_from(Kind), st.sampled_from(["", *IDS]), labels)
scopes = st.lists(reaches, max_size=3).map(tuple)
grants = st.builds(Grant, st.sampled_from(Role), scopes)
several = st.lists(grants, max_size=4).map(tuple)
resources = st.builds(Resource, st.sampled_from(Kind), st.sampled_from(IDS), labels.map(frozenset))
permissions = st.sampled_from(Permission)
asked = st.none() | resources


def holder(of: tuple[Grant, ...]) -> Principal:
    return Principal("user:x", "w", of)


def allowed(principal: Principal, resource: Resource | None) -> set[Permission]:
    return {each for each in Permission if principal.may(each, resource)}


@given(several, several, asked)
def test_grants_only_add(some: tuple[Grant, ...], more: tuple[Grant, ...], on: Resource) -> None:
    together = allowed(holder(both(some, more)), on)
    assert together == allowed(holder(some), on) | allowed(holder(more), on)


@given(several, permissions, resources)
def test_what_one_may_on_all_one_may_on_each(
    some: tuple[Grant, ...], permission: Permission, resource: Resource
) -> None:
    principal = holder(some)
    if principal.may(permission) and resource.kind is permission.kind:
        assert principal.may(permission, resource)


@given(several, permissions, asked)
def test_nothing_is_permitted_that_no_role_has(
    some: tuple[Grant, ...], permission: Permission, on: Resource | None
) -> None:
    if holder(some).may(permission, on):
        assert permission in {each for grant in some for each in grant.role.permissions}


@given(grants, reaches, asked)
def test_a_role_on_less_permits_no_more(grant: Grant, narrower: Reach, on: Resource | None) -> None:
    less = Grant(grant.role, tuple(each for each in grant.scope if each.contains(narrower)))
    assert allowed(holder((less,)), on) <= allowed(holder((grant,)), on)
    if any(each.contains(narrower) for each in grant.scope):
        within = Grant(grant.role, (narrower,))
        assert allowed(holder((within,)), on) <= allowed(holder((grant,)), on)


@given(reaches, reaches, resources)
def test_a_part_of_a_part_covers_no_more(one: Reach, other: Reach, resource: Resource) -> None:
    if one.contains(other) and other.covers(resource):
        assert one.covers(resource)


@given(several, grants, asked)
def test_nobody_gives_more_than_he_has(
    some: tuple[Grant, ...], wanted: Grant, on: Resource | None
) -> None:
    giver = holder(some)
    if giver.may_grant(wanted):
        assert allowed(holder((wanted,)), on) <= allowed(giver, on)


@given(several)
def test_an_owner_may_give_anything(some: tuple[Grant, ...]) -> None:
    assert all(holder(OWNER).may_grant(each) for each in some)


@given(several, permissions, resources)
def test_on_some_is_open_to_whoever_may_on_one(
    some: tuple[Grant, ...], permission: Permission, resource: Resource
) -> None:
    principal = holder(some)
    if principal.may(permission, resource) or principal.may(permission):
        assert principal.may_on_some(permission)


@given(several, permissions, st.sampled_from(IDS))
def test_what_is_another_workspaces_does_not_exist(
    some: tuple[Grant, ...], permission: Permission, id_: str
) -> None:
    foreign = Resource(Kind.SOURCE, id_, frozenset(), "another")
    principal = holder((*some, *OWNER))
    assert not principal.may(permission, foreign)
    with pytest.raises(NotFoundError):
        principal.require(permission, foreign)


def test_more_labels_are_reached_by_more_never_by_fewer_of_them() -> None:
    env, team = LABELS[0], LABELS[2]
    reach = Reach(Kind.SOURCE, labels=(env, team))
    assert not reach.covers(Resource(Kind.SOURCE, "s1", frozenset([env])))
    assert reach.covers(Resource(Kind.SOURCE, "s1", frozenset([env, team])))
    assert not reach.covers_all(Kind.SOURCE)


def test_without_a_permission_one_is_told_which() -> None:
    with pytest.raises(ForbiddenError, match=r"audit\.read"):
        holder(()).require(Permission.AUDIT_READ)


def test_the_roles_are_segments_and_one_of_ours() -> None:
    assert {row.name for row in ROLES.values()} == {
        "Workspace Owner",
        "Workspace Member",
        "Minimal User",
        "Source Admin",
        "Source Read-only",
        "Function Admin",
        "Function Read-only",
        "Unify and Engage Admin",
        "Unify and Engage Read-only",
        "Unify Read-only Engage User",
        "Tracking Plan Admin",
        "Tracking Plan Read-only",
        "Warehouse Destination Admin",
        "Warehouse Destination Read-only",
        "Identity Admin",
        "End User Privacy Admin",
        "Entities Admin",
        "Entities Read-only",
        "PII Access",
    }
    assert set(ROLES) == set(Role)


def test_the_table_of_roles_is_this() -> None:
    """The whole table, written down once more: a change to it is meant, or it is a mistake."""
    reads = {each for each in Permission if each.value.endswith(".read")}
    assert {role: ROLES[role].permissions for role in Role} == {
        Role.WORKSPACE_OWNER: set(Permission),
        Role.WORKSPACE_MEMBER: reads - {Permission.PII_READ, Permission.AUDIT_READ},
        Role.MINIMAL_USER: set(),
        Role.SOURCE_ADMIN: {Permission.SOURCE_READ, Permission.SOURCE_ADMIN},
        Role.SOURCE_READ_ONLY: {Permission.SOURCE_READ},
        Role.WAREHOUSE_ADMIN: {Permission.WAREHOUSE_READ, Permission.WAREHOUSE_ADMIN},
        Role.WAREHOUSE_READ_ONLY: {Permission.WAREHOUSE_READ},
        Role.FUNCTION_ADMIN: {Permission.FUNCTION_READ, Permission.FUNCTION_ADMIN},
        Role.FUNCTION_READ_ONLY: {Permission.FUNCTION_READ},
        Role.TRACKING_PLAN_ADMIN: {Permission.PLAN_READ, Permission.PLAN_ADMIN},
        Role.TRACKING_PLAN_READ_ONLY: {Permission.PLAN_READ},
        Role.UNIFY_ENGAGE_ADMIN: {
            Permission.SPACE_READ,
            Permission.SPACE_ADMIN,
            Permission.AUDIENCE_ADMIN,
        },
        Role.UNIFY_ENGAGE_READ_ONLY: {Permission.SPACE_READ},
        Role.ENGAGE_USER: {Permission.SPACE_READ, Permission.AUDIENCE_ADMIN},
        Role.IDENTITY_ADMIN: {Permission.IDENTITY_ADMIN},
        Role.PRIVACY_ADMIN: {Permission.PRIVACY_ADMIN},
        Role.ENTITIES_ADMIN: {Permission.ENTITY_READ, Permission.ENTITY_ADMIN},
        Role.ENTITIES_READ_ONLY: {Permission.ENTITY_READ},
        Role.PII_ACCESS: {Permission.PII_READ},
    }


def test_everything_is_everything() -> None:
    for permission in Permission:
        assert Grant(Role.WORKSPACE_OWNER, EVERYTHING).permits(permission, None)
