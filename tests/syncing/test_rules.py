"""Which value wins, what becomes of the others, and what that was decided by."""

from typing import Any

import pytest

from headwater.syncing.model import EVERY, Compare, Complete, Nulls, Policy, Rule
from headwater.syncing.reading import Decided
from headwater.syncing.rules import (
    DAY,
    Decider,
    Decision,
    State,
    Statement,
    complete,
    decide,
    normal,
)
from headwater.syncing.shown import conflicts_csv


def said(*told: tuple[str, float, Any]) -> list[Statement]:
    """Statements of sources by days."""
    return [Statement(source, int(day * DAY), int(day * DAY), value) for source, day, value in told]


def states(decision: Decision) -> dict[str, State]:
    return {each.source: each.state for each in decision.candidates}


def test_a_traits_rule_leaves_open_what_that_of_all_traits_says() -> None:
    rules = {EVERY: Rule(policy=Policy.LONGEST, fresh_days=9), "city": Rule(fresh_days=3)}
    assert complete(rules, "city") == Complete(policy=Policy.LONGEST, fresh_days=3)
    assert complete(rules, "name") == Complete(policy=Policy.LONGEST, fresh_days=9)
    assert complete({}, "name") == Complete()


@pytest.mark.parametrize(
    ("one", "other", "compare"),
    [
        ("Li@X.com", " li@x.com", Compare.EMAIL),
        ("+49 30 1234", "0049(0)30-1234", Compare.PHONE),
        ("n/a", "N/A ", Compare.PHONE),
        ("Wang  Wei", "wang wei\n", Compare.TEXT),
        (5, 5.0, Compare.TEXT),
    ],
)
def test_values_are_the_same_in_their_normal_form(one: Any, other: Any, compare: Compare) -> None:
    assert normal(one, compare) == normal(other, compare)
    if isinstance(one, str):
        assert normal(one, Compare.EXACT) != normal(other, Compare.EXACT)


def test_it_is_told_what_became_of_what_every_source_says() -> None:
    rule = Complete(
        policy=Policy.SOURCE_ORDER,
        order=("crm", "web"),
        exclude=("file",),
        fresh_days=30,
        nulls=Nulls.WITHDRAW,
    )
    decision = decide(
        said(
            ("crm", 1, "old"),
            ("app", 39, "New "),
            ("web", 40, "new"),
            ("ads", 38, "other"),
            ("file", 40, "no"),
            ("shop", 39, "gone"),
            ("shop", 40, None),
            ("blank", 40, " "),
        ),
        rule,
        "plan",
    )
    assert (decision.value, decision.source, decision.at) == ("new", "web", 40 * DAY)
    assert decision.differs
    assert states(decision) == {
        "crm": State.STALE,
        "app": State.SAME,
        "web": State.WON,
        "ads": State.LOST,
        "file": State.EXCLUDED,
        "shop": State.WITHDRAWN,
        "blank": State.EMPTY,
    }


@pytest.mark.parametrize(
    ("told", "rule", "decider"),
    [
        ([("a", 1, "x")], Complete(), Decider.ONLY),
        ([("a", 1, "x"), ("b", 9, "y")], Complete(fresh_days=2), Decider.FRESH),
        ([("a", 1, "x"), ("b", 9, "y")], Complete(), Decider.POLICY),
        ([("a", 1, "x"), ("b", 9, "y")], Complete(policy=Policy.LONGEST), Decider.TIME),
        ([("a", 1, "x"), ("b", 1, "y")], Complete(order=("b",)), Decider.ORDER),
        ([("a", 1, "x"), ("b", 1, "y")], Complete(), Decider.NAME),
    ],
)
def test_it_is_told_what_decided(
    told: list[tuple[str, float, Any]], rule: Complete, decider: Decider
) -> None:
    assert decide(said(*told), rule, "plan").decided_by is decider
    assert (
        decide(said(*reversed(told)), rule, "plan").source
        == decide(said(*told), rule, "plan").source
    )


def test_where_nothing_counts_there_is_no_value() -> None:
    decision = decide(said(("a", 1, " ")), Complete(), "plan")
    assert (decision.value, decision.decided_by, decision.differs) == (None, None, False)
    assert decide([], Complete(), "plan").candidates == ()


def test_no_value_becomes_a_formula_in_a_spreadsheet() -> None:
    decision = decide(said(("a", 1, "=1+1"), ("b", 2, -3)), Complete(), "plan")
    lines = conflicts_csv([Decided("@who", "plan", Complete(), decision)]).splitlines()
    assert lines[1:] == [
        "'@who,plan,a,'=1+1,1970-01-02T00:00:00.000Z,lost,",
        "'@who,plan,b,-3,1970-01-03T00:00:00.000Z,won,policy",
    ]
