"""Whatever schema is set and whatever event comes, plans answer, and soon."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.errors import InvalidError
from headwater.pipeline.event import Event, Receipt
from headwater.plans.checking import MOST_SUBSCHEMAS, check_schema
from headwater.plans.compiling import check_of, compile_plan
from headwater.plans.model import DEEPEST_SCHEMA, PublishedPlan, PublishedRule, RuleType
from headwater.plans.stages import PlanStage
from headwater.plans.violating import MOST_PER_EVENT, faults
from headwater.workspaces.model import Source, SourceType
from headwater.workspaces.source_settings import DEFAULT

RECEIPT = Receipt("s1", 0, 0, "0", 1)
SOURCE = Source("s1", "w1", "Shop", "shop", SourceType.SERVER, (), True, 0)

NUMBERS = st.one_of(
    st.integers(),
    st.sampled_from([0, -1, 2**63, 2**64, -(2**70), 10**400, 1e308, 5e-324, -0.0, 0.1]),
    st.floats(allow_nan=False, allow_infinity=False),
)
NAMES = st.sampled_from(["a", "b", "", "a/b", "~", "$ref", "\0", "名"])
SCALARS = st.one_of(st.none(), st.booleans(), NUMBERS, st.text(max_size=8))
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(NAMES, inner, max_size=4)),
    max_leaves=12,
)
TYPES = st.sampled_from(
    ["string", "number", "integer", "boolean", "object", "array", "null", "any", ""]
)
PATTERNS = st.one_of(
    st.sampled_from(["^a", "(a+)+$", "(?=a)", r"\d{2,}", "[", "(a|a)*b", r"(.)\1", "^.*.*.*=.*$"]),
    st.text(max_size=6),
)
FORMATS = st.sampled_from(
    ["date-time", "email", "uri", "ipv4", "ipv6", "regex", "uuid", "json-pointer", "idn-email", "x"]
)
REFERENCES = st.sampled_from(
    [
        "#",
        "#/definitions/a",
        "#/definitions/b",
        "#/properties/a",
        "#a",
        "http://a.example/",
        "a",
        "",
    ]
)


def objects(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Schemas by their keywords, of what those may have and now and then of anything else."""
    many, by_name = st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=3)
    counts = st.one_of(st.integers(0, 4), NUMBERS)
    keywords = {
        "type": st.one_of(TYPES, st.lists(TYPES, max_size=3)),
        "enum": st.lists(VALUES, max_size=4),
        "const": VALUES,
        **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "multipleOf"), NUMBERS),
        **dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems"), counts),
        **dict.fromkeys(("minProperties", "maxProperties"), counts),
        "pattern": PATTERNS,
        "format": FORMATS,
        "uniqueItems": st.booleans(),
        "items": st.one_of(inner, many),
        **dict.fromkeys(("contains", "additionalItems", "additionalProperties"), inner),
        **dict.fromkeys(("propertyNames", "not", "if", "then", "else"), inner),
        **dict.fromkeys(("allOf", "anyOf", "oneOf"), many),
        **dict.fromkeys(("properties", "definitions"), by_name),
        "patternProperties": st.dictionaries(PATTERNS, inner, max_size=2),
        "dependencies": st.dictionaries(NAMES, st.one_of(inner, st.lists(NAMES)), max_size=2),
        "required": st.lists(NAMES, max_size=3),
        "$ref": REFERENCES,
        "$id": REFERENCES,
    }
    sound = st.fixed_dictionaries({}, optional=keywords)
    return st.one_of(
        sound, sound, st.dictionaries(st.sampled_from([*keywords]), VALUES, max_size=3)
    )


SCHEMAS = st.recursive(st.booleans(), objects, max_leaves=6).filter(lambda x: type(x) is dict)


def event(properties: dict[str, Any], kind: str = "track") -> Event:
    name = "Sold" if kind == "track" else None
    return Event({}, RECEIPT, 0, b"{}", "m1", kind, name, user_id="u1", properties=properties)


def planned(schema: Any, kind: RuleType = RuleType.TRACK) -> PublishedRule:
    key = "Sold" if kind is RuleType.TRACK else ""
    return PublishedRule(kind, key, 1, msgspec.Raw(msgspec.json.encode(schema)))


@given(SCHEMAS, st.dictionaries(NAMES, VALUES, max_size=4))
@settings(max_examples=300)
def test_any_schema_is_refused_or_answers_any_event(schema, properties):
    whole = {"type": "object", "properties": {"properties": schema}}
    try:
        check_schema(whole)
    except InvalidError:
        return
    plan = PublishedPlan("p1", "Plan", (planned(whole), planned(schema, RuleType.COMMON)))
    compile_plan(plan)
    check = check_of(plan.rules[0])
    sold = event(properties)
    # An event that is as its rule says has no fault, and any other has one.
    assert check.is_met(sold) is not any(True for _ in faults(check, sold))


@given(SCHEMAS, st.lists(st.dictionaries(NAMES, VALUES, max_size=4), max_size=3))
@settings(max_examples=150)
def test_a_plans_stage_decides_on_whatever_comes(schema, all_properties):
    try:
        check_schema(schema)
    except InvalidError:
        return
    stage = PlanStage(
        compile_plan(
            PublishedPlan("p1", "Plan", (planned(schema), planned(schema, RuleType.COMMON)))
        ),
        DEFAULT,
        SOURCE,
    )
    verdicts = stage.run([event(properties) for properties in all_properties])
    assert [verdict for verdict in verdicts if verdict is not None] == []


@contextmanager
def soon(seconds: float = 1.0) -> Iterator[None]:
    """What is done within takes no longer, of the processor's time."""
    start = time.process_time()
    yield
    assert time.process_time() - start < seconds


def checked(schema: dict[str, Any]) -> dict[str, Any]:
    with soon():
        check_schema(schema)
    return schema


def refused(schema: dict[str, Any]) -> InvalidError:
    with soon(), pytest.raises(InvalidError) as caught:
        check_schema(schema)
    return caught.value


def answered(schema: dict[str, Any], value: Any) -> int:
    """How many faults a value has, which is told soon."""
    whole = checked({"properties": {"properties": {"properties": {"v": schema}}}})
    check = check_of(planned(whole))
    with soon():
        return len(list(faults(check, event({"v": value}))))


@pytest.mark.parametrize(
    "pattern",
    ["(a+)+$", "(a|a)*$", "(a|aa)+$", "^(.*,)*x$", "^(([a-z])+.)+[A-Z]([a-z])+$", "(.*)*$!"],
)
def test_a_pattern_that_tries_every_way_elsewhere_takes_linear_time(pattern):
    assert answered({"pattern": pattern}, "a" * 32_000 + "!") <= 1
    assert answered({"patternProperties": {pattern: False}}, {"a" * 32_000 + "!": 1}) <= 1


@pytest.mark.parametrize(
    "pattern", ["(?=a)b", r"(a)\1", "(a{1000}){1000}", "((a{99}){99}){99}", "["]
)
def test_a_pattern_that_cannot_be_bounded_is_refused(pattern):
    error = refused({"properties": {"v": {"pattern": pattern}}})
    assert error.field == "jsonSchema.properties.v.pattern"
    refused({"patternProperties": {pattern: True}})


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#"},
        {"properties": {"next": {"$ref": "#"}}},
        {
            "definitions": {"a": {"$ref": "#/definitions/b"}, "b": {"$ref": "#/definitions/a"}},
            "$ref": "#/definitions/a",
        },
        {
            "definitions": {"tree": {"items": {"$ref": "#/definitions/tree"}}},
            "properties": {"t": {"$ref": "#/definitions/tree"}},
        },
    ],
)
def test_a_reference_that_leads_back_to_itself_is_refused(schema):
    assert "leads back" in refused(schema).message


def test_references_that_double_at_each_step_are_refused():
    steps = 40
    definitions: dict[str, Any] = {"d0": {"type": "string"}}
    for step in range(1, steps):
        one = {"$ref": f"#/definitions/d{step - 1}"}
        definitions[f"d{step}"] = {"properties": {"l": one, "r": one}}
    schema = {"definitions": definitions, "$ref": f"#/definitions/d{steps - 1}"}
    assert f"{MOST_SUBSCHEMAS:,}" in refused(schema).message


def test_a_long_chain_of_references_is_followed():
    definitions: dict[str, Any] = {"d0": {"type": "string"}}
    for step in range(1, 100):
        definitions[f"d{step}"] = {"$ref": f"#/definitions/d{step - 1}"}
    schema = {"definitions": definitions, "properties": {"v": {"$ref": "#/definitions/d99"}}}
    check = check_of(
        planned(checked({"properties": {"properties": schema}, "definitions": definitions}))
    )
    assert not check.is_met(event({"v": 5}))
    assert check.is_met(event({"v": "x"}))


def test_a_schema_that_is_nested_too_deeply_is_refused():
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(DEEPEST_SCHEMA):
        schema = {"properties": {"n": schema}}
    refused(schema)
    for _ in range(5_000):
        schema = {"not": schema}
    refused(schema)


def test_thousands_of_allowed_values_are_looked_up():
    values = [f"value-{n}" for n in range(9_000)]
    assert answered({"enum": values}, "value-8999") == 0
    assert answered({"enum": values}, "value-9000") == 1
    assert answered({"enum": [{"n": n} for n in range(5_000)]}, {"n": -1}) == 1


def test_large_lists_are_told_apart_and_counted_soon():
    assert answered({"uniqueItems": True}, list(range(8_000))) == 0
    assert answered({"uniqueItems": True}, [{"n": n} for n in range(3_000)]) == 0
    assert answered({"uniqueItems": True}, [[n] for n in range(3_000)] * 2) == 1
    assert answered({"contains": {"const": "x"}}, list(range(8_000))) == 1
    assert answered({"items": {"type": "string"}}, list(range(8_000))) == 8_000


def test_no_more_faults_of_an_event_are_told_than_people_read():
    schema = checked({"properties": {"properties": {"additionalProperties": {"type": "string"}}}})
    stage = PlanStage(
        compile_plan(PublishedPlan("p1", "Plan", (planned(schema),))), DEFAULT, SOURCE
    )
    with soon():
        assert stage.run([event({f"p{n}": n for n in range(3_000)})]) == [None]
    told = stage.beside.violations
    assert 0 < len(told) <= MOST_PER_EVENT


@pytest.mark.parametrize(
    "format", ["email", "idn-email", "uri", "hostname", "date-time", "regex", "ipv6"]
)
def test_formats_of_long_texts_are_told_soon(format):  # noqa: A002
    for text in ("a" * 32_000, "a@" * 16_000, "a." * 16_000, "(" * 32_000, "::" * 16_000):
        assert answered({"format": format}, text) <= 1


@pytest.mark.parametrize("number", [10**400, -(10**400), 2**64, 1e308, 5e-324, -0.0])
def test_numbers_beyond_the_usual_are_answered(number):
    for keyword in ("minimum", "maximum", "multipleOf", "const", "exclusiveMinimum"):
        value: Any = 3 if keyword != "multipleOf" else 0.1
        assert answered({keyword: value}, number) <= 1
    assert answered({"type": "string"}, number) == 1
