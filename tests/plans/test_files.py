"""Plans as files: to rules and back without loss, compared by property, wrong ones explained."""

import json
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.plans.files import reading, writing
from headwater.plans.files.comparing import changes
from headwater.plans.files.model import PlanFile, rule
from headwater.plans.files.reading import UnreadableError
from headwater.plans.model import Rule, RuleType

FILE = """
name: Shop
description: What the shop sends.
identify:
  traits:
    email: {type: string, format: email}
  required: [email]
events:
  Order Completed:
    description: Somebody has paid.
    labels: {team: checkout}
    properties:
      order_id: {type: string, description: The order's number.}
      currency: {type: string, enum: [CNY, EUR, "NO"]}
    required: [order_id]
  Product Viewed:
    versions:
      1:
        properties:
          sku: {type: string}
      2:
        properties:
          sku: {type: string}
          since: {type: string, const: 2023-10-01}
"""

texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
scalars = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | texts
scalars |= st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
words = st.sampled_from(
    ["type", "properties", "traits", "required", "description", "labels", "version", "versions",
     "schema", "envelope", "$schema", "items", "enum"]
)  # fmt: skip
objects = st.fixed_dictionaries(
    {"type": st.just("object")},
    optional={
        "properties": st.dictionaries(texts, st.dictionaries(words, values, max_size=3)),
        "required": st.lists(texts, max_size=2),
        "description": values,
        "schema": values,
        "additionalProperties": st.booleans(),
    },
)
wholes = st.fixed_dictionaries(
    {},
    optional={
        "$schema": st.just("http://json-schema.org/draft-07/schema#"),
        "type": st.just("object"),
        "description": texts,
        "labels": st.dictionaries(texts, texts, max_size=2),
        "properties": st.fixed_dictionaries(
            {}, optional={"properties": objects, "traits": objects, "context": st.just({})}
        ),
        "required": st.just(["properties"]) | values,
        "envelope": values,
    },
)
schemas = wholes | st.dictionaries(words | texts, values, max_size=4) | st.none()
rules = st.builds(
    lambda type_, key, version, schema: rule(
        type_, key or "x" if type_ is RuleType.TRACK else "", version, schema
    ),
    st.sampled_from(RuleType),
    texts,
    st.integers(1, 3),
    schemas,
)
plans = st.builds(
    PlanFile,
    name=texts.map(lambda text: text.strip() or "Plan"),
    description=texts,
    rules=st.lists(rules, max_size=4, unique_by=lambda each: each.id).map(
        lambda found: tuple(sorted(found, key=lambda each: each.id))
    ),
)


def by_key(found: PlanFile) -> dict[str, Rule]:
    return {f"{each.type}:{each.key}:{each.version}": each for each in found.rules}


@settings(max_examples=60, deadline=None)
@given(plans, st.sampled_from(["yaml", "json"]))
def test_a_plan_that_is_written_and_read_again_is_the_same(plan: PlanFile, form: Any) -> None:
    again = reading.read(writing.text(plan, form))
    assert (again.name, again.description) == (plan.name, plan.description)
    assert json.dumps([r.json_schema for r in again.rules], sort_keys=True) == json.dumps(
        [r.json_schema for r in sorted(plan.rules, key=_in_file)], sort_keys=True
    )
    assert changes(plan.rules, again.rules) == []


def _in_file(each: Rule) -> tuple[int, str, int]:
    order = ["IDENTIFY", "GROUP", "PAGE", "SCREEN", "COMMON", "TRACK"]
    return order.index(each.type), each.key, each.version


def test_a_file_becomes_segments_rules() -> None:
    found = by_key(reading.read(FILE))
    assert found["TRACK:Order Completed:1"].json_schema == {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "type": "object",
        "description": "Somebody has paid.",
        "labels": {"team": "checkout"},
        "properties": {
            "properties": {
                "type": "object",
                "properties": {
                    "order_id": {"type": "string", "description": "The order's number."},
                    "currency": {"type": "string", "enum": ["CNY", "EUR", "NO"]},
                },
                "required": ["order_id"],
            }
        },
        "required": ["properties"],
    }
    traits = found["IDENTIFY::1"].json_schema
    assert traits is not None
    assert traits["properties"]["traits"]["required"] == ["email"]
    second = found["TRACK:Product Viewed:2"].json_schema
    assert second is not None
    since = second["properties"]["properties"]["properties"]["since"]
    assert since == {"type": "string", "const": "2023-10-01"}  # a date in YAML stays a text


def test_a_file_that_is_read_is_written_as_it_stands() -> None:
    written = writing.text(reading.read(FILE))
    expected = yaml.load(FILE, Loader=yaml.BaseLoader)
    assert yaml.load(written, Loader=yaml.BaseLoader) == expected


def test_segments_own_envelope_stays_readable() -> None:
    schema = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "type": "object",
        "properties": {
            "context": {},
            "traits": {},
            "properties": {"type": "object", "properties": {"total": {"type": "number"}}},
        },
    }
    document = writing.document(PlanFile("P", "", (rule(RuleType.TRACK, "Paid", 1, schema),)))
    assert document["events"]["Paid"]["properties"] == {"total": {"type": "number"}}
    assert "schema" not in document["events"]["Paid"]


@pytest.mark.parametrize(
    ("text", "path", "said"),
    [
        ("name: [", "", "neither YAML nor JSON"),
        ("- a", "", "holds no plan"),
        ("events: {}", "name", "is missing"),
        ("name: P\nevent: {}", "event", "is unknown here"),
        ("name: P\nevents: {A: [1]}", "events.A", "is no mapping"),
        ("name: P\nevents: {1: {}}", "events.1", "is no name"),
        ("name: P\nevents: {A: {version: 0}}", "events.A.version", "is no version"),
        ("name: P\nevents: {A: {properties: [x]}}", "events.A.properties", "is no mapping"),
        ("name: P\nevents: {A: {traits: {}}}", "events.A.traits", "properties are"),
        ("name: P\nevents: {A: {properties: {yes: {}}}}", "events.A.properties.True", "no text"),
        ("name: P\nevents: {A: {properties: {a: {maximum: .inf}}}}",
         "events.A.properties.a.maximum", "no finite number"),
        ("name: P\nevents: {A: {}, A: {}}", "", "is there twice"),
        ("name: P\nevents: {A: {schema: {}, required: [a]}}", "events.A", "beside `schema`"),
        ("name: P\nevents: {A: {schema: 5}}", "events.A.schema", "no JSON Schema"),
        ("name: P\nevents: {A: {versions: {1: {}}, required: []}}", "events.A.versions", "alone"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_file_is_told_with_its_place(text: str, path: str, said: str) -> None:
    with pytest.raises(UnreadableError) as raised:
        reading.read(text)
    assert raised.value.problems[0].path == path
    assert said in raised.value.message
    assert raised.value.hint


def test_a_change_is_told_by_event_and_property() -> None:
    before = reading.read(FILE).rules
    after = reading.read(
        FILE.replace("required: [order_id]", "required: [order_id, currency]")
        .replace('"NO"', '"SEK"')
        .replace("      order_id: {type: string, description: The order's number.}\n", "")
        .replace("  Product Viewed:", "  Product Seen:")
    ).rules
    found = changes(before, after)
    told = [(each.at, each.effect, [(p.path, p.effect) for p in each.properties]) for each in found]
    assert ("events.Product Seen", "added") in [(at, effect) for at, effect, _ in told]
    assert ("events.Product Viewed.versions.2", "removed") in [(at, e) for at, e, _ in told]
    assert told[0] == (
        "events.Order Completed",
        "changed",
        [("properties.currency", "changed"), ("properties.order_id", "removed")],
    )
    currency = found[0].properties[0]
    assert currency.before == {"type": "string", "enum": ["CNY", "EUR", "NO"], "required": False}
    assert currency.after == {"type": "string", "enum": ["CNY", "EUR", "SEK"], "required": True}
