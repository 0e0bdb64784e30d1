"""Invitations: a link is good once, for a week, and for one address."""

import threading

import pytest
from sqlalchemy import text

from headwater.access import groups, invitations, users, workspaces
from headwater.access.changes import Changes
from headwater.access.invitations import Wanted
from headwater.access.model import OWNER, Grant, Principal, Reach
from headwater.access.permissions import Kind
from headwater.access.roles import Role
from headwater.errors import (
    ConflictError,
    ForbiddenError,
    HeadwaterError,
    InvalidError,
    NotFoundError,
    UnauthorizedError,
)
from headwater.kit.clock import FakeClock
from tests.access.conftest import ADMIN_TOKEN, actions, trail
from tests.access.people import BROWSER, HERE, PASSWORD, invite, join, make_owner, person

BOB = "bob@example.com"
MEMBER = Grant(Role.WORKSPACE_MEMBER)


@pytest.fixture
def owner(changes: Changes, alice: Principal) -> Principal:
    return person(changes, make_owner(changes, ADMIN_TOKEN))


def accept(changes: Changes, secret: str, password: str = PASSWORD) -> Principal:
    return person(
        changes,
        invitations.accept(
            changes, secret, name="Bob", password=password, address=HERE, browser=BROWSER
        ),
    )


def test_who_accepts_is_in_with_what_he_was_given(changes: Changes, owner: Principal) -> None:
    bob = accept(changes, invite(changes, owner, "Bob@Example.com", MEMBER))
    assert (bob.name, bob.workspace_id, bob.grants) == (BOB, owner.workspace_id, (MEMBER,))
    assert [each.user.email for each in users.listed(changes, owner)] == ["alice@example.com", BOB]
    assert [action for _, action in actions(changes)][-3:] == [
        "User Invited",
        "Invitation Accepted",
        "User Signed In",
    ]


def test_who_is_given_nothing_may_nothing_but_come_in(changes: Changes, owner: Principal) -> None:
    bob = accept(changes, invite(changes, owner, BOB))
    assert bob.grants == (Grant(Role.MINIMAL_USER),)


def test_a_link_says_whom_it_is_for_before_it_is_used(changes: Changes, owner: Principal) -> None:
    found = invitations.found(changes, invite(changes, owner, BOB))
    assert (found.email, found.workspace_name, found.has_account) == (BOB, "Alice's shop", False)


def test_a_link_is_good_once(changes: Changes, owner: Principal) -> None:
    secret = invite(changes, owner, BOB)
    accept(changes, secret)
    with pytest.raises(NotFoundError):
        invitations.found(changes, secret)
    with pytest.raises(NotFoundError):
        accept(changes, secret)


def test_of_many_at_once_one_uses_a_link(changes: Changes, owner: Principal) -> None:
    secret = invite(changes, owner, BOB)
    ready = threading.Barrier(4)
    results: list[str] = []

    def race() -> None:
        ready.wait()
        try:
            accept(changes, secret)
            results.append("in")
        except HeadwaterError as error:
            results.append(type(error).__name__)

    threads = [threading.Thread(target=race) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results.count("in") == 1


def test_a_link_is_good_for_a_week(changes: Changes, owner: Principal, clock: FakeClock) -> None:
    secret = invite(changes, owner, BOB)
    clock.advance(seconds=7 * 86_400 - 1)
    invitations.found(changes, secret)
    clock.advance(seconds=1)
    with pytest.raises(NotFoundError):
        accept(changes, secret)
    assert invitations.listed(changes, owner) == []


def test_a_link_is_of_no_use_once_withdrawn(changes: Changes, owner: Principal) -> None:
    secret = invite(changes, owner, BOB)
    invitations.withdraw(changes, owner, ["BOB@example.com"])
    with pytest.raises(NotFoundError):
        accept(changes, secret)
    with pytest.raises(NotFoundError):
        invitations.withdraw(changes, owner, [BOB])


def test_who_is_invited_again_gets_a_new_link(changes: Changes, owner: Principal) -> None:
    old, new = invite(changes, owner, BOB), invite(changes, owner, BOB, MEMBER)
    with pytest.raises(NotFoundError):
        accept(changes, old)
    assert [each.email for each in invitations.listed(changes, owner)] == [BOB]
    assert accept(changes, new).grants == (MEMBER,)


def test_the_secret_of_a_link_is_kept_nowhere(changes: Changes, owner: Principal) -> None:
    secret = invite(changes, owner, BOB)
    with changes.reading() as connection:
        kept = connection.execute(text("SELECT * FROM invitations")).all()
    assert secret not in repr(kept)
    assert secret not in repr(trail(changes))


def test_a_link_alone_lets_nobody_into_anothers_account(changes: Changes, owner: Principal) -> None:
    second = workspaces.create(changes, owner, "Second shop")
    in_second = Principal(owner.actor, second.id, OWNER, owner.user_id, name=owner.name)
    join(changes, owner, BOB)
    secret = invite(changes, in_second, BOB, MEMBER)
    assert invitations.found(changes, secret).has_account
    with pytest.raises(UnauthorizedError):
        accept(changes, secret, "what a thief would choose")
    bob = accept(changes, secret, PASSWORD)
    assert (bob.workspace_id, bob.grants) == (second.id, (MEMBER,))
    assert [each.id for each in users.own_workspaces(changes, bob)] == [
        owner.workspace_id,
        second.id,
    ]


def test_a_member_is_not_invited_again(changes: Changes, owner: Principal) -> None:
    join(changes, owner, BOB)
    with pytest.raises(InvalidError, match="member"):
        invite(changes, owner, BOB, MEMBER)


def test_several_are_invited_or_none(changes: Changes, owner: Principal) -> None:
    with pytest.raises(InvalidError):
        invitations.create(changes, owner, [Wanted(BOB), Wanted("nobody")])
    assert invitations.listed(changes, owner) == []


def test_only_who_administers_access_invites(changes: Changes, owner: Principal) -> None:
    bob = accept(changes, invite(changes, owner, BOB, MEMBER))
    with pytest.raises(ForbiddenError):
        invite(changes, bob, "carol@example.com")
    with pytest.raises(ForbiddenError):
        invitations.withdraw(changes, bob, [BOB])


@pytest.mark.parametrize(
    "grant",
    [
        Grant(Role.SOURCE_ADMIN, (Reach(Kind.SOURCE, "nothing"),)),
        Grant(Role.SOURCE_ADMIN, ()),
        Grant(Role.WORKSPACE_OWNER, (Reach(Kind.SOURCE),)),
        Grant(Role.TRACKING_PLAN_ADMIN, (Reach(Kind.SOURCE),)),
        Grant(Role.FUNCTION_ADMIN, (Reach(Kind.FUNCTION, "nothing"),)),
    ],
)
def test_nothing_is_given_on_what_there_is_not(
    changes: Changes, owner: Principal, grant: Grant
) -> None:
    with pytest.raises(InvalidError, match="permissions"):
        invite(changes, owner, BOB, grant)


def test_a_password_is_checked_before_an_account_is_made(
    changes: Changes, owner: Principal
) -> None:
    secret = invite(changes, owner, BOB)
    with pytest.raises(InvalidError):
        accept(changes, secret, "short")
    accept(changes, secret)


def test_charlie_withdraws_nothing_of_alices(changes: Changes, owner: Principal) -> None:
    invite(changes, owner, BOB)
    charlie = Principal("user:charlie", "another-workspace", OWNER)
    assert invitations.listed(changes, charlie) == []
    with pytest.raises((NotFoundError, ConflictError)):
        invitations.withdraw(changes, charlie, [BOB])


def test_who_is_not_invited_any_more_is_in_no_group(changes: Changes, owner: Principal) -> None:
    group = groups.create(changes, owner, "Analysts")
    groups.add_users(changes, owner, group.id, [BOB])
    invitations.withdraw(changes, owner, [BOB])
    assert groups.one(changes, owner, group.id).emails == ()


def test_invitations_of_no_use_are_forgotten(
    changes: Changes, owner: Principal, clock: FakeClock
) -> None:
    group = groups.create(changes, owner, "Analysts")
    groups.add_users(changes, owner, group.id, [BOB])
    clock.advance(seconds=8 * 86_400)
    invite(changes, owner, "carol@example.com")
    with changes.reading() as connection:
        kept = connection.execute(text("SELECT email FROM invitations")).scalars().all()
    assert kept == ["carol@example.com"]
    assert groups.one(changes, owner, group.id).emails == ()
