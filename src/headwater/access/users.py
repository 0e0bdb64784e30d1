"""The people of a workspace, as principals see and change them; and each one's own account."""

from collections.abc import Iterable, Sequence

import msgspec
from sqlalchemy import Connection, update

from headwater.access import accounts, granting, members, passwords, sessions, throttle
from headwater.access.accounts import User
from headwater.access.audit import Change, modified
from headwater.access.changes import Changes
from headwater.access.members import Member
from headwater.access.model import Grant, Principal, both
from headwater.access.permissions import Permission
from headwater.access.sign_in import authenticate
from headwater.access.tables import USERS
from headwater.errors import ForbiddenError, InvalidError, NotFoundError
from headwater.workspaces.model import Workspace


def listed(changes: Changes, by: Principal) -> list[Member]:
    """The members of the workspace, the oldest first. Raises ForbiddenError."""
    by.require(Permission.IAM_READ)
    with changes.reading() as connection:
        return members.members(connection, by.workspace_id)


def one(changes: Changes, by: Principal, user_id: str) -> Member:
    """A member of the workspace. Raises NotFoundError and ForbiddenError."""
    by.require(Permission.IAM_READ)
    with changes.reading() as connection:
        return _one(connection, by, user_id)


def replace_permissions(
    changes: Changes, by: Principal, user_id: str, grants: Iterable[Grant]
) -> Member:
    """Give a member these grants instead of those he has himself; those of groups stay.

    Raises NotFoundError, ForbiddenError, InvalidError, and ConflictError for the last owner.
    """
    return _set_permissions(changes, by, user_id, list(grants), keep=False)


def add_permissions(
    changes: Changes, by: Principal, user_id: str, grants: Iterable[Grant]
) -> Member:
    """Give a member these grants beside those he has. Raises as `replace_permissions`."""
    return _set_permissions(changes, by, user_id, list(grants), keep=True)


def remove(changes: Changes, by: Principal, user_ids: Sequence[str]) -> None:
    """Take members out of the workspace, all or none.

    Raises NotFoundError, ForbiddenError, and ConflictError for the last owner.
    """
    by.require(Permission.IAM_ADMIN)
    with (
        changes.change(by) as step,
        members.keeping_an_owner(step.connection, by.workspace_id),
    ):
        for user_id in dict.fromkeys(user_ids):
            member = _one(step.connection, by, user_id)
            granting.require_may_grant(by, member.grants)
            members.remove(step.connection, by.workspace_id, member)
            step.record(
                Change("User Removed", "User", user_id, before=member, name=member.user.email)
            )


def own(changes: Changes, by: Principal) -> User:
    """The caller's own account. Raises ForbiddenError for a token."""
    with changes.reading() as connection:
        return _own(connection, by)[0]


def own_workspaces(changes: Changes, by: Principal) -> list[Workspace]:
    """The workspaces that the caller belongs to. Raises ForbiddenError for a token."""
    with changes.reading() as connection:
        user, _ = _own(connection, by)
        return members.workspaces_of(connection, user.id)


def update_own(
    changes: Changes,
    by: Principal,
    *,
    name: str | None = None,
    language: str | None = None,
    time_zone: str | None = None,
) -> User:
    """Change what is given of the caller's own account. Raises InvalidError."""
    given = {
        "name": None if name is None else accounts.name_of(name),
        "language": None if language is None else _short(language, "language"),
        "time_zone": None if time_zone is None else _short(time_zone, "timeZone"),
    }
    values = {column: value for column, value in given.items() if value is not None}
    with changes.change(by) as step:
        before, _ = _own(step.connection, by)
        after = msgspec.structs.replace(before, **values)
        if after != before:
            step.connection.execute(update(USERS).where(USERS.c.id == before.id).values(**values))
            step.record(modified("User", before.id, before, after, name=before.email))
    return after


def change_password(changes: Changes, by: Principal, old: str, new: str, *, address: str) -> None:
    """Change the caller's own password, and end all its sessions but this one.

    Raises UnauthorizedError for a wrong old password, RateLimitedError and InvalidError.
    """
    user = own(changes, by)
    passwords.checked(new, email=user.email, field="newPassword")
    _, limits = authenticate(changes, user.email, old, address=address)
    kept = passwords.hashed(new)
    with changes.change(by) as step:
        throttle.forget(step.connection, limits)
        step.connection.execute(
            update(USERS).where(USERS.c.id == user.id).values(password_hash=kept)
        )
        sessions.end_all(step, user.id, but=by.session_id)
        step.record(Change("Password Changed", "User", user.id, name=user.email))


def _set_permissions(
    changes: Changes, by: Principal, user_id: str, grants: Sequence[Grant], *, keep: bool
) -> Member:
    by.require(Permission.IAM_ADMIN)
    with (
        changes.change(by) as step,
        members.keeping_an_owner(step.connection, by.workspace_id),
    ):
        before = _one(step.connection, by, user_id)
        granting.require_may_grant(by, before.grants)
        wanted = both(before.grants, grants) if keep else tuple(grants)
        given = granting.checked(step.connection, by, wanted)
        members.put(step.connection, by.workspace_id, user_id, given, now=step.now)
        after = Member(before.user, given)
        if after != before:
            step.record(
                Change(
                    "User Permissions Modified", "User", user_id, before, after, before.user.email
                )
            )
    return after


def _one(connection: Connection, by: Principal, user_id: str) -> Member:
    for member in members.members(connection, by.workspace_id):
        if member.user.id == user_id:
            return member
    raise NotFoundError(f"There is no user {user_id!r}.")


def _own(connection: Connection, by: Principal) -> tuple[User, str]:
    found = accounts.by_id(connection, by.user_id) if by.user_id is not None else None
    if found is None:
        raise ForbiddenError("Only a person has an account.", hint="Sign in at /sign-in.")
    return found


def _short(text: str, field: str) -> str:
    if len(text) > 64 or not text.isprintable():
        raise InvalidError(f"{field}: has more than 64 characters.", field=field)
    return text
