"""Saved queries are the workspace's, and what is done to them is on the record."""

import pytest

from headwater.access import audit
from headwater.access.changes import Changes
from headwater.access.model import Principal
from headwater.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from headwater.questions import saved


def actions(changes: Changes) -> list[tuple[str, str]]:
    with changes.reading() as connection:
        return [(entry.actor, entry.action) for entry in audit.entries(connection)]


def test_what_one_saves_all_find_by_name(changes: Changes, ann: Principal, bob: Principal) -> None:
    saved.create(changes, ann, name="weekly orders", sql="SELECT 2")
    saved.create(changes, bob, name="Active people", sql="SELECT 1", description="Last 7 days")
    found = saved.listed(changes, bob)
    assert [each.name for each in found] == ["Active people", "weekly orders"]
    assert found[1].created_by_name == "ann@shop.example"
    assert saved.one(changes, ann, found[0].id).description == "Last 7 days"


def test_a_name_is_given_once(changes: Changes, ann: Principal) -> None:
    first = saved.create(changes, ann, name="Orders", sql="SELECT 1")
    second = saved.create(changes, ann, name="Orders by day", sql="SELECT 1")
    with pytest.raises(ConflictError):
        saved.create(changes, ann, name=" Orders ", sql="SELECT 2")
    with pytest.raises(ConflictError):
        saved.change(changes, ann, second.id, name="Orders")
    assert saved.change(changes, ann, first.id, name="Orders", sql="SELECT 3").sql == "SELECT 3"


@pytest.mark.parametrize("name", ["", " ", "x" * 201, "a\nb"])
def test_a_name_must_be_one(changes: Changes, ann: Principal, name: str) -> None:
    with pytest.raises(InvalidError):
        saved.create(changes, ann, name=name, sql="SELECT 1")


@pytest.mark.parametrize("sql", ["", "  \n", "x" * 100_001, "SELECT '\0'"])
def test_a_saved_query_has_a_text(changes: Changes, ann: Principal, sql: str) -> None:
    with pytest.raises(InvalidError):
        saved.create(changes, ann, name="Empty", sql=sql)


def test_its_author_and_who_administers_the_warehouse_may_change_it(
    changes: Changes, ann: Principal, bob: Principal, owner: Principal
) -> None:
    held = saved.create(changes, ann, name="Orders", sql="SELECT 1")
    with pytest.raises(ForbiddenError, match="ann"):
        saved.change(changes, bob, held.id, sql="SELECT 2")
    with pytest.raises(ForbiddenError):
        saved.remove(changes, bob, held.id)
    assert saved.change(changes, owner, held.id, sql="SELECT 2").updated_by_name == owner.name
    saved.remove(changes, ann, held.id)
    assert saved.listed(changes, ann) == []


def test_another_workspaces_are_not_there(
    changes: Changes, ann: Principal, stranger: Principal
) -> None:
    held = saved.create(changes, ann, name="Orders", sql="SELECT 1")
    assert saved.listed(changes, stranger) == []
    for attempt in (saved.one, saved.change, saved.remove):
        with pytest.raises(NotFoundError):
            attempt(changes, stranger, held.id)
    assert saved.create(changes, stranger, name="Orders", sql="SELECT 1").id != held.id


def test_every_change_is_audited_and_none_that_changes_nothing(
    changes: Changes, ann: Principal
) -> None:
    held = saved.create(changes, ann, name="Orders", sql="SELECT 1")
    saved.change(changes, ann, held.id, name="Orders")
    saved.change(changes, ann, held.id, name="All orders")
    saved.remove(changes, ann, held.id)
    assert actions(changes) == [
        ("user:ann", "Saved Query Created"),
        ("user:ann", "Saved Query Modified"),
        ("user:ann", "Saved Query Deleted"),
    ]
