"""What linting finds in plans, where, and what it says to do."""

import pytest

from headwater.plans.files import reading
from headwater.plans.linting.linting import lint
from headwater.plans.linting.model import Conventions, Finding

CLEAN = """
name: Shop
identify:
  traits:
    email: {type: string, format: email, description: Where letters go.}
events:
  Order Completed:
    description: Somebody has paid.
    properties:
      order_id: {type: string, description: The order.}
      items:
        type: array
        description: What was bought.
        items: {type: object, properties: {unit_price: {type: number, description: In yuan.}}}
    required: [order_id]
  Product Viewed: {description: A product's page., properties: {}}
"""


def found(text: str, **asked: object) -> list[Finding]:
    return lint(reading.read(text).rules, Conventions(**{"descriptions": False, **asked}))  # type: ignore[arg-type]


def test_a_plan_without_faults_has_no_findings() -> None:
    assert lint(reading.read(CLEAN).rules) == []


@pytest.mark.parametrize(
    ("entry", "code", "path", "said"),
    [
        ("A: {properties: {a: {type: String}}}", "invalid", "events.A.properties.properties", "no"),
        ("A: {properties: {a: {$ref: 'http://x.example/y'}}}", "invalid", "events.A", "used"),
        ("A: {properties: {}, required: [a]}", "undefined", "events.A.properties", "'a' is req"),
        ("A: {properties: {a: {minimum: 5, maximum: 2}}}", "contradiction",
         "events.A.properties.a", "minimum 5 is above maximum 2"),
        ("A: {properties: {a: {type: number, enum: [x]}}}", "contradiction",
         "events.A.properties.a", "nothing does"),
        ("A: {properties: {a: false}, required: [a]}", "contradiction",
         "events.A.properties", "never allowed"),
        ("{Order Done: {}, order done: {}}", "duplicate", "events.order done", "only in case"),
        ("{Order Done: {}, order_done: {}}", "collision", "events.order_done", "'order_done'"),
        ("A: {properties: {userName: {}, user_name: {}}}", "collision",
         "events.A.properties.user_name", "share the column 'user_name'"),
        ("A: {properties: {b: {type: object, properties: {c: {}}}, b_c: {}}}", "collision",
         "events.A.properties.b_c", "share the column 'b_c'"),
    ],
)  # fmt: skip
def test_errors_are_told_with_place_and_remedy(entry: str, code: str, path: str, said: str) -> None:
    text = entry if entry.startswith("{") else "{" + entry + "}"
    errors = [each for each in found(f"name: P\nevents: {text}") if each.level == "error"]
    assert len(errors) == 1, errors
    [error] = errors
    assert error.code == code
    assert error.path.startswith(path)
    assert said in error.message
    assert error.remedy


def test_names_that_are_written_unlike_the_others_are_warned_of() -> None:
    text = "name: P\nevents: {Order Completed: {}, Cart Viewed: {}, Item Added: {}, user_left: {}}"
    [warning] = found(text)
    assert (warning.level, warning.code, warning.path) == ("warning", "naming", "events.user_left")
    assert found(text, events="any") == []
    assert len(found(text, events="snake")) == 3


def test_what_has_no_effect_is_warned_of() -> None:
    warnings = found("name: P\nevents: {A: {properties: {a: {type: string, minimum: 3}}}}")
    assert [(each.level, each.code) for each in warnings] == [("warning", "unreachable")]
    assert "minimum says nothing of string" in warnings[0].message


def test_missing_descriptions_are_warned_of_unless_they_are_not_asked_for() -> None:
    text = "name: P\nevents: {A: {properties: {a: {type: string}}}}"
    told = lint(reading.read(text).rules)
    assert [each.path for each in told] == ["events.A", "events.A.properties.a"]
    assert found(text) == []
