"""A new password for whoever forgot his, by whoever holds the data folder."""

from sqlalchemy import update

from headwater.access import accounts, passwords, sessions
from headwater.access.audit import Change
from headwater.access.changes import Changes
from headwater.access.members import workspaces_of
from headwater.access.model import system
from headwater.access.tables import USERS
from headwater.errors import NotFoundError


def set_password(changes: Changes, email: str, password: str) -> None:
    """Give an account another password and end all its sessions.

    Raises NotFoundError and InvalidError.
    """
    email = accounts.email_of(email)
    kept = passwords.hashed(passwords.checked(password, email=email))
    with changes.change(system("")) as step:
        found = accounts.by_email(step.connection, email)
        if found is None:
            raise NotFoundError(
                f"{email} has no account.", hint="`headwater user list` lists those who have."
            )
        user, _ = found
        step.connection.execute(
            update(USERS).where(USERS.c.id == user.id).values(password_hash=kept)
        )
        sessions.end_all(step, user.id)
        for workspace in workspaces_of(step.connection, user.id):
            step.record(
                Change("Password Reset", "User", user.id, name=email), workspace_id=workspace.id
            )
