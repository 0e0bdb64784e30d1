"""API tokens."""

import pytest
from sqlalchemy import text

from headwater.access import tokens
from headwater.access.admission import by_token
from headwater.access.changes import Changes
from headwater.access.model import OWNER, Grant, Principal
from headwater.access.roles import Role
from headwater.errors import (
    ConflictError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
    UnauthorizedError,
)
from headwater.kit.clock import FakeClock
from tests.access.conftest import ADMIN_TOKEN, trail

MEMBER = (Grant(Role.WORKSPACE_MEMBER),)


def test_a_token_is_recognised_by_its_secret(changes: Changes, alice: Principal) -> None:
    token, secret = tokens.create(changes, alice, name="Bob", grants=MEMBER)
    assert by_token(changes, secret) == Principal(
        f"token:{token.id}", alice.workspace_id, MEMBER, name="Bob"
    )


def test_an_unknown_secret_is_nobodys(changes: Changes, alice: Principal) -> None:
    for guess in ("hw_guess", "", ADMIN_TOKEN + " "):
        with pytest.raises(UnauthorizedError):
            by_token(changes, guess)


def test_the_secret_is_kept_nowhere(changes: Changes, alice: Principal) -> None:
    _, secret = tokens.create(changes, alice, name="Bob", grants=MEMBER)
    with changes.reading() as connection:
        kept = connection.execute(text("SELECT * FROM tokens")).all()
    assert secret not in repr(kept)
    assert secret not in repr(trail(changes))


def test_what_is_kept_of_a_secret_is_no_secret(changes: Changes, alice: Principal) -> None:
    with changes.reading() as connection:
        kept = connection.execute(text("SELECT hash FROM tokens")).scalar_one()
    with pytest.raises(UnauthorizedError):
        by_token(changes, kept)


def test_a_revoked_token_is_nobodys(changes: Changes, alice: Principal) -> None:
    token, secret = tokens.create(changes, alice, name="Bob", grants=MEMBER)
    tokens.revoke(changes, alice, token.id)
    with pytest.raises(UnauthorizedError):
        by_token(changes, secret)
    assert token.id not in [each.id for each in tokens.listed(changes, alice)]
    with pytest.raises(NotFoundError):
        tokens.revoke(changes, alice, token.id)


def test_a_token_is_nobodys_after_its_time(
    changes: Changes, alice: Principal, clock: FakeClock
) -> None:
    end = clock.now() + 60_000_000
    _, secret = tokens.create(changes, alice, name="Bob", grants=MEMBER, expires_at=end)
    clock.advance(seconds=59.9)
    by_token(changes, secret)
    clock.advance(seconds=0.1)
    with pytest.raises(UnauthorizedError):
        by_token(changes, secret)


def test_a_token_that_is_over_already_cannot_be_made(
    changes: Changes, alice: Principal, clock: FakeClock
) -> None:
    with pytest.raises(InvalidError, match="expiresAt"):
        tokens.create(changes, alice, name="Bob", grants=MEMBER, expires_at=clock.now())


def test_the_last_use_is_noted_once_a_minute(
    changes: Changes, alice: Principal, clock: FakeClock
) -> None:
    token, secret = tokens.create(changes, alice, name="Bob", grants=MEMBER)
    assert tokens.one(changes, alice, token.id).last_used_at is None
    first = clock.now()
    by_token(changes, secret)
    clock.advance(seconds=30)
    by_token(changes, secret)
    assert tokens.one(changes, alice, token.id).last_used_at == first
    clock.advance(seconds=30)
    by_token(changes, secret)
    assert tokens.one(changes, alice, token.id).last_used_at == clock.now()


def test_another_workspaces_token_cannot_be_revoked(changes: Changes, alice: Principal) -> None:
    token, _ = tokens.create(changes, alice, name="Bob", grants=MEMBER)
    charlie = Principal("token:charlie", "another-workspace", OWNER)
    assert tokens.listed(changes, charlie) == []
    for attempt in (tokens.revoke, tokens.one):
        with pytest.raises(NotFoundError):
            attempt(changes, charlie, token.id)


def test_one_secret_has_one_token(changes: Changes, alice: Principal) -> None:
    with pytest.raises(ConflictError), changes.change(alice) as step:
        tokens.insert_token(
            step.connection,
            alice.workspace_id,
            name="Again",
            grants=OWNER,
            created_by="system",
            now=step.now,
            secret=ADMIN_TOKEN,
        )


def test_only_who_administers_access_makes_tokens(changes: Changes, alice: Principal) -> None:
    bob = Principal("token:bob", alice.workspace_id, MEMBER)
    with pytest.raises(ForbiddenError):
        tokens.create(changes, bob, name="Mine", grants=MEMBER)
    with pytest.raises(ForbiddenError):
        tokens.listed(changes, bob)


@pytest.mark.parametrize("name", ["", "  ", "x" * 300, "a\nb"])
def test_a_token_has_a_name_that_can_be_shown(
    changes: Changes, alice: Principal, name: str
) -> None:
    with pytest.raises(InvalidError, match="name"):
        tokens.create(changes, alice, name=name, grants=MEMBER)


def test_a_token_may_something(changes: Changes, alice: Principal) -> None:
    with pytest.raises(InvalidError, match="permissions"):
        tokens.create(changes, alice, name="Idle", grants=())
