"""User groups: what is given to a group, each of its members has."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

import msgspec
from sqlalchemy import Connection, delete, insert, select, update

from headwater.access import accounts, granting, invitations, members
from headwater.access.audit import Change, created, deleted, modified
from headwater.access.changes import Changes, Step
from headwater.access.invitations import Wanted
from headwater.access.model import Grant, Principal, both
from headwater.access.permissions import Permission
from headwater.access.tables import GROUP_MEMBERS, USER_GROUPS
from headwater.errors import ConflictError, NotFoundError
from headwater.kit import ids
from headwater.kit.tables import later


class Group(msgspec.Struct, frozen=True):
    """A user group. `emails` are of its members, and of those invited to the workspace."""

    id: str
    name: str
    grants: tuple[Grant, ...] = ()
    emails: tuple[str, ...] = ()


def listed(changes: Changes, by: Principal) -> list[Group]:
    """The workspace's groups, the oldest first. Raises ForbiddenError."""
    by.require(Permission.IAM_READ)
    with changes.reading() as connection:
        return _groups(connection, by.workspace_id)


def one(changes: Changes, by: Principal, group_id: str) -> Group:
    """A group of the workspace. Raises NotFoundError and ForbiddenError."""
    by.require(Permission.IAM_READ)
    with changes.reading() as connection:
        return _one(connection, by, group_id)


def of_user(changes: Changes, by: Principal, user_id: str) -> list[Group]:
    """The groups that a member is in. Raises NotFoundError and ForbiddenError."""
    by.require(Permission.IAM_READ)
    with changes.reading() as connection:
        known = {each.user.id: each for each in members.members(connection, by.workspace_id)}
        if user_id not in known:
            raise NotFoundError(f"There is no user {user_id!r}.")
        email = known[user_id].user.email
        return [each for each in _groups(connection, by.workspace_id) if email in each.emails]


def users_of(changes: Changes, by: Principal, group_id: str) -> list[accounts.User]:
    """The members of a group who have accounts. Raises NotFoundError and ForbiddenError."""
    by.require(Permission.IAM_READ)
    with changes.reading() as connection:
        emails = _one(connection, by, group_id).emails
        found = members.members(connection, by.workspace_id)
        return [each.user for each in found if each.user.email in emails]


def invited_of(changes: Changes, by: Principal, group_id: str) -> list[str]:
    """The addresses in a group that are invited and have not accepted. Raises as `users_of`."""
    by.require(Permission.IAM_READ)
    with changes.reading() as connection:
        emails = _one(connection, by, group_id).emails
        open_ = invitations.open_invitations(connection, by.workspace_id, now=changes.clock.now())
        return [each.email for each in open_ if each.email in emails]


def create(changes: Changes, by: Principal, name: str) -> Group:
    """Make an empty group. Raises InvalidError, ForbiddenError, and ConflictError for the name."""
    by.require(Permission.IAM_ADMIN)
    with changes.change(by) as step:
        group = Group(ids.resource_id(), accounts.name_of(name))
        _require_free(step.connection, by, group.name)
        step.connection.execute(
            insert(USER_GROUPS).values(
                id=group.id,
                workspace_id=by.workspace_id,
                name=group.name,
                grants="[]",
                created_at=later(step.connection, USER_GROUPS, step.now),
            )
        )
        step.record(created("User Group", group.id, group, name=group.name))
    return group


def rename(changes: Changes, by: Principal, group_id: str, name: str) -> Group:
    """Give a group another name. Raises as `create`, and NotFoundError."""
    by.require(Permission.IAM_ADMIN)
    with changes.change(by) as step:
        before = _one(step.connection, by, group_id)
        after = msgspec.structs.replace(before, name=accounts.name_of(name))
        if after != before:
            _require_free(step.connection, by, after.name)
            _update(step.connection, group_id, name=after.name)
            step.record(modified("User Group", group_id, before, after, name=after.name))
    return after


def remove(changes: Changes, by: Principal, group_id: str) -> None:
    """Remove a group; its members stay in the workspace, without what it gave them.

    Raises NotFoundError, ForbiddenError, and ConflictError for the last owner.
    """
    with _changing(changes, by) as step:
        group = _changeable(step.connection, by, group_id)
        step.connection.execute(delete(USER_GROUPS).where(USER_GROUPS.c.id == group_id))
        step.record(deleted("User Group", group_id, group, name=group.name))


def replace_permissions(
    changes: Changes, by: Principal, group_id: str, grants: Iterable[Grant]
) -> Group:
    """Give a group these grants instead of those it has.

    Raises NotFoundError, ForbiddenError, InvalidError, and ConflictError for the last owner.
    """
    return _set_permissions(changes, by, group_id, list(grants), keep=False)


def add_permissions(
    changes: Changes, by: Principal, group_id: str, grants: Iterable[Grant]
) -> Group:
    """Give a group these grants beside those it has. Raises as `replace_permissions`."""
    return _set_permissions(changes, by, group_id, list(grants), keep=True)


def replace_users(changes: Changes, by: Principal, group_id: str, emails: Sequence[str]) -> Group:
    """Make these the group's members; whoever is not in the workspace is invited to it.

    Raises NotFoundError, ForbiddenError, InvalidError, and ConflictError for the last owner.
    """
    wanted = [accounts.email_of(each, field="emails") for each in emails]
    return _set_users(changes, by, group_id, lambda _: wanted)


def add_users(changes: Changes, by: Principal, group_id: str, emails: Sequence[str]) -> Group:
    """Put people into a group; whoever is not in the workspace is invited. Raises as above."""
    wanted = [accounts.email_of(each, field="emails") for each in emails]
    return _set_users(changes, by, group_id, lambda known: [*known, *wanted])


def remove_users(changes: Changes, by: Principal, group_id: str, emails: Sequence[str]) -> Group:
    """Take people out of a group, all or none. Raises as above, also for who is not in it."""
    gone = {accounts.email_of(each, field="emails") for each in emails}

    def rest(known: Sequence[str]) -> list[str]:
        for email in gone.difference(known):
            raise NotFoundError(f"{email} is not in the group.")
        return [each for each in known if each not in gone]

    return _set_users(changes, by, group_id, rest)


def _set_permissions(
    changes: Changes, by: Principal, group_id: str, grants: Sequence[Grant], *, keep: bool
) -> Group:
    with _changing(changes, by) as step:
        before = _changeable(step.connection, by, group_id)
        wanted = both(before.grants, grants) if keep else tuple(grants)
        given = granting.checked(step.connection, by, wanted)
        after = msgspec.structs.replace(before, grants=given)
        if after != before:
            _update(step.connection, group_id, grants=members.encoded(given))
            step.record(
                Change(
                    "User Group Permissions Modified",
                    "User Group",
                    group_id,
                    before,
                    after,
                    after.name,
                )
            )
    return after


def _set_users(
    changes: Changes,
    by: Principal,
    group_id: str,
    wanted: Callable[[Sequence[str]], Sequence[str]],
) -> Group:
    with _changing(changes, by) as step:
        before = _changeable(step.connection, by, group_id)
        emails = tuple(sorted(set(wanted(before.emails))))
        _invite_strangers(step, by, emails)
        step.connection.execute(delete(GROUP_MEMBERS).where(GROUP_MEMBERS.c.group_id == group_id))
        if emails:
            rows = [{"group_id": group_id, "email": email} for email in emails]
            step.connection.execute(insert(GROUP_MEMBERS), rows)
        after = msgspec.structs.replace(before, emails=emails)
        for action, some in (
            ("User Added To User Group", set(emails).difference(before.emails)),
            ("User Removed From User Group", set(before.emails).difference(emails)),
        ):
            for email in sorted(some):
                step.record(Change(action, "User Group", group_id, before, after, email))
    return after


def _invite_strangers(step: Step, by: Principal, emails: Iterable[str]) -> None:
    known = {each.user.email for each in members.members(step.connection, by.workspace_id)}
    known |= {
        each.email
        for each in invitations.open_invitations(step.connection, by.workspace_id, now=step.now)
    }
    for email in emails:
        if email not in known:
            invitations.invite(step, by, Wanted(email))


@contextmanager
def _changing(changes: Changes, by: Principal) -> Iterator[Step]:
    by.require(Permission.IAM_ADMIN)
    with (
        changes.change(by) as step,
        members.keeping_an_owner(step.connection, by.workspace_id),
    ):
        yield step


def _changeable(connection: Connection, by: Principal, group_id: str) -> Group:
    """A group that gives nothing which the caller has not. Raises as `_one`, ForbiddenError."""
    group = _one(connection, by, group_id)
    granting.require_may_grant(by, group.grants)
    return group


def _one(connection: Connection, by: Principal, group_id: str) -> Group:
    for group in _groups(connection, by.workspace_id):
        if group.id == group_id:
            return group
    raise NotFoundError(f"There is no user group {group_id!r}.")


def _groups(connection: Connection, workspace_id: str) -> list[Group]:
    emails = defaultdict(list)
    statement = (
        select(GROUP_MEMBERS)
        .join(USER_GROUPS, USER_GROUPS.c.id == GROUP_MEMBERS.c.group_id)
        .where(USER_GROUPS.c.workspace_id == workspace_id)
        .order_by(GROUP_MEMBERS.c.email)
    )
    for row in connection.execute(statement):
        emails[row.group_id].append(row.email)
    groups = (
        select(USER_GROUPS)
        .where(USER_GROUPS.c.workspace_id == workspace_id)
        .order_by(USER_GROUPS.c.created_at, USER_GROUPS.c.id)
    )
    return [
        Group(row.id, row.name, members.decoded(row.grants), tuple(emails[row.id]))
        for row in connection.execute(groups)
    ]


def _require_free(connection: Connection, by: Principal, name: str) -> None:
    if name in {each.name for each in _groups(connection, by.workspace_id)}:
        raise ConflictError(f"name: there is a user group {name!r}.", hint="Choose another name.")


def _update(connection: Connection, group_id: str, **values: str) -> None:
    connection.execute(update(USER_GROUPS).where(USER_GROUPS.c.id == group_id).values(**values))
