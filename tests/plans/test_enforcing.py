"""Every schema setting against every kind of violation, through the whole pipeline."""

import json
from collections.abc import Mapping
from typing import Any

import msgspec
import pytest

from headwater.plans.model import Rule, RuleType
from headwater.ports import Outcome, Stream
from headwater.spec import collected
from headwater.spec.violations import Remedy, ViolationType
from tests.pipeline.conftest import Through, lead, stored
from tests.plans.conftest import (
    COMMON,
    ORDER,
    RULES,
    identify,
    led,
    programs,
    track,
    violations_of,
)

BAD: dict[ViolationType, dict[str, Any]] = {
    ViolationType.UNPLANNED_EVENT: track(event="order completed"),
    ViolationType.UNPLANNED_PROPERTY: track({"total": 1, "coupon": "X"}),
    ViolationType.MISSING_REQUIRED: track({"currency": "EUR"}),
    ViolationType.WRONG_TYPE: track({"total": "much"}),
    ViolationType.FAILED_RULE: track({"total": 1, "currency": "USD"}),
    ViolationType.UNPLANNED_TRAIT: identify({"email": "a@b.co", "shoe": 43}),
}
SAID: dict[ViolationType, tuple[str, str, str]] = {
    ViolationType.UNPLANNED_EVENT: (
        "event",
        "The tracking plan has no event 'order completed'",
        '"order completed"',
    ),
    ViolationType.UNPLANNED_PROPERTY: (
        "properties.coupon",
        "properties.coupon is not in the tracking plan",
        '"X"',
    ),
    ViolationType.MISSING_REQUIRED: ("properties.total", "properties.total is required", ""),
    ViolationType.WRONG_TYPE: (
        "properties.total",
        "properties.total must be number, and is string",
        '"much"',
    ),
    ViolationType.FAILED_RULE: (
        "properties.currency",
        'properties.currency: "USD" is not one of "EUR" or "CNY"',
        '"USD"',
    ),
    ViolationType.UNPLANNED_TRAIT: (
        "traits.shoe",
        "traits.shoe is not in the tracking plan",
        "43",
    ),
}


def fate(through: Through) -> tuple[str, str]:
    """The outcome and reason of the one event."""
    [tally] = [t for t in through.tallies if t.outcome is not Outcome.TOUCHED]
    return tally.outcome.value, tally.reason


def read(through: Through) -> dict[str, Any]:
    """The properties or traits that passed."""
    found: dict[str, Any] = json.loads(through.row["properties"])
    return found


def protocols(through: Through) -> Any:
    return json.loads(through.row["context"]).get("protocols")


def settings(**track: Any) -> Mapping[str, Any]:
    return {"track": track}


@pytest.mark.parametrize("kind", ViolationType)
def test_by_default_every_violation_is_told_and_let_through(kind: ViolationType) -> None:
    through = led(BAD[kind])
    assert fate(through) == ("passed", "")
    assert read(through) == BAD[kind].get("properties", BAD[kind].get("traits"))
    assert protocols(through) is None
    [found] = violations_of(through)
    assert (found.type, found.remedy, found.count) == (kind, Remedy.ALLOWED, 1)
    assert (found.field, found.description, found.value) == SAID[kind]
    assert (found.plan_id, found.message_id, found.received_at) == (
        "tp_1",
        "m1",
        1_700_000_000_000_000,
    )
    assert found.event_type == BAD[kind]["type"]
    assert found.event == BAD[kind].get("event", "")


SETTINGS: dict[str, Mapping[str, Any]] = {
    "events": settings(allowUnplannedEvents=False),
    "properties": settings(allowUnplannedEventProperties=False),
    "blocking": settings(allowEventOnViolations=False),
    "omitting": settings(allowPropertiesOnViolations=False),
    "traits": {"identify": {"allowUnplannedTraits": False}},
}
EXPECTED: dict[tuple[str, ViolationType], Remedy] = {
    ("events", ViolationType.UNPLANNED_EVENT): Remedy.BLOCKED,
    ("properties", ViolationType.UNPLANNED_PROPERTY): Remedy.OMITTED,
    ("blocking", ViolationType.MISSING_REQUIRED): Remedy.BLOCKED,
    ("blocking", ViolationType.WRONG_TYPE): Remedy.BLOCKED,
    ("blocking", ViolationType.FAILED_RULE): Remedy.BLOCKED,
    ("omitting", ViolationType.WRONG_TYPE): Remedy.OMITTED,
    ("omitting", ViolationType.FAILED_RULE): Remedy.OMITTED,
    ("traits", ViolationType.UNPLANNED_TRAIT): Remedy.OMITTED,
}
"""All else is allowed."""


@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.parametrize("kind", ViolationType)
def test_each_setting_acts_on_its_own_violations_alone(name: str, kind: ViolationType) -> None:
    through = led(BAD[kind], **SETTINGS[name])
    expected = EXPECTED.get((name, kind), Remedy.ALLOWED)
    [found] = violations_of(through)
    assert (found.type, found.remedy) == (kind, expected)
    if expected is Remedy.BLOCKED:
        unplanned = kind is ViolationType.UNPLANNED_EVENT
        assert fate(through) == (
            "quarantined",
            "unplanned_event" if unplanned else "schema_violation",
        )
        if not unplanned:
            assert f"`{SAID[kind][0]}`" in through.aside[0].detail
        return
    assert fate(through) == ("passed", "")
    name_of_field = SAID[kind][0].partition(".")[2]
    if expected is Remedy.OMITTED:
        assert name_of_field not in read(through)
        unplanned = kind in (ViolationType.UNPLANNED_PROPERTY, ViolationType.UNPLANNED_TRAIT)
        under = "omitted" if unplanned else "omitted_on_violation"
        assert protocols(through) == {under: [name_of_field]}
    else:
        assert read(through) == BAD[kind].get("properties", BAD[kind].get("traits"))


@pytest.mark.parametrize("call", ["identify", "group"])
def test_traits_that_violate_are_left_out(call: str) -> None:
    sent = identify({"email": "nobody", "age": "old"}, type=call, groupId="g")
    through = led(sent, **{call: {"allowTraitsOnViolations": False}})
    assert read(through) == {}
    assert protocols(through) == {"omitted_on_violation": ["age", "email"]}
    kinds = {each.field: each.type for each in violations_of(through)}
    assert kinds == {
        "traits.age": ViolationType.WRONG_TYPE,
        "traits.email": ViolationType.FAILED_RULE,
    }


ALL = (*RULES, Rule(RuleType.COMMON, "", 1, COMMON))


@pytest.mark.parametrize("call", ["track", "identify", "group"])
@pytest.mark.parametrize("wanted", ["ALLOW", "BLOCK", "OMIT"])
def test_the_common_schema_has_a_setting_of_its_own(call: str, wanted: str) -> None:
    what = {"OMIT": "OMIT_PROPERTIES" if call == "track" else "OMIT_TRAITS"}.get(wanted, wanted)
    field = "properties" if call == "track" else "traits"
    sent = track({"total": 1, "shop": 7}) if call == "track" else identify({"shop": 7}, type=call)
    sent |= {"groupId": "g", "context": {"app": {}}}
    loose = [Rule(RuleType.COMMON, "", 1, COMMON)]
    if call == "track":
        loose.append(Rule(RuleType.TRACK, "Order Completed", 1, None))
    through = led(sent, *loose, **{call: {"commonEventOnViolations": what}})
    [found] = violations_of(through)
    assert (found.type, found.field) == (ViolationType.WRONG_TYPE, f"{field}.shop")
    if wanted == "BLOCK":
        assert fate(through) == ("quarantined", "schema_violation")
    elif wanted == "OMIT":
        assert "shop" not in read(through)
        assert protocols(through) == {"omitted_on_violation": ["shop"]}
    else:
        assert read(through)["shop"] == 7


def test_standard_controls_come_first_and_then_the_common_schema() -> None:
    sent = track({"total": 1, "shop": 7}, context={"app": {}})
    through = led(
        sent,
        *ALL,
        track={"allowUnplannedEventProperties": False, "commonEventOnViolations": "BLOCK"},
    )
    assert fate(through) == ("passed", "")  # what is wrong was left out before
    assert [each.type for each in violations_of(through)] == [ViolationType.UNPLANNED_PROPERTY]


def test_pages_are_held_to_their_rule_and_never_blocked() -> None:
    page = Rule(
        RuleType.PAGE,
        "",
        1,
        {"properties": {"properties": {"type": "object", "required": ["path"]}}},
    )
    sent = {"type": "page", "userId": "u", "messageId": "m1", "name": "Home"}
    through = led(sent, page, track={"allowEventOnViolations": False})
    [found] = violations_of(through)
    assert (found.event, found.field) == ("Home", "properties.path")
    assert fate(through) == ("passed", "")


def test_an_event_without_violation_is_byte_identical_and_costs_no_row() -> None:
    sent = track({"total": 1.0, "products": [{"id": "a"}], "currency": "EUR"}, context={"ip": "1"})
    without, under = lead([stored([sent])]), led(sent)
    assert under.entry.records == without.entry.records
    assert under.tallies == without.tallies
    assert Stream.VIOLATIONS not in under.entry.records


def test_the_version_that_an_event_names_is_taken_or_else_the_oldest() -> None:
    newer = {"properties": {"properties": {"type": "object", "properties": {"sum": {}}}}}
    rules = (
        Rule(RuleType.TRACK, "Order Completed", 3, newer),
        Rule(RuleType.TRACK, "Order Completed", 2, ORDER),
    )
    for named, version in ((None, 2), (3, 3), (3.0, 3), (9, 2), ("3", 2), (True, 2)):
        context = {} if named is None else {"protocols": {"event_version": named}}
        [found] = violations_of(led(track({"total": 1, "sum": 2}, context=context), *rules))
        assert found.event_version == version
        assert found.field == ("properties.total" if version == 3 else "properties.sum")


def test_fields_are_left_out_at_any_depth_and_nothing_else_moves() -> None:
    sent = track(
        {
            "total": 1,
            "products": [
                {"id": "a", "price": "dear", "colour": "red"},
                {"id": "b", "price": 2},
                {"id": 3},
            ],
        }
    )
    through = led(
        sent,
        track={"allowUnplannedEventProperties": False, "allowPropertiesOnViolations": False},
    )
    assert read(through)["products"] == [{"id": "a"}, {"id": "b", "price": 2}, {}]
    assert protocols(through) == {
        "omitted": ["products.0.colour"],
        "omitted_on_violation": ["products.0.price", "products.2.id"],
    }


def test_what_a_schema_says_of_further_members_is_kept_to() -> None:
    def of(schema: dict[str, Any]) -> list[tuple[str, str]]:
        rule = Rule(RuleType.TRACK, "Order Completed", 1, {"properties": {"properties": schema}})
        found = violations_of(led(track({"a": 1, "b": {"c": 1}}), rule))
        return [(each.type.value, each.field) for each in found]

    unplanned = "unplanned_property"
    assert of({"properties": {"a": {}}}) == [(unplanned, "properties.b")]
    assert of({"properties": {"a": {}}, "additionalProperties": True}) == []
    assert of({"type": "object"}) == []
    assert of({"properties": {}}) == [(unplanned, "properties.a"), (unplanned, "properties.b")]
    assert of({"properties": {"a": {}}, "patternProperties": {"^b": {}}}) == []
    assert of({"properties": {"a": {}}, "anyOf": [{"properties": {"b": {}}}]}) == []
    assert of({"properties": {"a": {}, "b": {"properties": {"d": {}}}}}) == [
        (unplanned, "properties.b.c")
    ]
    assert of({"properties": {"a": {}, "b": {"type": "object"}}}) == []


def test_members_that_the_plan_forbids_are_refused_as_rules_are() -> None:
    schema = {"properties": {"properties": {"properties": {}, "additionalProperties": False}}}
    rule = Rule(RuleType.TRACK, "Order Completed", 1, schema)
    through = led(track(), rule, track={"allowEventOnViolations": False})
    assert fate(through) == ("quarantined", "schema_violation")


def test_an_event_has_twenty_violations_at_most_and_the_rest_are_counted() -> None:
    through = led(track({"total": 1} | {f"p{n}": n for n in range(50)}))
    found = violations_of(through)
    assert len(found) == 20
    assert sum(each.count for each in found) == 50
    assert found[-1].description == "And 31 more violations of this event"


def test_a_long_value_is_cut_short() -> None:
    [found] = violations_of(led(track({"total": "x" * 5_000})))
    assert len(found.value) == 100


def forwarded(through: Through) -> list[tuple[str, Any, collected.Request]]:
    return [
        (each.source_id, msgspec.json.decode(each.body), collected.DECODER.decode(each.meta))
        for each in through.entry.records.get(Stream.FORWARDED, ())
    ]


def test_a_blocked_event_goes_to_the_source_that_is_named() -> None:
    sent = track({"total": "much"})
    through = led(sent, track={"allowEventOnViolations": False}, forwardingBlockedEventsTo="s2")
    assert fate(through) == ("filtered", "forwarded:s2")
    [found] = violations_of(through)
    assert found.remedy is Remedy.FORWARDED
    [(target, body, request)] = forwarded(through)
    assert (target, request.forwarded) == ("s2", "s1")
    [event] = body["batch"]
    context = event.pop("context")
    assert event == sent
    assert context["protocols"]["sourceId"] == "s1"
    assert context["protocols"]["violations"] == [
        {
            "type": "wrong_type",
            "field": "properties.total",
            "description": "properties.total must be number, and is string",
        }
    ]


def test_violations_go_to_the_source_that_is_named() -> None:
    sent = track({}, context={"app": {"version": "1.2"}}, timestamp="2023-11-14T00:00:00Z")
    through = led(sent, forwardingViolationsTo="s3")
    assert fate(through) == ("passed", "")
    [(target, event, request)] = forwarded(through)
    [found] = violations_of(through)
    assert (target, request.forwarded) == ("s3", "s1")
    assert event == {
        "type": "track",
        "event": "Violation Generated",
        "userId": "schema-violations",
        "messageId": f"sch-{found.key}",
        "forwardedFromProject": "s1",
        "properties": {
            "appVersion": "1.2",
            "eventMessageID": "m1",
            "eventName": "Order Completed",
            "eventSentAt": "2023-11-14T00:00:00.000Z",
            "eventTimestamp": "2023-11-14T00:00:00.000Z",
            "eventType": "track",
            "sourceID": "s1",
            "sourceName": "Shop",
            "sourceSlug": "shop",
            "trackingPlanID": "tp_1",
            "trackingPlanName": "Shop",
            "violationDescription": "properties.total is required",
            "violationField": "properties.total",
            "violationType": "Required",
        },
    }


def test_what_was_forwarded_once_stays_where_it_is() -> None:
    made = programs(
        settings={
            "track": {"allowUnplannedEvents": False},
            "forwardingBlockedEventsTo": "s2",
            "forwardingViolationsTo": "s3",
        }
    )
    through = lead([stored([BAD[ViolationType.UNPLANNED_EVENT]], forwarded="s9")], programs=made)
    assert fate(through) == ("quarantined", "unplanned_event")
    assert forwarded(through) == []
    assert len(violations_of(through)) == 1


def test_a_plan_that_cannot_be_compiled_keeps_its_events_aside() -> None:
    through = led(track(), Rule(RuleType.TRACK, "Order Completed", 1, {"type": "objekt"}))
    assert through.reasons == ["stage_failed"]
