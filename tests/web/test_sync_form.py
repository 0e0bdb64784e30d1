"""The form of a sync rule says the rule that it shows."""

import pytest

from headwater.errors import InvalidError
from headwater.syncing.model import Compare, Nulls, Policy, Rule
from headwater.web.settings_form import Sent
from headwater.web.sync_form import rule_of, source_rows

NAMES = {"crm": "CRM", "web": "Web", "file": "File"}


def form_of(rule: Rule) -> Sent:
    """What a browser sends of the form that shows a rule."""
    sent = {
        "policy": [rule.policy or ""],
        "nulls": [rule.nulls or ""],
        "compare": [rule.compare or ""],
        "blank": ["" if rule.skip_empty is None else "yes" if rule.skip_empty else "no"],
        "fresh_days": ["" if rule.fresh_days is None else str(rule.fresh_days)],
    }
    for row in source_rows(rule, NAMES):
        sent |= {f"place:{row.slug}": [row.place], f"days:{row.slug}": [row.days]}
        sent |= {f"out:{row.slug}": ["on"]} if row.out else {}
    return sent


@pytest.mark.parametrize(
    "rule",
    [
        Rule(),
        Rule(policy=Policy.SOURCE_ORDER, order=("web", "crm")),
        Rule(order=("a_hidden_source", "crm"), exclude=("another",), source_fresh_days={"web": 0}),
        Rule(fresh_days=0, skip_empty=False, nulls=Nulls.DELETE, compare=Compare.PHONE),
    ],
)
def test_a_form_sent_as_it_is_changes_nothing(rule: Rule) -> None:
    assert rule_of(form_of(rule), rule, NAMES) == rule


def test_sources_come_in_the_order_of_their_places() -> None:
    sent = {"place:crm": ["7"], "place:web": ["2"], "place:file": [" "]}
    assert rule_of(sent, Rule(), NAMES).order == ("web", "crm")


@pytest.mark.parametrize(
    "sent", [{"place:crm": ["first"]}, {"fresh_days": ["-1"]}, {"policy": ["x"]}]
)
def test_what_cannot_be_is_refused(sent: Sent) -> None:
    with pytest.raises(InvalidError):
        rule_of(sent, Rule(), NAMES)
