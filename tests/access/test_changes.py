"""Changes of the configuration: made, recorded and published together."""

import threading

import pytest

from headwater.access import audit
from headwater.access.changes import Changes
from headwater.access.model import Principal, Role
from headwater.databases.sql import SqlDatabase
from headwater.errors import BadRequestError, NotFoundError, UnauthorizedError
from headwater.kit.clock import FakeClock
from headwater.workspaces.model import Configuration, SourceType


class Published(list[Configuration]):
    """What was published, in order."""


@pytest.fixture
def published() -> Published:
    return Published()


@pytest.fixture
def changes(database: SqlDatabase, published: Published) -> Changes:
    return Changes(database, FakeClock(), published.append)


@pytest.fixture
def alice(changes: Changes) -> Principal:
    """The owner."""
    secret = changes.begin(admin_token="")
    assert secret is not None
    return changes.principal(secret)


def actions(database: SqlDatabase) -> list[tuple[str, str]]:
    with database.reading() as connection:
        assert audit.first_broken(connection) is None
        return [(entry.actor, entry.action) for entry in audit.entries(connection)]


def test_the_first_start_makes_a_workspace_with_an_owner(changes: Changes) -> None:
    secret = changes.begin(admin_token="")
    assert secret is not None
    assert secret.startswith("hw_")
    principal = changes.principal(secret)
    assert principal.role is Role.OWNER
    assert changes.workspace(principal).name == "Default"


def test_the_admin_token_becomes_the_first_owners(changes: Changes) -> None:
    assert changes.begin(admin_token="chosen") == "chosen"
    assert changes.principal("chosen").role is Role.OWNER


def test_later_starts_change_nothing(changes: Changes, published: Published) -> None:
    changes.begin(admin_token="first")
    count = len(published)
    assert changes.begin(admin_token="second") is None
    assert len(published) == count
    with pytest.raises(UnauthorizedError):
        changes.principal("second")


def test_every_change_is_in_the_audit_trail(
    changes: Changes, alice: Principal, database: SqlDatabase
) -> None:
    source = changes.create_source(alice, name="Shop", type=SourceType.WEBSITE)
    changes.update_source(alice, source.id, name="New", enabled=None)
    both = changes.add_write_key(alice, source.id)
    changes.remove_write_key(alice, source.id, both.write_keys[0])
    changes.delete_source(alice, source.id)
    assert actions(database) == [
        ("system", "Workspace Created"),
        ("system", "Token Created"),
        (alice.actor, "Source Created"),
        (alice.actor, "Source Modified"),
        (alice.actor, "Source Modified"),
        (alice.actor, "Source Modified"),
        (alice.actor, "Source Deleted"),
    ]


def test_a_change_that_changes_nothing_is_not_recorded(
    changes: Changes, alice: Principal, database: SqlDatabase
) -> None:
    source = changes.create_source(alice, name="Shop", type=SourceType.WEBSITE)
    before = actions(database)
    changes.update_source(alice, source.id, name="Shop", enabled=True)
    assert actions(database) == before


def test_a_refused_change_leaves_no_trace(
    changes: Changes, alice: Principal, database: SqlDatabase, published: Published
) -> None:
    before = actions(database), len(published)
    with pytest.raises(BadRequestError):
        changes.create_source(alice, name="", type=SourceType.WEBSITE)
    assert (actions(database), len(published)) == before


def test_the_configuration_is_published_after_each_change(
    changes: Changes, alice: Principal, published: Published
) -> None:
    source = changes.create_source(alice, name="Shop", type=SourceType.WEBSITE)
    assert published[-1].sources == (source,)
    changes.delete_source(alice, source.id)
    assert published[-1].sources == ()
    versions = [each.version for each in published]
    assert versions == sorted(set(versions))


def test_the_configuration_can_be_published_again(
    changes: Changes, alice: Principal, published: Published
) -> None:
    assert changes.publish() == published[-1]


def test_charlie_sees_nothing_of_alices_sources(changes: Changes, alice: Principal) -> None:
    source = changes.create_source(alice, name="Shop", type=SourceType.WEBSITE)
    charlie = Principal("token:charlie", "another-workspace", Role.OWNER)
    assert changes.sources(charlie) == []
    with pytest.raises(NotFoundError):
        changes.source(charlie, source.id)
    with pytest.raises(NotFoundError):
        changes.delete_source(charlie, source.id)


def test_many_threads_make_one_chain(
    changes: Changes, alice: Principal, database: SqlDatabase, published: Published
) -> None:
    def make() -> None:
        changes.create_source(alice, name="Shop", type=SourceType.SERVER)

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({source.slug for source in changes.sources(alice)}) == 8
    assert len(actions(database)) == 10
    assert len(published[-1].sources) == 8
