"""Users and groups: what each has been given, and that an owner is left."""

import pytest

from headwater.access import groups, labels, sources, users
from headwater.access.changes import Changes
from headwater.access.model import EVERYTHING, OWNER, Grant, Principal, Reach
from headwater.access.permissions import Kind, Permission
from headwater.access.roles import Role
from headwater.access.sign_in import SignedIn
from headwater.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from headwater.workspaces.labels import DescribedLabel
from headwater.workspaces.model import Label, Source, SourceType
from tests.access.conftest import ADMIN_TOKEN, Published, trail
from tests.access.people import join, make_owner, person

BOB = "bob@example.com"
OWNS = Grant(Role.WORKSPACE_OWNER)
READS = Grant(Role.SOURCE_READ_ONLY)


@pytest.fixture
def owner(changes: Changes, alice: Principal) -> Principal:
    return person(changes, make_owner(changes, ADMIN_TOKEN))


@pytest.fixture
def bob(changes: Changes, owner: Principal) -> SignedIn:
    return join(changes, owner, BOB)


def make(changes: Changes, by: Principal, name: str, *marks: Label) -> Source:
    source = sources.create(changes, by, name=name, type=SourceType.SERVER)
    return labels.add_to_source(changes, by, source.id, marks) if marks else source


def test_what_is_given_is_what_one_may(changes: Changes, owner: Principal, bob: SignedIn) -> None:
    shop, blog = make(changes, owner, "Shop"), make(changes, owner, "Blog")
    some = Grant(Role.SOURCE_ADMIN, (Reach(Kind.SOURCE, shop.id),))
    users.replace_permissions(changes, owner, bob.user.id, [some])
    by = person(changes, bob)
    assert sources.listed(changes, by) == [shop]
    sources.update(changes, by, shop.id, name="New")
    for work in (sources.one, sources.delete, sources.add_write_key):
        with pytest.raises(NotFoundError):
            work(changes, by, blog.id)
    with pytest.raises(ForbiddenError):
        sources.create(changes, by, name="More", type=SourceType.SERVER)


def test_who_may_only_look_is_told_so(changes: Changes, owner: Principal, bob: SignedIn) -> None:
    shop = make(changes, owner, "Shop")
    users.replace_permissions(changes, owner, bob.user.id, [READS])
    by = person(changes, bob)
    assert sources.one(changes, by, shop.id) == shop
    assert not sources.may_see_keys(by, shop)
    with pytest.raises(ForbiddenError):
        sources.delete(changes, by, shop.id)


def test_a_role_on_a_label_follows_the_label(
    changes: Changes, owner: Principal, bob: SignedIn, published: Published
) -> None:
    test, live = (Label("env", each) for each in ("test", "live"))
    for label in (test, live):
        labels.create(changes, owner, DescribedLabel(label.key, label.value))
    one, other = make(changes, owner, "One", test), make(changes, owner, "Other", live)
    grant = Grant(Role.SOURCE_ADMIN, (Reach(Kind.SOURCE, labels=(test,)),))
    users.replace_permissions(changes, owner, bob.user.id, [grant])
    by = person(changes, bob)
    assert [each.id for each in sources.listed(changes, by)] == [one.id]
    labels.replace_in_source(changes, owner, one.id, [live])
    labels.replace_in_source(changes, owner, other.id, [live, test])
    assert [each.id for each in sources.listed(changes, by)] == [other.id]
    assert published[-1].sources[1].labels == (live, test)


def test_nobody_labels_himself_into_more(changes: Changes, owner: Principal, bob: SignedIn) -> None:
    labels.create(changes, owner, DescribedLabel("pii", "yes"))
    shop = make(changes, owner, "Shop")
    given = [
        Grant(Role.SOURCE_ADMIN),
        Grant(Role.PII_ACCESS, (Reach(Kind.SOURCE, labels=(Label("pii", "yes"),)),)),
    ]
    users.replace_permissions(changes, owner, bob.user.id, given)
    by = person(changes, bob)
    for work in (labels.add_to_source, labels.replace_in_source):
        with pytest.raises(ForbiddenError):
            work(changes, by, shop.id, [Label("pii", "yes")])
    assert not by.may(Permission.PII_READ, sources.resource(shop))


def test_a_label_in_use_stays_and_one_that_is_not_there_is_not_put(
    changes: Changes, owner: Principal
) -> None:
    label = Label("env", "test")
    labels.create(changes, owner, DescribedLabel("env", "test", "Not for real"))
    shop = make(changes, owner, "Shop", label)
    with pytest.raises(ConflictError):
        labels.delete(changes, owner, label)
    with pytest.raises(InvalidError):
        labels.add_to_source(changes, owner, shop.id, [Label("env", "none")])
    labels.replace_in_source(changes, owner, shop.id, [])
    labels.delete(changes, owner, label)
    assert labels.listed(changes, owner) == []


def test_what_a_group_is_given_its_members_have_beside_their_own(
    changes: Changes, owner: Principal, bob: SignedIn
) -> None:
    group = groups.create(changes, owner, "Analysts")
    groups.replace_permissions(changes, owner, group.id, [Grant(Role.WORKSPACE_MEMBER)])
    assert person(changes, bob).grants == (Grant(Role.MINIMAL_USER),)
    groups.add_users(changes, owner, group.id, [BOB])
    assert Grant(Role.WORKSPACE_MEMBER) in person(changes, bob).grants
    assert [each.name for each in groups.of_user(changes, owner, bob.user.id)] == ["Analysts"]
    groups.remove_users(changes, owner, group.id, [BOB])
    assert person(changes, bob).grants == (Grant(Role.MINIMAL_USER),)


def test_who_is_put_into_a_group_and_is_not_there_yet_is_invited(
    changes: Changes, owner: Principal
) -> None:
    group = groups.create(changes, owner, "Analysts")
    groups.replace_users(changes, owner, group.id, ["carol@example.com", "ALICE@example.com"])
    assert groups.invited_of(changes, owner, group.id) == ["carol@example.com"]
    assert [each.email for each in groups.users_of(changes, owner, group.id)] == [
        "alice@example.com"
    ]
    groups.replace_permissions(changes, owner, group.id, [READS])
    carol = person(changes, join(changes, owner, "carol@example.com"))
    assert READS in carol.grants
    assert groups.invited_of(changes, owner, group.id) == []


def test_the_last_owner_stays_one(changes: Changes, owner: Principal, bob: SignedIn) -> None:
    assert owner.user_id is not None
    with pytest.raises(ConflictError):
        users.replace_permissions(changes, owner, owner.user_id, [READS])
    with pytest.raises(ConflictError):
        users.remove(changes, owner, [owner.user_id])
    users.replace_permissions(changes, owner, bob.user.id, [OWNS])
    users.remove(changes, owner, [owner.user_id])
    with pytest.raises(ConflictError):
        users.remove(changes, person(changes, bob), [bob.user.id])


def test_an_owner_by_a_group_counts(changes: Changes, owner: Principal, bob: SignedIn) -> None:
    group = groups.create(changes, owner, "Owners")
    groups.replace_permissions(changes, owner, group.id, [OWNS])
    groups.add_users(changes, owner, group.id, [BOB])
    assert owner.user_id is not None
    users.remove(changes, owner, [owner.user_id])
    by = person(changes, bob)
    for work in (
        lambda: groups.remove(changes, by, group.id),
        lambda: groups.replace_permissions(changes, by, group.id, [READS]),
        lambda: groups.replace_users(changes, by, group.id, []),
    ):
        with pytest.raises(ConflictError):
            work()
    assert person(changes, bob).grants == by.grants


def test_removed_from_one_workspace_one_stays_in_the_others(
    changes: Changes, owner: Principal, bob: SignedIn
) -> None:
    from headwater.access import workspaces

    second = workspaces.create(changes, owner, "Second shop")
    in_second = Principal(owner.actor, second.id, OWNER, owner.user_id, name=owner.name)
    assert owner.user_id is not None
    users.replace_permissions(changes, owner, bob.user.id, [OWNS])
    users.remove(changes, person(changes, bob), [owner.user_id])
    assert [each.id for each in users.own_workspaces(changes, in_second)] == [second.id]


def test_permissions_are_added_and_each_role_is_there_once(
    changes: Changes, owner: Principal, bob: SignedIn
) -> None:
    shop, blog = make(changes, owner, "Shop"), make(changes, owner, "Blog")
    for source in (shop, blog, shop):
        grant = Grant(Role.SOURCE_ADMIN, (Reach(Kind.SOURCE, source.id),))
        member = users.add_permissions(changes, owner, bob.user.id, [grant])
    both = (Reach(Kind.SOURCE, shop.id), Reach(Kind.SOURCE, blog.id))
    assert member.grants == (Grant(Role.MINIMAL_USER), Grant(Role.SOURCE_ADMIN, both))
    member = users.add_permissions(changes, owner, bob.user.id, [Grant(Role.SOURCE_ADMIN)])
    assert member.grants[1] == Grant(Role.SOURCE_ADMIN, EVERYTHING)


def test_every_change_says_what_was_and_what_is(
    changes: Changes, owner: Principal, bob: SignedIn
) -> None:
    users.replace_permissions(changes, owner, bob.user.id, [READS])
    last = trail(changes)[-1]
    assert (last.action, last.actor, last.actor_name) == (
        "User Permissions Modified",
        owner.actor,
        "alice@example.com",
    )
    assert "minimal-user" in (last.before or "")
    assert "source-read-only" in (last.after or "")


def test_charlie_finds_nobody_of_alices(changes: Changes, owner: Principal, bob: SignedIn) -> None:
    group = groups.create(changes, owner, "Analysts")
    charlie = Principal("user:charlie", "another-workspace", OWNER)
    assert users.listed(changes, charlie) == []
    assert groups.listed(changes, charlie) == []
    for work in (
        lambda: users.one(changes, charlie, bob.user.id),
        lambda: users.remove(changes, charlie, [bob.user.id]),
        lambda: users.replace_permissions(changes, charlie, bob.user.id, [OWNS]),
        lambda: groups.one(changes, charlie, group.id),
        lambda: groups.remove(changes, charlie, group.id),
        lambda: groups.add_users(changes, charlie, group.id, [BOB]),
    ):
        with pytest.raises(NotFoundError):
            work()


def test_groups_have_names_of_their_own(changes: Changes, owner: Principal) -> None:
    groups.create(changes, owner, "Analysts")
    other = groups.create(changes, owner, "Others")
    with pytest.raises(ConflictError):
        groups.create(changes, owner, " Analysts ")
    with pytest.raises(ConflictError):
        groups.rename(changes, owner, other.id, "Analysts")
    assert groups.rename(changes, owner, other.id, "More").name == "More"


def test_ones_own_account_changes_where_told(changes: Changes, owner: Principal) -> None:
    changed = users.update_own(changes, owner, name="Alice A.", time_zone="Asia/Shanghai")
    assert users.own(changes, owner) == changed
    assert (changed.name, changed.time_zone, changed.language) == ("Alice A.", "Asia/Shanghai", "")
    with pytest.raises(InvalidError):
        users.update_own(changes, owner, name="")


def test_a_token_has_no_account(changes: Changes, alice: Principal) -> None:
    with pytest.raises(ForbiddenError):
        users.own(changes, alice)
