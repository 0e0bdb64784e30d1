"""Sessions: what a stolen cookie is worth, and when it is worth nothing any more."""

import pytest
from sqlalchemy import text

from headwater.access import sessions, sign_in, users, workspaces
from headwater.access.changes import Changes
from headwater.access.model import Grant, Principal
from headwater.access.roles import Role
from headwater.access.sign_in import SignedIn
from headwater.errors import ForbiddenError, NotFoundError
from headwater.kit.clock import FakeClock
from tests.access.conftest import ADMIN_TOKEN, actions, trail
from tests.access.people import PASSWORD, enter, join, known, make_owner, person

DAY = 86_400.0


@pytest.fixture
def session(changes: Changes, alice: Principal) -> SignedIn:
    return make_owner(changes, ADMIN_TOKEN)


@pytest.fixture
def owner(changes: Changes, session: SignedIn) -> Principal:
    return person(changes, session)


def test_a_cookie_is_its_users(changes: Changes, session: SignedIn, owner: Principal) -> None:
    assert owner.actor == f"user:{session.user.id}"
    assert owner.session_id == session.session.id


def test_a_cookie_that_nobody_was_given_is_nobodys(changes: Changes, session: SignedIn) -> None:
    for guess in ("guess", session.secret[:-1], session.secret + "x", session.session.id):
        assert known(changes, guess) is None


def test_a_stolen_database_holds_no_cookie(changes: Changes, session: SignedIn) -> None:
    with changes.reading() as connection:
        kept = connection.execute(text("SELECT * FROM sessions")).all()
        hash_ = connection.execute(text("SELECT hash FROM sessions")).scalar_one()
    assert session.secret not in repr(kept)
    assert session.secret not in repr(trail(changes))
    assert known(changes, hash_) is None


def test_a_cookie_is_worth_nothing_after_signing_out(
    changes: Changes, session: SignedIn, owner: Principal
) -> None:
    sign_in.sign_out(changes, owner)
    assert known(changes, session.secret) is None
    assert actions(changes)[-1] == (owner.actor, "Session Ended")


def test_a_cookie_is_worth_nothing_when_it_was_not_used_for_a_week(
    changes: Changes, session: SignedIn, clock: FakeClock
) -> None:
    clock.advance(seconds=6.9 * DAY)
    assert known(changes, session.secret) is not None
    clock.advance(seconds=7 * DAY)
    assert known(changes, session.secret) is None


def test_a_cookie_is_worth_nothing_after_a_month_however_much_used(
    changes: Changes, session: SignedIn, clock: FakeClock
) -> None:
    for _ in range(29):
        clock.advance(seconds=DAY)
        assert known(changes, session.secret) is not None
    clock.advance(seconds=DAY)
    assert known(changes, session.secret) is None


def test_each_signing_in_is_a_new_cookie(changes: Changes, session: SignedIn) -> None:
    assert enter(changes, "alice@example.com").secret != session.secret


def test_a_session_that_is_seen_in_the_list_can_be_ended(
    changes: Changes, session: SignedIn, owner: Principal
) -> None:
    thief = enter(changes, "alice@example.com", address="203.0.113.9")
    found = {each.id: each for each in sessions.listed(changes, owner)}
    assert set(found) == {session.session.id, thief.session.id}
    assert found[thief.session.id].address == "203.0.113.9"
    sessions.revoke(changes, owner, thief.session.id)
    assert known(changes, thief.secret) is None
    assert known(changes, session.secret) is not None


def test_all_other_sessions_can_be_ended_at_once(
    changes: Changes, session: SignedIn, owner: Principal
) -> None:
    others = [enter(changes, "alice@example.com") for _ in range(3)]
    assert sessions.revoke_others(changes, owner) == 3
    assert [known(changes, each.secret) for each in others] == [None] * 3
    assert known(changes, session.secret) is not None


def test_nobody_sees_or_ends_anothers_session(
    changes: Changes, session: SignedIn, owner: Principal
) -> None:
    bob = person(changes, join(changes, owner, "bob@example.com", Grant(Role.WORKSPACE_OWNER)))
    assert session.session.id not in [each.id for each in sessions.listed(changes, bob)]
    with pytest.raises(NotFoundError):
        sessions.revoke(changes, bob, session.session.id)


def test_a_token_has_no_sessions(changes: Changes, alice: Principal) -> None:
    with pytest.raises(ForbiddenError):
        sessions.listed(changes, alice)


def test_who_is_removed_is_out_at_once(changes: Changes, owner: Principal) -> None:
    bob = join(changes, owner, "bob@example.com")
    assert known(changes, bob.secret) is not None
    users.remove(changes, owner, [bob.user.id])
    assert known(changes, bob.secret) is None


def test_what_is_taken_away_is_gone_with_the_next_call(changes: Changes, owner: Principal) -> None:
    bob = join(changes, owner, "bob@example.com", Grant(Role.SOURCE_ADMIN))
    assert person(changes, bob).grants == (Grant(Role.SOURCE_ADMIN),)
    users.replace_permissions(changes, owner, bob.user.id, [Grant(Role.MINIMAL_USER)])
    assert person(changes, bob).grants == (Grant(Role.MINIMAL_USER),)


def test_a_session_goes_on_in_another_of_ones_workspaces(
    changes: Changes, session: SignedIn, owner: Principal
) -> None:
    second = workspaces.create(changes, owner, "Second shop")
    assert person(changes, session).workspace_id == owner.workspace_id
    sessions.switch_workspace(changes, owner, second.id)
    assert person(changes, session).workspace_id == second.id
    assert [each.name for each in users.own_workspaces(changes, owner)] == [
        "Alice's shop",
        "Second shop",
    ]


def test_nobody_goes_on_in_anothers_workspace(changes: Changes, owner: Principal) -> None:
    second = workspaces.create(changes, owner, "Second shop")
    bob = person(changes, join(changes, owner, "bob@example.com"))
    for workspace_id in (second.id, "nothing"):
        with pytest.raises(NotFoundError):
            sessions.switch_workspace(changes, bob, workspace_id)


def test_the_last_use_is_noted_once_a_minute(
    changes: Changes, session: SignedIn, owner: Principal, clock: FakeClock
) -> None:
    begun = clock.now()
    clock.advance(seconds=30)
    known(changes, session.secret)
    assert sessions.listed(changes, owner)[0].last_used_at == begun
    clock.advance(seconds=30)
    known(changes, session.secret)
    assert sessions.listed(changes, owner)[0].last_used_at == clock.now()


def test_old_sessions_are_removed_when_new_ones_begin(
    changes: Changes, session: SignedIn, clock: FakeClock
) -> None:
    clock.advance(seconds=31 * DAY)
    enter(changes, "alice@example.com", PASSWORD)
    with changes.reading() as connection:
        assert connection.execute(text("SELECT count(*) FROM sessions")).scalar_one() == 1
