"""Each kind of change, through the whole pipeline, and what is promised of all of them."""

import hashlib
import hmac
import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.ports import Outcome
from headwater.transformations.kinds import KINDS
from headwater.transformations.model import Definition, Operation, Secrets
from tests.pipeline.conftest import Through, lead, stored
from tests.pipeline.test_batch import EVENTS, counted
from tests.transformations.conftest import identify, operated, programs, track, transformed


def properties(through: Through) -> Any:
    return json.loads(through.row["properties"])


def hashed(key: str, text: str) -> str:
    return hmac.digest(key.encode(), text.encode(), "sha256").hex()


CASES: list[tuple[str, dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    # kind, settings, properties before, properties after
    ("rename", {"from": "a", "to": "b.c"}, {"a": 1}, {"b": {"c": 1}}),
    ("rename", {"from": "properties.a", "to": "traits.b"}, {"a": 1}, {"a": 1}),
    ("copy", {"from": "a", "to": "b"}, {"a": [1]}, {"a": [1], "b": [1]}),
    ("copy", {"from": "userId", "to": "properties.who"}, {}, {"who": "u1"}),
    ("drop", {"paths": ["a", "b.c"]}, {"a": 1, "b": {"c": 2, "d": 3}}, {"b": {"d": 3}}),
    ("drop", {"paths": ["items.*.sku"]}, {"items": [{"sku": 1, "n": 2}]}, {"items": [{"n": 2}]}),
    ("allow", {"names": ["a"]}, {"a": 1, "b": 2}, {"a": 1}),
    ("set", {"paths": ["a"], "value": 5}, {"a": 1}, {"a": 5}),
    ("set", {"paths": ["a"], "value": 5}, {}, {}),
    ("set", {"paths": ["a"], "value": 5, "create": True}, {}, {"a": 5}),
    ("change_case", {"paths": ["a"], "to": "upper"}, {"a": "xy"}, {"a": "XY"}),
    ("change_case", {"paths": ["a"], "to": "snake"}, {"a": "Order ID-no"}, {"a": "order_id_no"}),
    ("change_case", {"paths": ["a"], "to": "camel"}, {"a": "order-id no"}, {"a": "orderIdNo"}),
    ("change_case", {"paths": ["a"], "to": "kebab"}, {"a": "orderId"}, {"a": "order-id"}),
    ("change_case", {"paths": ["a"], "to": "lower"}, {"a": 3}, {"a": 3}),
    ("cast", {"paths": ["a"], "to": "number"}, {"a": "1.5"}, {"a": 1.5}),
    ("cast", {"paths": ["a"], "to": "integer"}, {"a": "12"}, {"a": 12}),
    ("cast", {"paths": ["a"], "to": "integer"}, {"a": "x"}, {"a": "x"}),
    ("cast", {"paths": ["a"], "to": "number", "otherwise": "null"}, {"a": "x"}, {"a": None}),
    ("cast", {"paths": ["a"], "to": "number", "otherwise": "remove"}, {"a": "nan"}, {}),
    ("cast", {"paths": ["a"], "to": "string"}, {"a": 12}, {"a": "12"}),
    ("cast", {"paths": ["a"], "to": "string"}, {"a": {"b": 1}}, {"a": '{"b":1}'}),
    ("cast", {"paths": ["a"], "to": "boolean"}, {"a": "Yes"}, {"a": True}),
    ("mask", {"paths": ["a"], "last": 4}, {"a": "13812345678"}, {"a": "*******5678"}),
    ("mask", {"paths": ["a"], "first": 2, "last": 2}, {"a": "abc"}, {"a": "***"}),
    ("mask", {"paths": ["a"]}, {"a": 123}, {"a": "***"}),
    ("hash", {"paths": ["a"]}, {"a": "x"}, {"a": hashed("salt", "x")}),
    ("hash", {"paths": ["a"]}, {"a": None}, {"a": None}),
    ("split", {"path": "a", "separator": ","}, {"a": "1,2"}, {"a": ["1", "2"]}),
    (
        "split",
        {"path": "a", "separator": " ", "into": ["b", "c"]},
        {"a": "x y z"},
        {"a": "x y z", "b": "x", "c": "y z"},
    ),
    (
        "merge",
        {"paths": ["a", "b", "z"], "into": "c", "separator": "-", "keep": False},
        {"a": "x", "b": 1},
        {"c": "x-1"},
    ),
    ("parse", {"paths": ["a"], "format": "csv"}, {"a": 'x,"y,z"'}, {"a": ["x", "y,z"]}),
    ("parse", {"paths": ["a"], "format": "csv"}, {"a": "n,p\nx,1"}, {"a": [{"n": "x", "p": "1"}]}),
    (
        "parse",
        {"paths": ["a"], "format": "query"},
        {"a": "?x=1&x=2&y=%E9%94%AE"},
        {"a": {"x": ["1", "2"], "y": "键"}},
    ),
    (
        "parse",
        {"paths": ["a"], "format": "xml"},
        {"a": '<o id="1"><i>a</i><i>b</i></o>'},
        {"a": {"o": {"@id": "1", "i": ["a", "b"]}}},
    ),
    ("parse", {"paths": ["a"], "format": "xml"}, {"a": "<o>"}, {"a": "<o>"}),
    ("parse", {"paths": ["a"], "format": "json"}, {"a": '{"b": 1}'}, {"a": {"b": 1}}),
    (
        "parse",
        {"paths": ["a"], "format": "json"},
        {"a": "[" * 60 + "]" * 60},
        {"a": "[" * 60 + "]" * 60},
    ),
    ("write", {"paths": ["a"], "format": "csv"}, {"a": ["x", "y,z"]}, {"a": 'x,"y,z"'}),
    ("write", {"paths": ["a"], "format": "query"}, {"a": {"x": ["1", 2]}}, {"a": "x=1&x=2"}),
    (
        "write",
        {"paths": ["a"], "format": "xml"},
        {"a": {"o": {"@id": "1", "i": ["a", "b"]}}},
        {"a": '<o id="1"><i>a</i><i>b</i></o>'},
    ),
    ("write", {"paths": ["a"], "format": "json"}, {"a": {"b": 1}}, {"a": '{"b":1}'}),
]


@pytest.mark.parametrize(("kind", "given_", "before", "after"), CASES)
def test_an_operation_changes_what_it_names(
    kind: str, given_: dict[str, Any], before: dict[str, Any], after: dict[str, Any]
) -> None:
    through = operated(track(before), kind, **given_)
    assert through.reasons == []
    assert properties(through) == after
    touched = sum(t.count for t in through.tallies if t.outcome is Outcome.TOUCHED)
    assert touched == (before != after)


def test_every_kind_has_a_case_and_a_usable_example() -> None:
    assert {case[0] for case in CASES} == set(KINDS)
    for kind in KINDS.values():
        assert operated(track(), kind.name, **kind.example).reasons == []


def test_segments_members_change_an_event_in_their_order() -> None:
    through = transformed(
        track({"price": "5", "who": "A@B.c", "old": 1}),
        condition="properties.price = '5'",
        property_renames=[{"oldName": "price", "newName": "properties.amount"}],
        property_value_transformations=[{"propertyPaths": ["amount"], "propertyValue": "6"}],
        fql_defined_properties=[{"fql": "lowercase(properties.who)", "propertyName": "email"}],
        hash_properties={"algorithm": "SHA256", "paths": ["properties.email"]},
        allow_properties=["amount", "email"],
        new_event_name="Sold",
    )
    assert through.row["event"] == "Sold"
    assert properties(through) == {"amount": "6", "email": hashed("pepper", "a@b.c")}


def test_traits_are_meant_where_an_event_has_traits() -> None:
    through = transformed(
        identify({"mail": "x"}), property_renames=[{"oldName": "mail", "newName": "email"}]
    )
    assert properties(through) == {"email": "x"}


def test_without_a_key_the_hash_is_the_plain_one() -> None:
    made = programs(
        msgspec.convert({"hash_properties": {"algorithm": "MD5", "paths": ["a"]}}, type=Definition),
        secrets=Secrets(),
    )
    through = lead([stored([track({"a": "x"})])], programs=made)
    assert properties(through) == {"a": hashlib.md5(b"x", usedforsecurity=False).hexdigest()}


def test_a_transformation_can_drop_what_it_is_for() -> None:
    through = transformed(track({"n": 1}), condition="properties.n = 1", drop=True)
    assert through.rows == []
    assert (Outcome.FILTERED, "rule:t0", 1) in [
        (t.outcome, t.reason, t.count) for t in through.tallies
    ]


def test_with_sealed_secrets_events_are_kept_aside() -> None:
    made = programs(Definition(), secrets=None)
    assert lead([stored([track()])], programs=made).reasons == ["stage_failed"]


@pytest.mark.parametrize(
    "bomb",
    [
        '<!DOCTYPE a [<!ENTITY b "x"><!ENTITY c "&b;&b;">]><a>&c;</a>',
        '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
        "<a>" * 200 + "</a>" * 200,
    ],
)
def test_hostile_xml_stays_a_text(bomb: str) -> None:
    assert properties(operated(track({"a": bomb}), "parse", paths=["a"], format="xml"))["a"] == bomb


EXAMPLES = (
    [Definition(operations=(Operation(kind.name, dict(kind.example)),)) for kind in KINDS.values()]
    + [
        Definition(operations=(Operation(kind, {"paths": ["properties.*", "context.*"], **more}),))
        for kind, more in [
            ("drop", {}),
            ("hash", {}),
            ("mask", {"first": 1}),
            ("cast", {"to": "number"}),
            ("cast", {"to": "string"}),
            ("cast", {"to": "boolean"}),
            ("change_case", {"to": "snake"}),
            *(("write", {"format": name}) for name in ("csv", "xml", "query", "json")),
            *(("parse", {"format": name}) for name in ("csv", "xml", "query", "json")),
        ]
    ]
    + [Definition(drop=True), Definition(allow_properties=()), Definition(new_event_name="X")]
)


@given(st.lists(EVENTS, max_size=6), st.lists(st.sampled_from(EXAMPLES), max_size=6))
@settings(max_examples=150, deadline=None)
def test_whatever_is_sent_every_event_is_accounted_for(members, definitions):
    count = max(len(members), 1)
    requests = [stored({"batch": members}, count=count)]
    through = lead(requests, programs=programs(*definitions))
    outcomes = counted(through)
    outcomes.pop(Outcome.TOUCHED, 0)
    assert outcomes.total() == count
    assert "stage_failed" not in through.reasons


@given(st.lists(EVENTS, max_size=6), st.sampled_from(EXAMPLES))
@settings(max_examples=100, deadline=None)
def test_a_transformation_whose_condition_admits_nothing_changes_no_byte(members, one):
    idle = msgspec.structs.replace(one, condition="messageId = null")
    requests = [stored({"batch": members})]
    assert lead(requests, programs=programs(idle)).entry == lead(requests).entry
