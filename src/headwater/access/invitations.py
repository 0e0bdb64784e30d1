"""Invitations by link: single use, expiring; accepted by making an account, or with one."""

from collections.abc import Sequence
from typing import Final

import msgspec
from sqlalchemy import Connection, Row, delete, insert, select

from headwater.access import accounts, granting, members, passwords, sign_in, throttle
from headwater.access.accounts import User
from headwater.access.audit import Change
from headwater.access.changes import Changes, Step
from headwater.access.model import Grant, Principal, both
from headwater.access.permissions import Permission
from headwater.access.roles import Role
from headwater.access.secrets import digest
from headwater.access.sign_in import SignedIn
from headwater.access.tables import INVITATIONS
from headwater.errors import ConflictError, InvalidError, NotFoundError
from headwater.kit import ids
from headwater.kit.tables import later
from headwater.workspaces import store

LASTS: Final = 7 * 86_400_000_000
"""How long a link can be used, in microseconds."""
MINIMAL: Final = (Grant(Role.MINIMAL_USER),)
_MOST: Final = 100


class Wanted(msgspec.Struct, frozen=True):
    """Who is to be invited, and what he will be given. Nothing given is Minimal User."""

    email: str
    grants: tuple[Grant, ...] = ()


class Invitation(msgspec.Struct, frozen=True):
    """An invitation as it is kept: without its secret."""

    id: str
    workspace_id: str
    email: str
    grants: tuple[Grant, ...]
    invited_by: str
    created_at: int
    expires_at: int


class Found(msgspec.Struct, frozen=True):
    """What whoever holds a link is shown of its invitation."""

    email: str
    workspace_name: str
    has_account: bool
    expires_at: int


def path_of(secret: str) -> str:
    """The path of the page where an invitation is accepted."""
    return f"/invitation?token={secret}"


def create(
    changes: Changes, by: Principal, wanted: Sequence[Wanted]
) -> list[tuple[Invitation, str]]:
    """Invite people, all or none. Returns each invitation with its link's secret, kept nowhere.

    Who was invited before gets a new link, and the old one is of no use any more. Raises
    ForbiddenError, and InvalidError also for who is a member already.
    """
    by.require(Permission.IAM_ADMIN)
    if not 0 < len(wanted) <= _MOST:
        raise InvalidError(f"invites: must be 1 to {_MOST}.", field="invites")
    with changes.change(by) as step:
        return [invite(step, by, each) for each in wanted]


def invite(step: Step, by: Principal, wanted: Wanted) -> tuple[Invitation, str]:
    """Invite somebody within a change. Raises as `create`."""
    email = accounts.email_of(wanted.email)
    if email in {each.user.email for each in members.members(step.connection, by.workspace_id)}:
        raise InvalidError(
            f"email: {email} is a member of the workspace already.",
            field="email",
            hint="Change the user's permissions instead.",
        )
    _delete(step.connection, by.workspace_id, email)
    _forget_expired(step, by)
    secret = ids.secret()
    made = Invitation(
        id=ids.resource_id(),
        workspace_id=by.workspace_id,
        email=email,
        grants=granting.checked(step.connection, by, wanted.grants or MINIMAL),
        invited_by=by.actor,
        created_at=later(step.connection, INVITATIONS, step.now),
        expires_at=step.now + LASTS,
    )
    values = msgspec.structs.asdict(made) | {
        "grants": members.encoded(made.grants),
        "hash": digest(secret),
    }
    step.connection.execute(insert(INVITATIONS).values(**values))
    step.record(Change("User Invited", "Invitation", made.id, after=made, name=email))
    return made, secret


def listed(changes: Changes, by: Principal) -> list[Invitation]:
    """The invitations that can still be accepted, the oldest first. Raises ForbiddenError."""
    by.require(Permission.IAM_READ)
    with changes.reading() as connection:
        return open_invitations(connection, by.workspace_id, now=changes.clock.now())


def withdraw(changes: Changes, by: Principal, emails: Sequence[str]) -> None:
    """Make the links of these addresses useless, all or none. Raises NotFoundError."""
    by.require(Permission.IAM_ADMIN)
    with changes.change(by) as step:
        for email in dict.fromkeys(accounts.email_of(each, field="emails") for each in emails):
            gone = _delete(step.connection, by.workspace_id, email)
            if gone is None:
                raise NotFoundError(f"There is no invitation of {email}.")
            members.leave_groups(step.connection, by.workspace_id, email)
            step.record(Change("Invitation Deleted", "Invitation", gone.id, gone, name=email))


def found(changes: Changes, secret: str) -> Found:
    """What a link leads to. Raises NotFoundError: unknown, used, withdrawn or expired."""
    with changes.reading() as connection:
        invitation = _by_secret(connection, secret, now=changes.clock.now())
        return Found(
            email=invitation.email,
            workspace_name=store.workspace(connection, invitation.workspace_id).name,
            has_account=accounts.by_email(connection, invitation.email) is not None,
            expires_at=invitation.expires_at,
        )


def accept(
    changes: Changes, secret: str, *, name: str, password: str, address: str, browser: str
) -> SignedIn:
    """Accept an invitation and sign in: the password is a new account's, or the known one's.

    Raises NotFoundError for a link of no use, InvalidError, and for a known account
    UnauthorizedError and RateLimitedError: a link alone lets nobody into another's account.
    """
    seen = found(changes, secret)
    limits: tuple[throttle.Limit, ...] = ()
    kept = ""
    if seen.has_account:
        _, limits = sign_in.authenticate(changes, seen.email, password, address=address)
    else:
        name = accounts.name_of(name)
        kept = passwords.hashed(passwords.checked(password, email=seen.email))
    person = Principal("invited", "", (), name=seen.email)
    with changes.change(person) as step:
        invitation = _by_secret(step.connection, secret, now=step.now)
        known = accounts.by_email(step.connection, invitation.email)
        if (known is not None) is not seen.has_account:
            raise ConflictError("This changed meanwhile.", hint="Open the link again.")
        user = (
            known[0]
            if known is not None
            else accounts.create(
                step.connection,
                email=invitation.email,
                name=name,
                password_hash=kept,
                now=step.now,
            )
        )
        _join(step, invitation, user)
        if limits:
            throttle.forget(step.connection, limits)
        return sign_in.begin(
            step, user, address=address, browser=browser, workspace_id=invitation.workspace_id
        )


def open_invitations(connection: Connection, workspace_id: str, *, now: int) -> list[Invitation]:
    """A workspace's invitations that can still be accepted, the oldest first."""
    statement = (
        select(INVITATIONS)
        .where(INVITATIONS.c.workspace_id == workspace_id, INVITATIONS.c.expires_at > now)
        .order_by(INVITATIONS.c.created_at, INVITATIONS.c.id)
    )
    return [_invitation(row) for row in connection.execute(statement)]


def _join(step: Step, invitation: Invitation, user: User) -> None:
    """Use an invitation up: its user is a member, with what it gives."""
    step.connection.execute(delete(INVITATIONS).where(INVITATIONS.c.id == invitation.id))
    before = members.grants_of(step.connection, invitation.workspace_id, user.id)
    grants = both(before, invitation.grants)
    members.put(step.connection, invitation.workspace_id, user.id, grants, now=step.now)
    step.record(
        Change(
            "Invitation Accepted",
            "User",
            user.id,
            before=invitation,
            after=members.Member(user, grants),
            name=user.email,
        ),
        workspace_id=invitation.workspace_id,
    )


def _forget_expired(step: Step, by: Principal) -> None:
    """Remove the workspace's invitations of no use, and their addresses from its groups."""
    expired = (
        INVITATIONS.c.workspace_id == by.workspace_id,
        INVITATIONS.c.expires_at <= step.now,
    )
    for email in step.connection.scalars(select(INVITATIONS.c.email).where(*expired)).all():
        members.leave_groups(step.connection, by.workspace_id, email)
    step.connection.execute(delete(INVITATIONS).where(*expired))


def _by_secret(connection: Connection, secret: str, *, now: int) -> Invitation:
    statement = select(INVITATIONS).where(
        INVITATIONS.c.hash == digest(secret), INVITATIONS.c.expires_at > now
    )
    row = connection.execute(statement).first()
    if row is None:
        raise NotFoundError(
            "This invitation is of no use: it was accepted, withdrawn or is too old.",
            hint="Ask an owner of the workspace for a new one.",
            code="no_invitation",
        )
    return _invitation(row)


def _delete(connection: Connection, workspace_id: str, email: str) -> Invitation | None:
    is_it = (INVITATIONS.c.workspace_id == workspace_id, INVITATIONS.c.email == email)
    row = connection.execute(select(INVITATIONS).where(*is_it)).first()
    connection.execute(delete(INVITATIONS).where(*is_it))
    return None if row is None else _invitation(row)


def _invitation(row: Row[tuple[object, ...]]) -> Invitation:
    return Invitation(
        id=row.id,
        workspace_id=row.workspace_id,
        email=row.email,
        grants=members.decoded(row.grants),
        invited_by=row.invited_by,
        created_at=row.created_at,
        expires_at=row.expires_at,
    )
