"""The kinds that remember earlier events: what they remember, and how little."""

import json
from random import Random

import pytest

from headwater.cleaning.kinds.outliers import Window
from headwater.pipeline.program import Memory
from tests.cleaning.conftest import cleaned, identify, rule, track

SECOND = 1_000_000


def at(second: float) -> str:
    return f"2023-11-14T22:{int(second // 60):02d}:{second % 60:06.3f}Z"


def repeats(*calls, memory=None, **settings):
    """The messageIds of the calls that are no repeats."""
    found = cleaned(
        [
            call | {"messageId": str(n)} if "messageId" not in call else call
            for n, call in enumerate(calls)
        ],
        rule("drop_repeats", {"seconds": 5} | settings),
        memory=memory,
    )
    return [row["message_id"] for row in found.rows]


def call(second: float = 0, properties=None, **members):
    members = {"messageId": None, "timestamp": at(second)} | members
    return {k: v for k, v in track(properties, **members).items() if v is not None}


def test_what_the_same_person_said_a_moment_ago_is_a_repeat():
    assert repeats(call(0), call(5)) == ["0"]
    assert repeats(call(0), call(5.5)) == ["0", "1"]
    assert repeats(call(3), call(0)) == ["0"]
    assert repeats(call(0), call(1, userId="u2")) == ["0", "1"]
    assert repeats(call(0), call(1, event="Other")) == ["0", "1"]
    assert repeats(call(0, {"a": 1}), call(1, {"a": 2})) == ["0", "1"]


def test_repeats_do_not_put_off_the_next_first():
    assert repeats(call(0), call(4), call(8), call(12)) == ["0", "2"]


def test_only_the_chosen_members_need_be_the_same():
    chosen = {"members": ["properties.order"]}
    one, other = call(0, {"order": 1, "n": 1}), call(1, {"order": 1, "n": 2})
    assert repeats(one, other, **chosen) == ["0"]
    assert repeats(one, call(1, {"order": 2}), **chosen) == ["0", "1"]
    assert repeats(call(0), call(1, {"order": []}), **chosen) == ["0", "1"]


def test_the_same_message_is_left_to_the_check_for_duplicates():
    same = call(0, messageId="m")
    through = cleaned([same, same], rule("drop_repeats"))
    assert [(t.outcome.value, t.count) for t in through.tallies] == [
        ("passed", 1),
        ("duplicate", 1),
    ]


def test_repeats_are_told_over_batches_and_their_memory_is_bounded():
    memory = Memory()
    assert repeats(call(0), memory=memory) == ["0"]
    assert repeats(call(1, messageId="again"), memory=memory) == []
    full, two = Memory(), {"remembered": 2}
    assert repeats(*(call(0, {"n": n}) for n in range(3)), memory=full, **two) == ["0", "1", "2"]
    assert repeats(call(1, {"n": 0}, messageId="a"), memory=full, **two) == ["a"]
    assert repeats(call(1, {"n": 2}, messageId="b"), memory=full, **two) == []


def test_a_missing_member_is_what_the_persons_last_event_had():
    fill = rule("fill_last_known", {"paths": ["properties.plan"]})
    calls = [
        track({"plan": "gold"}, messageId="1"),
        track(messageId="2"),
        track({"plan": None}, messageId="3"),
        track(messageId="4", userId="u2"),
        track({"plan": "free"}, messageId="5"),
        track(messageId="6"),
    ]
    through = cleaned(calls, fill)
    plans = [json.loads(row["properties"]).get("plan") for row in through.rows]
    assert plans == ["gold", "gold", "gold", None, "free", "free"]
    assert [t.count for t in through.tallies if t.reason == "r1"] == [3]


def test_people_without_a_user_id_are_told_by_their_anonymous_id():
    fill = rule("fill_last_known", {"paths": ["traits.city"]})
    calls = [
        identify({"city": "Bonn"}, userId="", anonymousId="a", messageId="1"),
        identify(userId="", anonymousId="a", messageId="2"),
        identify(userId="a", anonymousId="a", messageId="3"),
    ]
    cities = [json.loads(r["properties"]).get("city") for r in cleaned(calls, fill).rows]
    assert cities == ["Bonn", "Bonn", None]


def test_no_more_people_are_remembered_than_are_wanted_nor_longer_values():
    fill = rule("fill_last_known", {"paths": ["properties.p"], "people": 1})
    calls = [
        track({"p": 1}, userId="a", messageId="1"),
        track({"p": 2}, userId="b", messageId="2"),
        track(userId="a", messageId="3"),
        track({"p": "x" * 1000}, userId="b", messageId="4"),
        track(userId="b", messageId="5"),
    ]
    found = [json.loads(row["properties"]).get("p") for row in cleaned(calls, fill).rows]
    assert found == [1, 2, None, "x" * 1000, None]


def prices(*values, name="Sold"):
    return [track({"n": v}, event=name, messageId=f"{name}{i}") for i, v in enumerate(values)]


NORMAL = [100 + (n * 7) % 11 for n in range(60)]


@pytest.mark.parametrize("method", ["iqr", "zscore"])
def test_a_number_far_from_the_others_is_dealt_with(method):
    settings = {"path": "properties.n", "method": method, "least": 50}
    through = cleaned(prices(*NORMAL, 1000, 104), rule("outliers", settings | {"action": "drop"}))
    assert len(through.rows) == 61
    assert through.rows[-1]["message_id"] == "Sold61"

    clamped = cleaned(prices(*NORMAL, 1000), rule("outliers", settings | {"action": "clamp"}))
    assert 110 < json.loads(clamped.rows[-1]["properties"])["n"] < 140

    aside = cleaned(
        prices(*NORMAL, -5), rule("outliers", settings | {"action": "quarantine"})
    ).aside
    assert aside[0].detail.startswith("The rule “My rule” says: `properties.n` is -5, outside ")

    flagged = cleaned(prices(*NORMAL, -5), rule("outliers", settings))
    assert json.loads(flagged.rows[-1]["context"]) == {"flagged": ["My rule"]}

    for action, left in (("null", {"n": None}), ("remove", {})):
        row = cleaned(prices(*NORMAL, -5), rule("outliers", settings | {"action": action})).rows[-1]
        assert json.loads(row["properties"]) == left


@pytest.mark.parametrize("method", ["iqr", "zscore"])
def test_nothing_is_judged_by_too_few_or_by_equal_numbers(method):
    settings = {"path": "properties.n", "method": method, "least": 50, "action": "drop"}
    assert len(cleaned(prices(*NORMAL[:49], 1000), rule("outliers", settings)).rows) == 50
    assert len(cleaned(prices(*[0.1] * 60, 1000), rule("outliers", settings)).rows) == 61


def test_each_event_has_a_window_of_its_own_or_all_have_one():
    settings = {"path": "properties.n", "least": 50, "action": "drop"}
    calls = [*prices(*NORMAL), *prices(1000, name="Other")]
    assert len(cleaned(calls, rule("outliers", settings)).rows) == 61
    assert len(cleaned(calls, rule("outliers", settings | {"by_event": False})).rows) == 60


def test_a_new_level_is_learned():
    settings = {"path": "properties.n", "least": 10, "window": 20, "action": "drop"}
    calls = prices(*NORMAL[:20], *[1000 + n % 5 for n in range(40)])
    through = cleaned(calls, rule("outliers", settings))
    assert through.rows[-1]["message_id"] == "Sold59"
    assert len(through.rows) < 60


def test_what_is_no_number_is_not_looked_at():
    settings = {"path": "properties.n", "least": 5, "window": 10, "action": "drop"}
    odd = ["5", True, None, {}, 1e300, 10**400]
    calls = prices(*NORMAL[:10], *odd)
    assert len(cleaned(calls, rule("outliers", settings)).rows) == 16


def test_the_names_remembered_are_bounded():
    settings = {"path": "properties.n", "least": 5, "window": 10, "names": 2, "action": "drop"}
    calls = [
        *prices(*NORMAL[:10], name="A"),
        *prices(1, name="B"),
        *prices(1, name="C"),
        track({"n": 1000}, event="A", messageId="last"),
    ]
    assert len(cleaned(calls, rule("outliers", settings)).rows) == 13


@pytest.mark.parametrize("scale", [1.0, 1e9, 1e-6])
def test_a_windows_bounds_are_those_of_its_last_numbers(scale):
    random, window = Random(5), Window(100)
    values = [1e9 + scale * random.random() for _ in range(1050)]
    for value in values:
        window.add(value)
    last = values[-100:]
    mean = sum(last) / 100
    deviation = (sum((v - mean) ** 2 for v in last) / 100) ** 0.5
    low, high = window.by_deviation(3) or (0, 0)
    assert low == pytest.approx(mean - 3 * deviation, rel=1e-9, abs=scale * 1e-3)
    assert high == pytest.approx(mean + 3 * deviation, rel=1e-9, abs=scale * 1e-3)
    lower, upper = window.by_quartiles(1) or (0, 0)
    assert lower < sorted(last)[25] < sorted(last)[74] < upper


def test_a_rule_with_other_settings_begins_anew():
    memory = Memory()
    assert repeats(call(0), memory=memory) == ["0"]
    assert repeats(call(0, messageId="a"), memory=memory, seconds=6) == ["a"]
