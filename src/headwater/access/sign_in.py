"""Signing in and out."""

from typing import Final

import msgspec
from sqlalchemy import update

from headwater.access import accounts, passwords, sessions, throttle
from headwater.access.accounts import User
from headwater.access.audit import Change
from headwater.access.changes import Changes, Step
from headwater.access.members import workspaces_of
from headwater.access.model import Principal, system
from headwater.access.sessions import Session
from headwater.access.tables import USERS
from headwater.errors import UnauthorizedError

_LONGEST: Final = 1000


class SignedIn(msgspec.Struct, frozen=True):
    """A session just begun: `secret` is the cookie's value, and kept nowhere."""

    secret: str
    session: Session
    user: User


def sign_in(changes: Changes, email: str, password: str, *, address: str, browser: str) -> SignedIn:
    """Begin a session. `address` is the caller's, `browser` what it says it is.

    Raises UnauthorizedError, the same for a wrong password and for an account that does not
    exist, and RateLimitedError, which knows no difference either.
    """
    user, limits = authenticate(changes, email, password, address=address)
    with changes.change(_person(user)) as step:
        signed_in = begin(step, user, address=address, browser=browser)
        throttle.forget(step.connection, limits)
    return signed_in


def sign_out(changes: Changes, by: Principal) -> None:
    """End the session that the caller is signed in with."""
    if by.session_id is not None:
        sessions.revoke(changes, by, by.session_id)


def authenticate(
    changes: Changes, email: str, password: str, *, address: str
) -> tuple[User, tuple[throttle.Limit, ...]]:
    """Whose account this is, if the password is right; and what counted the attempt.

    Raises UnauthorizedError and RateLimitedError.
    """
    email = email.strip().lower()[:_LONGEST]
    limits = throttle.limits(email, address)
    now = changes.clock.now()
    with changes.noting() as connection:
        is_last = throttle.count_attempt(connection, limits, now=now)
        found = accounts.by_email(connection, email)
    if not passwords.matches(found and found[1], password) or found is None:
        if found is not None and is_last:
            _note_guessing(changes, found[0], address)
        raise UnauthorizedError(
            "The e-mail address or the password is wrong.",
            hint="Check both. An owner of the workspace can invite you anew.",
            code="wrong_credentials",
        )
    user, kept = found
    if passwords.is_outdated(kept):
        renewed = passwords.hashed(password)
        with changes.noting() as connection:
            connection.execute(
                update(USERS).where(USERS.c.id == user.id).values(password_hash=renewed)
            )
    return user, limits


def begin(
    step: Step, user: User, *, address: str, browser: str, workspace_id: str | None = None
) -> SignedIn:
    """Begin a session within a change, in this workspace or in the user's first one."""
    own = workspaces_of(step.connection, user.id)
    chosen = workspace_id or (own[0].id if own else None)
    if chosen is None:
        raise UnauthorizedError(
            "You do not belong to any workspace any more.",
            hint="Ask an owner to invite you.",
            code="no_workspace",
        )
    session, secret = sessions.begin(
        step, user.id, workspace_id=chosen, address=address, browser=browser
    )
    step.record(
        Change("User Signed In", "User", user.id, after={"address": address}, name=user.email),
        workspace_id=chosen,
    )
    return SignedIn(secret, session, user)


def _note_guessing(changes: Changes, user: User, address: str) -> None:
    """Tell each of the user's workspaces that somebody guesses his password.

    Not waited for: how long an answer takes must not tell who has an account.
    """
    change = Change("Sign-in Blocked", "User", user.id, after={"address": address}, name=user.email)
    with changes.reading() as connection:
        own = workspaces_of(connection, user.id)
    for workspace in own:
        changes.record_soon(system(workspace.id), change)


def _person(user: User) -> Principal:
    """A person who is in no workspace yet, as the actor of his own signing in."""
    return Principal(f"user:{user.id}", "", (), user_id=user.id, name=user.email)
