"""Changes of the configuration: made, recorded and published together."""

import threading

import pytest

from headwater.access import audit, sources, start, workspaces
from headwater.access.admission import by_token
from headwater.access.audit import Change
from headwater.access.changes import Changes
from headwater.access.model import OWNER, Principal
from headwater.databases.sql import SqlDatabase
from headwater.errors import BadRequestError, ConflictError, NotFoundError, UnauthorizedError
from headwater.kit.clock import FakeClock
from headwater.workspaces.model import SourceType
from tests.access.conftest import ADMIN_TOKEN, Published, actions, trail


def test_the_first_start_makes_a_workspace_with_an_owner(changes: Changes) -> None:
    secret = start.begin(changes, admin_token="")
    assert secret is not None
    assert secret.startswith("hw_")
    principal = by_token(changes, secret)
    assert principal.grants == OWNER
    assert workspaces.own(changes, principal).name == "Default"


def test_the_admin_token_becomes_the_first_owners(changes: Changes) -> None:
    assert start.begin(changes, admin_token="chosen") == "chosen"
    assert by_token(changes, "chosen").grants == OWNER


def test_later_starts_change_nothing(changes: Changes, published: Published) -> None:
    start.begin(changes, admin_token="first")
    count = len(published)
    assert start.begin(changes, admin_token="second") is None
    assert len(published) == count
    with pytest.raises(UnauthorizedError):
        by_token(changes, "second")


def test_every_change_is_in_the_audit_trail(changes: Changes, alice: Principal) -> None:
    source = sources.create(changes, alice, name="Shop", type=SourceType.WEBSITE)
    sources.update(changes, alice, source.id, name="New")
    both = sources.add_write_key(changes, alice, source.id)
    sources.remove_write_key(changes, alice, source.id, both.write_keys[0])
    sources.delete(changes, alice, source.id)
    assert actions(changes) == [
        ("system", "Workspace Created"),
        ("system", "Token Created"),
        (alice.actor, "Source Created"),
        (alice.actor, "Source Modified"),
        (alice.actor, "Source Modified"),
        (alice.actor, "Source Modified"),
        (alice.actor, "Source Deleted"),
    ]


def test_an_entry_says_what_people_call_the_one_who_did_it(
    changes: Changes, alice: Principal
) -> None:
    sources.create(changes, alice, name="Shop", type=SourceType.WEBSITE)
    last = trail(changes)[-1]
    assert (last.actor_name, last.subject_name) == ("First owner", "Shop")


def test_a_change_that_changes_nothing_is_not_recorded(changes: Changes, alice: Principal) -> None:
    source = sources.create(changes, alice, name="Shop", type=SourceType.WEBSITE)
    before = actions(changes)
    sources.update(changes, alice, source.id, name="Shop", enabled=True)
    assert actions(changes) == before


def test_a_refused_change_leaves_no_trace(
    changes: Changes, alice: Principal, published: Published
) -> None:
    before = actions(changes), len(published)
    with pytest.raises(BadRequestError):
        sources.create(changes, alice, name="", type=SourceType.WEBSITE)
    assert (actions(changes), len(published)) == before


def test_a_change_that_fails_halfway_is_not_made(
    changes: Changes, alice: Principal, published: Published
) -> None:
    before = actions(changes), len(published), workspaces.own(changes, alice)

    def fail() -> None:
        with changes.change(alice) as step:
            step.record(Change("Something Done", "Thing", "1"))
            raise ConflictError("No.")

    with pytest.raises(ConflictError):
        fail()
    assert (actions(changes), len(published), workspaces.own(changes, alice)) == before


def test_the_configuration_is_published_after_each_change(
    changes: Changes, alice: Principal, published: Published
) -> None:
    source = sources.create(changes, alice, name="Shop", type=SourceType.WEBSITE)
    assert published[-1].sources == (source,)
    sources.delete(changes, alice, source.id)
    assert published[-1].sources == ()
    versions = [each.version for each in published]
    assert versions == sorted(set(versions))


def test_what_the_roles_need_not_know_is_not_published(
    changes: Changes, alice: Principal, published: Published
) -> None:
    count = len(published)
    with changes.change(alice) as step:
        step.record(Change("User Invited", "User", "bob"))
    assert len(published) == count


def test_the_configuration_can_be_published_again(
    changes: Changes, alice: Principal, published: Published
) -> None:
    assert changes.publish() == published[0]


def test_charlie_sees_nothing_of_alices_sources(changes: Changes, alice: Principal) -> None:
    source = sources.create(changes, alice, name="Shop", type=SourceType.WEBSITE)
    charlie = Principal("token:charlie", "another-workspace", OWNER)
    assert sources.listed(changes, charlie) == []
    with pytest.raises(NotFoundError):
        sources.one(changes, charlie, source.id)
    with pytest.raises(NotFoundError):
        sources.delete(changes, charlie, source.id)


def test_many_threads_make_one_chain(
    changes: Changes, alice: Principal, published: Published
) -> None:
    def make() -> None:
        sources.create(changes, alice, name="Shop", type=SourceType.SERVER)

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({source.slug for source in sources.listed(changes, alice)}) == 8
    assert len(actions(changes)) == 10
    assert len(published[-1].sources) == 8


def test_reads_of_personal_data_are_in_the_trail_each_with_its_count(
    changes: Changes, alice: Principal
) -> None:
    for _ in range(3):
        changes.record_read(alice, "Event", "m1")
    changes.record_read(alice, "SQL", "SELECT email FROM users")
    changes.close()
    reads = [entry for entry in trail(changes) if entry.action == "Personal Data Read"]
    assert {entry.actor for entry in reads} == {alice.actor}
    assert {entry.subject for entry in reads} == {"Event", "SQL"}
    assert sum((entry.after or "").count("m1") for entry in reads) <= 3


def test_the_newest_end_of_the_trail_is_handed_on(
    changes: Changes, alice: Principal, database: object
) -> None:
    heads: list[audit.Head] = []
    changes._keep_head = heads.append
    sources.create(changes, alice, name="Shop", type=SourceType.SERVER)
    assert heads == [trail(changes)[-1].head]


def test_features_add_their_parts_to_what_is_published(
    database: SqlDatabase, clock: FakeClock, published: Published
) -> None:
    contributors = {"set": lambda _: {"rules": [1]}, "unset": lambda _: None}
    changes = Changes(database, clock, published.append, contributors=contributors)
    start.begin(changes, admin_token=ADMIN_TOKEN)
    assert {name: bytes(part) for name, part in published[-1].parts.items()} == {
        "set": b'{"rules":[1]}'
    }
    changes.close()
