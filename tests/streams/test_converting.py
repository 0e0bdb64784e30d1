"""A message becomes events by a mapping, or as it is; what it lacks is said."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.errors import StreamError
from headwater.imports.mapping_file import parse_mapping
from headwater.imports.model import RowRejectedError, RowSkippedError
from headwater.streams import offsets
from headwater.streams.converting import Converter, Message
from headwater.streams.definition import read_definition

MAPPING = """
[columns]
"$timestamp" = { type = "time", unit = "milliseconds" }
[[events]]
event = "Order {state}"
userId = "{customer.id}"
timestamp = "{$timestamp}"
properties = { order_id = "{id}", key = "{$key}", at = "{$topic}/{$partition}/{$offset}" }
"""


def message(value: bytes | None, offset: int = 7) -> Message:
    return Message("orders", 3, offset, 1_700_000_000_000, b"k1", value)


def events(converter: Converter, given: Message) -> list[dict]:
    return [json.loads(event.body) for event in converter.convert(given)]


def test_a_message_in_segments_shape_is_taken_as_it_is_and_told_by_its_place():
    sent = {"userId": "u", "event": "Bought", "properties": {"price": 9.5, "键": None}}
    [event] = events(Converter(None, "abc"), message(json.dumps(sent).encode()))
    assert event == {**sent, "type": "track", "messageId": "abc-orders-3-7-0"}


def test_a_message_is_mapped_with_what_the_broker_knows_of_it():
    converter = Converter(parse_mapping(MAPPING, "m.toml"), "abc")
    value = json.dumps({"id": 5, "state": "paid", "customer": {"id": 9}}).encode()
    assert events(converter, message(value)) == [
        {
            "type": "track",
            "event": "Order paid",
            "userId": "9",
            "timestamp": "2023-11-14T22:13:20.000Z",
            "properties": {"order_id": 5, "key": "k1", "at": "orders/3/7"},
            "messageId": "abc-orders-3-7-0",
        }
    ]


@pytest.mark.parametrize("mapping", [None, MAPPING])
@pytest.mark.parametrize("value", [b"not json", b"[1]", b"\xff", b'{"nobody": 1}', b"1"])
def test_what_is_no_event_is_rejected_with_a_reason(mapping, value):
    converter = Converter(mapping and parse_mapping(mapping, "m.toml"), "abc")
    with pytest.raises(RowRejectedError, match=r"."):
        list(converter.convert(message(value)))


def test_an_empty_message_is_skipped():
    with pytest.raises(RowSkippedError):
        list(Converter(None, "abc").convert(message(None)))


@given(st.binary(max_size=60))
def test_no_message_brings_a_converter_down(value):
    for mapping in (None, parse_mapping(MAPPING, "m.toml")):
        try:
            list(Converter(mapping, "abc").convert(message(value)))
        except (RowRejectedError, RowSkippedError):
            pass


def test_a_long_topic_gives_a_message_id_that_is_not_too_long():
    given = message(b'{"userId": "u"}')._replace(topic="t" * 249, partition=10**6, offset=2**62)
    [event] = events(Converter(None, "a" * 32), given)
    assert len(event["messageId"]) <= 100


def test_a_stream_is_read_by_one_at_a_time(tmp_path):
    with offsets.claimed(tmp_path, "s"):
        with pytest.raises(StreamError, match="Another program"), offsets.claimed(tmp_path, "s"):
            pass
        with offsets.claimed(tmp_path, "another"):
            pass
    with offsets.claimed(tmp_path, "s"):
        pass


def test_offsets_are_kept_and_found_again_and_damage_is_told(tmp_path):
    assert offsets.load(tmp_path, "s") == {}
    offsets.keep(tmp_path, "s", {"orders/0": 5})
    assert offsets.load(tmp_path, "s") == {"orders/0": 5}
    (tmp_path / "streams" / "s.json").write_text("{")
    with pytest.raises(StreamError, match="damaged"):
        offsets.load(tmp_path, "s")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[kafka]\nservers = 'h:1'\ntopics = []\n", "topics"),
        ("[kafka]\nservers = ''\ntopics = ['a']\n", "servers"),
        ("[kafka]\nservers = 'h:1'\ntopics = ['a']\nwrong = 1\n", "wrong"),
        ("[kafka]\nservers = 'h:1'\ntopics = ['a']\n[[events]]\nonce = 'x'\n", "once"),
        ("[kafka]\nservers = 'h:1'\ntopics = ['a']\n[columns]\na = 'integer'\n", "no event"),
        ("not toml", "cannot be used"),
    ],
)
def test_a_stream_file_that_cannot_be_used_says_why(tmp_path, text, problem):
    (tmp_path / "s.toml").write_text(text)
    with pytest.raises(StreamError, match=problem):
        read_definition(tmp_path / "s.toml")
