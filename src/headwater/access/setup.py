"""The first owner, made once by whoever holds the first token."""

import msgspec

from headwater.access import accounts, members, passwords, sign_in
from headwater.access.admission import by_token
from headwater.access.audit import Change
from headwater.access.changes import Changes
from headwater.access.model import OWNER
from headwater.access.permissions import Permission
from headwater.access.sign_in import SignedIn
from headwater.errors import ConflictError
from headwater.workspaces import store


class NewOwner(msgspec.Struct, frozen=True):
    """What the first owner says about himself. Without `workspace_name` the name stays."""

    email: str
    name: str
    password: str
    workspace_name: str = ""


def is_needed(changes: Changes) -> bool:
    """Whether nobody has an account yet."""
    with changes.reading() as connection:
        return accounts.count(connection) == 0


def create_owner(
    changes: Changes, token: str, owner: NewOwner, *, address: str, browser: str
) -> SignedIn:
    """Make the first account, the owner of the token's workspace, and sign it in.

    Raises UnauthorizedError and ForbiddenError for the token, InvalidError, and ConflictError
    when there is an account already: of several at once, one succeeds.
    """
    by = by_token(changes, token)
    by.require(Permission.IAM_ADMIN)
    if not is_needed(changes):
        raise _done()
    email, name = accounts.email_of(owner.email), accounts.name_of(owner.name)
    kept = passwords.hashed(passwords.checked(owner.password, email=email))
    with changes.change(by) as step:
        if accounts.count(step.connection):
            raise _done()
        workspace = store.workspace(step.connection, by.workspace_id)
        if owner.workspace_name.strip():
            workspace = store.rename_workspace(
                step.connection, by.workspace_id, owner.workspace_name
            )
        user = accounts.create(
            step.connection, email=email, name=name, password_hash=kept, now=step.now
        )
        members.put(step.connection, by.workspace_id, user.id, OWNER, now=step.now)
        step.record(
            Change(
                "Owner Created", "User", user.id, after=(user, workspace, OWNER), name=user.email
            )
        )
        return sign_in.begin(
            step, user, address=address, browser=browser, workspace_id=by.workspace_id
        )


def _done() -> ConflictError:
    return ConflictError(
        "The first owner has been made already.",
        hint="Sign in at /sign-in, or ask an owner to invite you.",
        code="already_set_up",
    )
