"""The first owner: made once, by whoever holds the first token."""

import threading

import pytest

from headwater.access import accounts, setup, workspaces
from headwater.access.changes import Changes
from headwater.access.model import OWNER, Grant, Principal
from headwater.access.roles import Role
from headwater.access.setup import NewOwner
from headwater.access.tokens import insert_token
from headwater.errors import (
    ConflictError,
    ForbiddenError,
    HeadwaterError,
    InvalidError,
    UnauthorizedError,
)
from tests.access.conftest import ADMIN_TOKEN, actions
from tests.access.people import BROWSER, HERE, PASSWORD, make_owner, person


def test_the_first_owner_is_signed_in_and_owns_everything(
    changes: Changes, alice: Principal
) -> None:
    assert setup.is_needed(changes)
    owner = person(changes, make_owner(changes, ADMIN_TOKEN))
    assert not setup.is_needed(changes)
    assert (owner.workspace_id, owner.grants) == (alice.workspace_id, OWNER)
    assert owner.name == "alice@example.com"
    assert workspaces.own(changes, owner).name == "Alice's shop"
    assert ("token", "Owner Created") in [
        (actor.partition(":")[0], action) for actor, action in actions(changes)
    ]


def test_there_is_one_first_owner(changes: Changes, alice: Principal) -> None:
    make_owner(changes, ADMIN_TOKEN)
    with pytest.raises(ConflictError):
        make_owner(changes, ADMIN_TOKEN, "mallory@example.com")


def test_of_many_at_once_one_becomes_the_owner(changes: Changes, alice: Principal) -> None:
    """All are let go at the same moment, past the first look at whether it is needed."""
    ready = threading.Barrier(6)
    results: list[str] = []

    def race(number: int) -> None:
        ready.wait()
        try:
            make_owner(changes, ADMIN_TOKEN, f"racer{number}@example.com")
            results.append("owner")
        except HeadwaterError as error:
            results.append(error.code)

    threads = [threading.Thread(target=race, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["already_set_up"] * 5 + ["owner"]
    with changes.reading() as connection:
        assert accounts.count(connection) == 1
    assert [action for _, action in actions(changes)].count("Owner Created") == 1


@pytest.mark.parametrize("token", ["", "guess", ADMIN_TOKEN[:-1], ADMIN_TOKEN + "x"])
def test_without_the_token_nobody_becomes_the_owner(
    changes: Changes, alice: Principal, token: str
) -> None:
    with pytest.raises(UnauthorizedError):
        make_owner(changes, token)
    assert setup.is_needed(changes)


def test_a_members_token_does_not_suffice(changes: Changes, alice: Principal) -> None:
    with changes.noting() as connection:
        _, secret = insert_token(
            connection,
            alice.workspace_id,
            name="Member",
            grants=[Grant(Role.WORKSPACE_MEMBER)],
            created_by="system",
            now=1,
        )
    with pytest.raises(ForbiddenError):
        make_owner(changes, secret)


@pytest.mark.parametrize(
    ("email", "name", "password", "field"),
    [
        ("nobody", "Alice", PASSWORD, "email"),
        ("a@b c", "Alice", PASSWORD, "email"),
        ("alice@example.com", " ", PASSWORD, "name"),
        ("alice@example.com", "A\x00", PASSWORD, "name"),
        ("alice@example.com", "Alice", "short", "password"),
        ("alice@example.com", "Alice", "aaaaaaaaaaaaaa", "password"),
        ("alice@example.com", "Alice", "Password123", "password"),
        ("alice@example.com", "Alice", "Alice@Example.com", "password"),
        ("alice@example.com", "Alice", "x" * 300, "password"),
    ],
)
def test_what_cannot_be_is_named_and_nothing_is_made(
    changes: Changes, alice: Principal, email: str, name: str, password: str, field: str
) -> None:
    owner = NewOwner(email, name, password)
    with pytest.raises(InvalidError) as raised:
        setup.create_owner(changes, ADMIN_TOKEN, owner, address=HERE, browser=BROWSER)
    assert raised.value.field == field
    assert setup.is_needed(changes)
