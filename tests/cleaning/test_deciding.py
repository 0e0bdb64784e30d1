"""The kinds that decide on events, what a scope admits, and what is promised of all rules."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.cleaning.kinds import KINDS
from headwater.cleaning.kinds.drop_bots import is_bot
from headwater.cleaning.model import PART, Published
from headwater.governing import compile_program
from headwater.ports import Outcome
from headwater.workspaces.model import Configuration
from tests.cleaning.conftest import cleaned, identify, programs, rule, track
from tests.pipeline.conftest import lead, source, stored
from tests.pipeline.test_batch import EVENTS, counted

CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/126.0.0.0 Safari/537.36"
)
GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
OWN = {"networks": ["203.0.113.0/24", "2001:db8::/32"]}

CASES: list[tuple[str, dict[str, Any], dict[str, Any], bool]] = [
    # kind, settings, call, whether it is left out
    ("drop", {}, track(), True),
    ("drop", {"where": "properties.price < 0"}, track({"price": -1}), True),
    ("drop", {"where": "properties.price < 0"}, track({"price": 1}), False),
    ("require_members", {"members": ["properties.id"], "action": "drop"}, track({"id": " "}), True),
    ("require_members", {"members": ["properties.id"], "action": "drop"}, track({"id": 0}), False),
    ("drop_bots", {}, track(context={"userAgent": GOOGLEBOT}), True),
    ("drop_bots", {}, track(context={"userAgent": CHROME}), False),
    ("drop_bots", {}, track(), False),
    ("drop_bots", {"never": ["*Googlebot*"]}, track(context={"userAgent": GOOGLEBOT}), False),
    ("drop_bots", {"also": ["*Chrome/126*"]}, track(context={"userAgent": CHROME}), True),
    ("drop_bots", {}, track(context={"userAgent": "kube-probe/1.29"}), True),
    ("drop_bots", {}, track(context={"userAgent": "curl/8.5.0"}), False),
    ("drop_bots", {"clients": True}, track(context={"userAgent": "curl/8.5.0"}), True),
    ("drop_bots", OWN, track(context={"userAgent": CHROME, "ip": "203.0.113.7"}), True),
    ("drop_internal_traffic", OWN, track(context={"ip": "203.0.113.7"}), True),
    ("drop_internal_traffic", OWN, track(context={"ip": "::ffff:203.0.113.7"}), True),
    ("drop_internal_traffic", OWN, track(context={"ip": "2001:db8::5"}), True),
    ("drop_internal_traffic", OWN, track(context={"ip": "203.0.114.7"}), False),
    ("drop_internal_traffic", OWN, track(context={"ip": "here"}), False),
    ("drop_test_users", {"emails": ["*@example.com"]}, identify({"email": "A@Example.com"}), True),
    ("drop_test_users", {"emails": ["*@example.com"]}, identify({"email": "a@example.org"}), False),
    (
        "drop_test_users",
        {"emails": ["*@example.com"]},
        track(context={"traits": {"email": "a@example.com"}}),
        True,
    ),
    ("drop_test_users", {"users": ["test-*"]}, track(userId="test-1"), True),
    ("drop_test_users", {"users": ["test-*"]}, track(userId="u-test-1"), False),
]


@pytest.mark.parametrize(("kind", "settings", "call", "is_left_out"), CASES)
def test_a_rule_leaves_out_what_it_is_for(kind, settings, call, is_left_out):
    through = cleaned([call], rule(kind, settings))
    assert [(t.outcome, t.reason) for t in through.tallies] == (
        [(Outcome.FILTERED, "rule:r1"), (Outcome.TOUCHED, "r1")]
        if is_left_out
        else [(Outcome.PASSED, "")]
    )


@pytest.mark.parametrize(
    ("kind", "settings", "why"),
    [
        ("drop", {"where": "type = 'track'"}, "type = 'track'."),
        ("require_members", {"members": ["properties.id"]}, "`properties.id` is missing."),
        ("drop_test_users", {"users": ["u*"]}, "it is of a test user."),
        (
            "allowed_range",
            {"paths": ["properties.n"], "most": 9},
            "`properties.n` is 10, outside … 9.",
        ),
        (
            "allowed_values",
            {"paths": ["properties.n"], "values": [9]},
            "10 is none of the allowed values.",
        ),
    ],
)
def test_a_rule_may_keep_aside_instead_and_says_why(kind, settings, why):
    through = cleaned([track({"n": 10})], rule(kind, settings | {"action": "quarantine"}))
    (aside,) = through.aside
    assert (aside.reason, aside.detail) == ("rule_violation", f"The rule “My rule” says: {why}")
    assert json.loads(aside.raw)["properties"] == {"n": 10}


def test_a_rule_may_flag_instead():
    through = cleaned([track()], rule("drop", {"action": "flag"}))
    assert json.loads(through.row["context"]) == {"flagged": ["My rule"]}


@pytest.mark.parametrize(
    ("scope", "is_for"),
    [
        ({}, True),
        ({"types": ["track", "page"]}, True),
        ({"types": ["identify"]}, False),
        ({"events": ["Order Completed"]}, True),
        ({"events": ["order completed"]}, False),
        ({"sources": ["s1"]}, True),
        ({"sources": ["s2"]}, False),
        ({"condition": "properties.price > 5 and userId = 'u1'"}, True),
        ({"condition": "!(userId = 'u1')"}, False),
        ({"types": ["track"], "condition": "context.ip = '::1'"}, False),
    ],
)
def test_a_rule_is_for_what_its_scope_admits(scope, is_for):
    through = cleaned([track({"price": 9})], rule("drop", scope=scope))
    assert bool(through.rows) is not is_for


def test_pages_are_named_by_their_name():
    page = {"type": "page", "name": "Home", "userId": "u"}
    assert not cleaned([page], rule("drop", scope={"events": ["Home"]})).rows


def test_rules_are_taken_in_their_order():
    rules = [
        rule("trim", {"paths": ["properties.v"]}, id="a"),
        rule("empty_to_null", {"paths": ["properties.v"]}, id="b"),
        rule("fill_missing", {"path": "properties.v", "value": 1}, id="c"),
    ]
    assert cleaned([track({"v": "  "})], *rules).row["properties"] == '{"v":1}'


def test_a_rule_of_an_unknown_kind_keeps_aside_rather_than_let_through():
    through = cleaned([track()], rule("from_the_future"))
    assert through.reasons == ["stage_failed"]


def test_another_workspaces_rules_do_not_count():
    part = msgspec.Raw(msgspec.json.encode(Published({"w2": (rule("drop"),)})))
    made = compile_program(Configuration(1, (), (source(),), {PART: part}))
    assert made.of("s1") == ()


def test_browsers_are_no_robots_and_robots_are():
    assert not is_bot(CHROME)
    assert is_bot(CHROME.replace("Chrome", "HeadlessChrome"))
    assert not is_bot("python-requests/2.32.3")
    assert is_bot("python-requests/2.32.3", True)


EXAMPLES = [rule(kind.name, dict(kind.example), id=kind.name) for kind in KINDS.values()]


@given(st.lists(EVENTS, max_size=6), st.lists(st.sampled_from(EXAMPLES), max_size=6))
@settings(max_examples=150)
def test_whatever_is_sent_every_event_is_accounted_for(members, rules):
    count = max(len(members), 1)
    through = lead([stored({"batch": members}, count=count)], programs=programs(*rules))
    outcomes = counted(through)
    outcomes.pop(Outcome.TOUCHED, 0)
    assert outcomes.total() == count
    assert "stage_failed" not in through.reasons


@given(st.lists(EVENTS, max_size=6), st.sampled_from(EXAMPLES))
def test_a_rule_whose_scope_admits_nothing_changes_no_byte(members, one):
    idle = rule(one.kind, dict(one.settings), scope={"condition": "messageId = null"})
    requests = [stored({"batch": members})]
    assert lead(requests, programs=programs(idle)).entry == lead(requests).entry
