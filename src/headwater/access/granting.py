"""What may be given: roles on parts of the workspace that exist, and no more than one has."""

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec
from sqlalchemy import Connection

from headwater.access.model import EVERYTHING, Grant, Principal, Reach
from headwater.access.permissions import Kind, Permission
from headwater.access.roles import ROLES, Role
from headwater.errors import ForbiddenError, InvalidError
from headwater.workspaces import labels, store, warehouses

_MOST: Final = 100
_WHOLE_ONLY: Final = frozenset({Role.WORKSPACE_OWNER, Role.WORKSPACE_MEMBER, Role.MINIMAL_USER})


def checked(connection: Connection, by: Principal, grants: Iterable[Grant]) -> tuple[Grant, ...]:
    """The grants in their one form, each role once.

    Raises InvalidError for what there is not, and ForbiddenError for what the caller has not.
    """
    found = _together(grants)
    known = _Known(connection, by.workspace_id)
    for grant in found:
        for reach in grant.scope:
            known.check(grant.role, reach)
    require_may_grant(by, found)
    return found


def require_may_grant(by: Principal, grants: Sequence[Grant]) -> None:
    """Raises ForbiddenError where the caller would hand on more than it has."""
    by.require(Permission.IAM_ADMIN)
    for grant in grants:
        if not by.may_grant(grant):
            raise ForbiddenError(
                f"You cannot give the role {grant.role.display_name} there: it may more than you.",
                hint="Ask an owner of the workspace.",
            )


def _together(grants: Iterable[Grant]) -> tuple[Grant, ...]:
    """One grant for each role, on all that its grants are on."""
    scopes: dict[Role, dict[Reach, None]] = {}
    for grant in grants:
        if not grant.scope:
            raise InvalidError(
                f"permissions: the role {grant.role.display_name} is given on nothing.",
                field="permissions",
                hint="Name resources; the workspace itself stands for everything in it.",
            )
        scopes.setdefault(grant.role, {}).update(dict.fromkeys(map(_sorted, grant.scope)))
    if sum(map(len, scopes.values())) > _MOST:
        raise InvalidError(
            f"permissions: more than {_MOST} resources.",
            field="permissions",
            hint="Put labels on the sources, and give the role on the labels.",
        )
    whole = EVERYTHING[0]
    return tuple(
        Grant(role, EVERYTHING if whole in scope else tuple(scope))
        for role, scope in scopes.items()
    )


def _sorted(reach: Reach) -> Reach:
    return msgspec.structs.replace(reach, labels=tuple(sorted(set(reach.labels))))


class _Known:
    """What there is in a workspace to be given roles on."""

    def __init__(self, connection: Connection, workspace_id: str) -> None:
        self._ids = {
            Kind.SOURCE: {each.id for each in store.sources(connection, workspace_id)},
            Kind.WAREHOUSE: {each.id for each in warehouses.warehouses(connection, workspace_id)},
        }
        self._labels = {each.label for each in labels.labels(connection, workspace_id)}

    def check(self, role: Role, reach: Reach) -> None:
        """Raises InvalidError."""
        if role in _WHOLE_ONLY and reach != EVERYTHING[0]:
            raise _invalid(
                f"the role {role.display_name} is for the whole workspace.",
                "Name the workspace itself as the resource.",
            )
        if reach.kind not in ROLES[role].kinds and role is not Role.PII_ACCESS:
            raise _invalid(
                f"the role {role.display_name} cannot be given on a {reach.kind}.",
                "Name the workspace itself as the resource.",
            )
        if reach.id and reach.id not in self._ids.get(reach.kind, ()):
            raise _invalid(f"there is no {reach.kind} {reach.id[:100]!r}.", "")
        for label in reach.labels:
            if label not in self._labels:
                raise _invalid(
                    f"there is no label {label.key[:100]}: {label.value[:100]}.",
                    "Make it first: POST /api/labels.",
                )


def _invalid(why: str, hint: str) -> InvalidError:
    return InvalidError(f"permissions: {why}", field="permissions", hint=hint)
