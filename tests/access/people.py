"""People in the tests: Alice owns, Bob is invited, each with a password and a browser."""

from headwater.access import invitations, setup, sign_in
from headwater.access.admission import identify
from headwater.access.changes import Changes
from headwater.access.invitations import Wanted
from headwater.access.model import Grant, Principal
from headwater.access.setup import NewOwner
from headwater.access.sign_in import SignedIn

PASSWORD = "correct horse battery"
HERE = "192.0.2.1"
BROWSER = "Firefox"


def make_owner(changes: Changes, token: str, email: str = "alice@example.com") -> SignedIn:
    owner = NewOwner(email, "Alice", PASSWORD, "Alice's shop")
    return setup.create_owner(changes, token, owner, address=HERE, browser=BROWSER)


def invite(changes: Changes, by: Principal, email: str, *grants: Grant) -> str:
    """The secret of an invitation's link."""
    [(_, secret)] = invitations.create(changes, by, [Wanted(email, grants)])
    return secret


def join(changes: Changes, by: Principal, email: str, *grants: Grant) -> SignedIn:
    """Invite somebody, who accepts."""
    return invitations.accept(
        changes,
        invite(changes, by, email, *grants),
        name=email.partition("@")[0].title(),
        password=PASSWORD,
        address=HERE,
        browser=BROWSER,
    )


def enter(
    changes: Changes, email: str, password: str = PASSWORD, *, address: str = HERE
) -> SignedIn:
    return sign_in.sign_in(changes, email, password, address=address, browser=BROWSER)


def known(changes: Changes, secret: str) -> Principal | None:
    """Who is signed in with this cookie."""
    return identify(changes, "GET", {"cookie": f"headwater_session={secret}"})


def person(changes: Changes, signed_in: SignedIn) -> Principal:
    principal = known(changes, signed_in.secret)
    assert principal is not None
    return principal
