"""The way from one configuration to another."""

from headwater.configuration.model import Action, Remote
from headwater.configuration.plan import differences, plan

LABEL = {"key": "k", "value": "v", "description": ""}
SOURCE = {"slug": "s", "name": "S", "type": "server", "enabled": True, "labels": [], "settings": {}}


def test_what_others_rest_on_is_made_first_and_deleted_last() -> None:
    both = {("source", "s"): SOURCE, ("label", "k:v"): LABEL}
    there = {key: Remote("1", document) for key, document in both.items()}

    made = [(step.action, step.kind) for step in plan(both, {})]
    gone = [(step.action, step.kind) for step in plan({}, there)]

    assert made == [(Action.CREATE, "label"), (Action.CREATE, "source")]
    assert gone == [(Action.DELETE, "source"), (Action.DELETE, "label")]


def test_what_is_equal_needs_no_step() -> None:
    assert plan({("source", "s"): SOURCE}, {("source", "s"): Remote("1", SOURCE)}) == []


def test_a_change_names_the_deepest_members_that_differ() -> None:
    before = {"a": {"b": 1, "c": 2}, "d": [1]}
    after = {"a": {"b": 1, "c": 3}, "e": True}

    found = [(each.path, each.before, each.after) for each in differences(before, after)]

    assert found == [("a.c", 2, 3), ("d", [1], None), ("e", None, True)]


def test_nothing_is_deleted_where_that_is_not_wanted() -> None:
    assert plan({}, {("label", "k:v"): Remote("1", LABEL)}, deletes=False) == []


def test_what_is_always_there_is_not_deleted() -> None:
    there = {("workspace", "workspace"): Remote("1", {"name": "Default"})}

    assert plan({}, there) == []
