"""Members of events: read and written by paths, without touching what others share."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater import fql
from headwater.pipeline.event import Event, Receipt
from headwater.pipeline.members import GONE, View, changed, changer, keys_of, reader, writable
from tests.pipeline.test_batch import JSON

RECEIPT = Receipt("s1", 1_700_000_000_000_000, 0, "0", 1)


def event(kind: str = "track", **members: object) -> Event:
    made = Event({"extra": {"a": 1}}, RECEIPT, 0, b"", "m1", kind)
    for name, value in members.items():
        setattr(made, name, value)
    return made


@pytest.mark.parametrize(
    "path", ["", "a..b", ".a", "a.", "*", "a\\", "x" * 501, ".".join("a" * 21)]
)
def test_a_path_that_names_nothing_is_refused(path):
    with pytest.raises(ValueError, match=r"path|key|member"):
        keys_of(path)


@pytest.mark.parametrize("path", ["messageId", "timestamp", "type", "properties", "event.name"])
def test_what_tells_events_apart_cannot_be_written(path):
    with pytest.raises(ValueError, match=r"cannot|object|text"):
        writable(path)


def test_a_path_that_lacks_its_beginning_says_how_it_would_be_written():
    with pytest.raises(ValueError, match=r"price is no member of an event: .*properties\.price.x"):
        writable("price.x")
    assert writable("_metadata.own") == ("_metadata", "own")


def test_a_path_is_read_where_it_leads():
    one = event(properties={"a": {"b.c": 5}, "l": [{"p": None}, {"p": 2}]}, user_id="u")
    assert reader(r"properties.a.b\.c")(one) == 5
    assert reader("properties.l.1.p")(one) == 2
    assert reader("properties.l.*.p")(one) is None
    assert reader("properties.a.x.y")(one) is GONE
    assert reader("traits.a")(one) is GONE
    assert reader("userId")(one) == "u"
    assert reader("groupId")(one) is GONE
    assert reader("extra.a")(one) == 1
    assert reader("timestamp")(one) == "1970-01-01T00:00:00.000Z"


def test_traits_are_those_of_identify_and_group():
    one = event("identify", properties={"email": "a@b"})
    assert reader("traits.email")(one) == "a@b"
    assert reader("properties.email")(one) is GONE
    assert not changer("properties.email")(one, lambda _: "x")
    assert changer("traits.email")(one, lambda _: "x")
    assert one.properties == {"email": "x"}


@pytest.mark.parametrize(
    ("path", "after"),
    [
        ("properties.a", {"a": "X", "l": [1, {"b": 2}]}),
        ("properties.new.deep", {"a": 0, "l": [1, {"b": 2}], "new": {"deep": "X"}}),
        ("properties.l.1.b", {"a": 0, "l": [1, {"b": "X"}]}),
        ("properties.l.9.b", {"a": 0, "l": [1, {"b": 2}]}),
        ("properties.l.*.b", {"a": 0, "l": [1, {"b": "X"}]}),
        ("properties.a.b", {"a": 0, "l": [1, {"b": 2}]}),
        ("properties.*", {"a": "X", "l": "X"}),
    ],
)
def test_a_path_is_written_and_what_was_there_is_left_to_others(path, after):
    shared = {"a": 0, "l": [1, {"b": 2}]}
    one = event(properties=shared)
    did = changer(path)(one, lambda _: "X")
    assert one.properties == after
    assert did is (after != shared)
    assert shared == {"a": 0, "l": [1, {"b": 2}]}


def test_a_member_is_removed():
    one = event(properties={"a": 1, "l": [1, 2]}, user_id="u")
    assert changer("properties.a")(one, lambda _: GONE)
    assert changer("properties.l.*")(one, lambda item: GONE if item == 1 else item)
    assert changer("userId")(one, lambda _: GONE)
    assert not changer("properties.none")(one, lambda value: value)
    assert (one.properties, one.user_id) == ({"l": [2]}, None)


def test_ids_and_names_stay_texts():
    one = event(user_id="u")
    assert changer("userId")(one, lambda _: 5.0)
    assert one.user_id == "5"
    assert not changer("userId")(one, lambda _: {"a": 1})


@given(JSON, st.lists(st.sampled_from(["a", "*", "0", "type"]), max_size=4))
def test_a_change_to_the_same_changes_nothing_and_no_change_alters_the_original(value, keys):
    before = copy.deepcopy(value)
    assert changed(value, tuple(keys), lambda each: each) is value
    changed(value, tuple(keys), lambda _: "X")
    assert repr(value) == repr(before)


def test_fql_sees_an_event_in_segments_shape():
    one = event("identify", properties={"age": 40}, context={"ip": "::1"}, user_id="u")
    view = View(one)
    for source in ['type = "identify"', "traits.age > 30", 'context.ip = "::1"', "extra.a = 1"]:
        assert fql.compile(source)(view), source
    assert not fql.compile("properties.age > 30")(view)
    assert "userId" in view
    assert "groupId" not in view
    assert sorted(view) == [
        *("context", "extra", "messageId", "originalTimestamp", "receivedAt", "timestamp"),
        *("traits", "type", "userId"),
    ]
