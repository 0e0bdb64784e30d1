"""API tokens."""

import pytest
from sqlalchemy import text

from headwater.access import tokens
from headwater.access.model import Access, Principal, Role
from headwater.databases.sql import SqlDatabase
from headwater.errors import ConflictError, NotFoundError
from headwater.workspaces import store


@pytest.fixture
def workspace_id(database: SqlDatabase) -> str:
    with database.writing() as connection:
        return store.create_workspace(connection, name="Alice's", now=1).id


def test_a_token_is_recognised_by_its_secret(database: SqlDatabase, workspace_id: str) -> None:
    with database.writing() as connection:
        token, secret = tokens.create(connection, workspace_id, name="Bob", role=Role.MEMBER, now=1)
        principal = tokens.principal(connection, secret)
    assert principal == Principal(f"token:{token.id}", workspace_id, Role.MEMBER)


def test_an_unknown_secret_is_nobodys(database: SqlDatabase) -> None:
    with database.reading() as connection:
        assert tokens.principal(connection, "hw_guess") is None
        assert tokens.principal(connection, "") is None


def test_the_secret_is_kept_nowhere(database: SqlDatabase, workspace_id: str) -> None:
    with database.writing() as connection:
        _, secret = tokens.create(connection, workspace_id, name="Bob", role=Role.OWNER, now=1)
    with database.reading() as connection:
        kept = connection.execute(text("SELECT * FROM tokens")).all()
    assert secret not in repr(kept)


def test_a_revoked_token_is_nobodys(database: SqlDatabase, workspace_id: str) -> None:
    with database.writing() as connection:
        token, secret = tokens.create(connection, workspace_id, name="Bob", role=Role.OWNER, now=1)
        tokens.revoke(connection, workspace_id, token.id)
        assert tokens.principal(connection, secret) is None
        assert tokens.tokens(connection, workspace_id) == []
        with pytest.raises(NotFoundError):
            tokens.revoke(connection, workspace_id, token.id)


def test_another_workspaces_token_cannot_be_revoked(
    database: SqlDatabase, workspace_id: str
) -> None:
    with database.writing() as connection:
        token, _ = tokens.create(connection, workspace_id, name="Bob", role=Role.OWNER, now=1)
        charlie = store.create_workspace(connection, name="Charlie's", now=1)
        with pytest.raises(NotFoundError):
            tokens.revoke(connection, charlie.id, token.id)


def test_one_secret_has_one_token(database: SqlDatabase, workspace_id: str) -> None:
    with database.writing() as connection:
        tokens.create(connection, workspace_id, name="A", role=Role.OWNER, now=1, secret="same")
        with pytest.raises(ConflictError):
            tokens.create(connection, workspace_id, name="B", role=Role.OWNER, now=1, secret="same")


def test_a_member_may_look_and_an_owner_may_change() -> None:
    member = Principal("token:1", "w", Role.MEMBER)
    owner = Principal("token:2", "w", Role.OWNER)
    assert member.may(Access.MEMBER)
    assert not member.may(Access.OWNER)
    assert owner.may(Access.OWNER)
