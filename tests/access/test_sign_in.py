"""Signing in: by password alone, slowly for whoever guesses, alike for whoever asks."""

import threading

import pytest
from sqlalchemy import text, update

from headwater.access import passwords, throttle, users
from headwater.access.changes import Changes
from headwater.access.model import Principal
from headwater.access.tables import USERS
from headwater.errors import (
    HeadwaterError,
    InvalidError,
    RateLimitedError,
    UnauthorizedError,
    UnavailableError,
)
from headwater.kit.clock import FakeClock
from tests.access.conftest import ADMIN_TOKEN, actions, trail
from tests.access.people import HERE, PASSWORD, enter, join, known, make_owner, person

ALICE = "alice@example.com"
NOBODY = "nobody@example.com"


@pytest.fixture
def owner(changes: Changes, alice: Principal) -> Principal:
    return person(changes, make_owner(changes, ADMIN_TOKEN))


def outcome(changes: Changes, email: str, password: str, address: str = HERE) -> tuple[str, ...]:
    """All that somebody who tries to sign in learns."""
    try:
        enter(changes, email, password, address=address)
    except RateLimitedError as error:
        return (error.code, error.message, error.hint, str(error.retry_after_seconds))
    except (UnauthorizedError, UnavailableError) as error:
        return (error.code, error.message, error.hint)
    return ("in",)


def test_the_right_password_lets_in(changes: Changes, owner: Principal) -> None:
    signed_in = enter(changes, f"  {ALICE.upper()} ")
    assert person(changes, signed_in).user_id == owner.user_id
    assert actions(changes)[-1] == (owner.actor, "User Signed In")


def test_the_password_is_kept_as_argon2id_and_nowhere_else(
    changes: Changes, owner: Principal
) -> None:
    with changes.reading() as connection:
        kept = connection.execute(text("SELECT password_hash FROM users")).scalar_one()
    assert kept.startswith("$argon2id$v=19$m=47104,t=2,p=1$")
    assert PASSWORD not in repr(trail(changes))
    assert "argon2" not in repr(trail(changes))


def test_the_same_password_from_another_keyboard_lets_in() -> None:
    kept = passwords.hashed("café au lait, s'il vous plaît")
    assert passwords.matches(kept, "cafe\u0301 au lait, s'il vous plai\u0302t")
    assert not passwords.matches(kept, "cafe au lait, s'il vous plait")


def test_nothing_kept_matches_nothing() -> None:
    assert not passwords.matches(None, "the password of an account that does not exist")
    assert not passwords.matches("", "")


def test_one_learns_nothing_about_who_has_an_account(changes: Changes, owner: Principal) -> None:
    """Wrong passwords, then waiting: an account and none look the same all the way."""
    for _ in range(8):
        assert outcome(changes, ALICE, "wrong", "192.0.2.7") == outcome(
            changes, NOBODY, "wrong", "192.0.2.8"
        )


def test_who_guesses_waits_ever_longer(
    changes: Changes, owner: Principal, clock: FakeClock
) -> None:
    for _ in range(5):
        assert outcome(changes, ALICE, "wrong")[0] == "wrong_credentials"
    waits = []
    for _ in range(7):
        code, *_, wait = outcome(changes, ALICE, "wrong")
        assert code == "rate_limited"
        waits.append(int(wait))
        clock.advance(seconds=int(wait))
        assert outcome(changes, ALICE, "wrong")[0] == "wrong_credentials"
    assert waits == [30, 60, 120, 240, 480, 900, 900]


def test_not_even_the_right_password_is_taken_while_waiting(
    changes: Changes, owner: Principal, clock: FakeClock
) -> None:
    for _ in range(5):
        outcome(changes, ALICE, "wrong")
    assert outcome(changes, ALICE, PASSWORD)[0] == "rate_limited"
    clock.advance(seconds=30)
    assert outcome(changes, ALICE, PASSWORD) == ("in",)


def test_the_owner_gets_in_from_elsewhere_while_others_guess(
    changes: Changes, owner: Principal
) -> None:
    for _ in range(6):
        outcome(changes, ALICE, "wrong", "203.0.113.9")
    assert outcome(changes, ALICE, PASSWORD, HERE) == ("in",)


def test_a_right_password_starts_the_count_anew(changes: Changes, owner: Principal) -> None:
    for _ in range(3):
        for _ in range(4):
            assert outcome(changes, ALICE, "wrong")[0] == "wrong_credentials"
        assert outcome(changes, ALICE, PASSWORD) == ("in",)


def test_many_guesses_at_once_are_no_way_around(changes: Changes, owner: Principal) -> None:
    outcomes: list[str] = []
    ready = threading.Barrier(12)

    def guess() -> None:
        ready.wait()
        outcomes.append(outcome(changes, ALICE, "wrong")[0])

    threads = [threading.Thread(target=guess) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count("wrong_credentials") == 5


def test_one_place_cannot_try_one_password_on_everybody(
    changes: Changes, owner: Principal, clock: FakeClock
) -> None:

    def attempt(number: int) -> None:
        with changes.noting() as connection:
            limits = throttle.limits(f"user{number}@example.com", "2001:db8::1")
            throttle.count_attempt(connection, limits, now=clock.now())

    for number in range(50):
        attempt(number)
    with pytest.raises(RateLimitedError):
        attempt(50)


def test_a_network_of_addresses_is_one_place() -> None:
    one, other, far = (
        throttle.limits(ALICE, address)[1]
        for address in ("2001:db8::1", "2001:db8::ffff", "2001:db8:1::1")
    )
    assert one == other != far


def test_failures_are_forgotten_after_a_day(
    changes: Changes, owner: Principal, clock: FakeClock
) -> None:
    for _ in range(5):
        outcome(changes, ALICE, "wrong")
    clock.advance(seconds=86_401)
    for _ in range(5):
        assert outcome(changes, ALICE, "wrong")[0] == "wrong_credentials"


def test_guessing_is_in_the_audit_trail(changes: Changes, owner: Principal) -> None:
    for _ in range(5):
        outcome(changes, ALICE, "wrong", "203.0.113.9")
    changes.close()
    last = trail(changes)[-1]
    assert (last.action, last.subject_name) == ("Sign-in Blocked", ALICE)
    assert "203.0.113.9" in (last.after or "")


def test_what_counts_attempts_names_nobody(changes: Changes, owner: Principal) -> None:
    outcome(changes, NOBODY, "wrong")
    with changes.reading() as connection:
        kept = repr(connection.execute(text("SELECT * FROM failed_sign_ins")).all())
    assert NOBODY not in kept
    assert HERE not in kept


def test_an_old_hash_is_renewed_by_signing_in(changes: Changes, owner: Principal) -> None:
    weak = passwords.PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(PASSWORD)
    with changes.noting() as connection:
        connection.execute(update(USERS).values(password_hash=weak))
    enter(changes, ALICE)
    with changes.reading() as connection:
        kept = connection.execute(text("SELECT password_hash FROM users")).scalar_one()
    assert "m=47104" in kept
    enter(changes, ALICE)


def test_a_changed_password_is_the_one_and_ends_the_other_sessions(
    changes: Changes, owner: Principal
) -> None:
    stolen = enter(changes, ALICE)
    here = person(changes, enter(changes, ALICE))
    new = "another horse entirely"
    users.change_password(changes, here, PASSWORD, new, address=HERE)
    assert known(changes, stolen.secret) is None
    assert outcome(changes, ALICE, PASSWORD)[0] == "wrong_credentials"
    assert outcome(changes, ALICE, new) == ("in",)
    assert (here.actor, "Password Changed") in actions(changes)


def test_a_password_changes_only_with_the_old_one(changes: Changes, owner: Principal) -> None:
    new = "another horse entirely"
    with pytest.raises(UnauthorizedError):
        users.change_password(changes, owner, "wrong", new, address=HERE)
    with pytest.raises(InvalidError, match="newPassword"):
        users.change_password(changes, owner, PASSWORD, "short", address=HERE)
    assert outcome(changes, ALICE, PASSWORD) == ("in",)


def test_guessing_the_old_password_is_slowed_down_too(changes: Changes, owner: Principal) -> None:
    new = "another horse entirely"
    codes = []
    for _ in range(7):
        try:
            users.change_password(changes, owner, "wrong", new, address=HERE)
        except HeadwaterError as error:
            codes.append(error.code)
    assert codes == ["wrong_credentials"] * 5 + ["rate_limited"] * 2


def test_who_belongs_nowhere_any_more_does_not_get_in(changes: Changes, owner: Principal) -> None:
    bob = join(changes, owner, "bob@example.com")
    users.remove(changes, owner, [bob.user.id])
    assert outcome(changes, "bob@example.com", PASSWORD)[0] == "wrong_credentials"


def test_a_flood_of_attempts_keeps_nobody_else_waiting(changes: Changes, owner: Principal) -> None:
    """All may be asked at once; those for whom there is no room are told at once."""
    ready = threading.Barrier(30)
    codes: list[str] = []

    def ask(number: int) -> None:
        ready.wait()
        codes.append(outcome(changes, ALICE, "wrong", f"198.51.100.{number}")[0])

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(codes) <= {"wrong_credentials", "unavailable"}
    assert len(codes) == 30
    assert outcome(changes, ALICE, PASSWORD) == ("in",)
