"""Requests become events, whatever their bodies are."""

import gzip
import json

import msgspec
import pytest

from headwater.pipeline.event import Limits
from headwater.ports import Outcome, Record, Stored
from headwater.spec.collected import Shape


def test_a_single_event_becomes_one_row(through, track):
    assert through(track()).row["event"] == "Order Completed"


def test_a_batch_becomes_its_events_in_order(through, track):
    led = through({"batch": [track(messageId=str(n)) for n in range(700)]})
    assert [row["message_id"] for row in led.rows] == [str(n) for n in range(700)]


def test_a_bare_array_is_a_batch(through, track):
    assert len(through([track(), track(messageId="m2")]).rows) == 2


def test_a_gzipped_body_is_inflated(through, track):
    assert through({"batch": [track()]}, gzipped=True).row["message_id"] == "m1"


def test_the_batchs_context_lies_under_each_events_own_key_by_key(through, track):
    led = through(
        {
            "context": {"locale": "en", "app": {"name": "Shop"}},
            "batch": [track(context={"locale": "zh"}), track(messageId="m2")],
        }
    )
    assert [json.loads(row["context"]) for row in led.rows] == [
        {"locale": "zh", "app": {"name": "Shop"}},
        {"locale": "en", "app": {"name": "Shop"}},
    ]


def test_the_batchs_integrations_lie_under_each_events_own(through, track):
    led = through(
        {
            "integrations": {"All": True, "Mail": False},
            "batch": [track(integrations={"Mail": True})],
        }
    )
    assert json.loads(led.row["rest"]) == {"integrations": {"All": True, "Mail": True}}


def test_events_of_a_batch_do_not_share_its_context(through, track):
    led = through(
        {"context": {"direct": True}, "batch": [track(), track(messageId="m2", context=None)]},
        ip="203.0.113.5",
    )
    assert [json.loads(row["context"]) for row in led.rows] == [
        {"direct": True, "ip": "203.0.113.5"},
        {"direct": True, "ip": "203.0.113.5"},
    ]


def test_a_batchs_context_that_is_no_object_is_refused_for_its_events(through, track):
    led = through({"context": "web", "batch": [track(context={"a": 1})]})
    assert led.reasons == ["context_not_object"]


def test_unknown_members_of_the_envelope_are_kept_with_each_event(through, track):
    led = through({"batch": [track(x=1)], "x": 2, "eventsName": "web", "writeKey": "k"})
    assert json.loads(led.row["rest"]) == {"x": 1, "eventsName": "web"}


def test_the_envelope_never_names_an_event_or_its_id(through, track):
    led = through({"batch": [track()], "messageId": "m9", "type": "page", "userId": "u9"})
    assert (led.row["message_id"], led.row["type"], led.row["user_id"]) == ("m1", "track", "u1")


def test_members_that_the_path_fixed_win_over_the_bodys(through):
    led = through(
        {"event": "Other", "userId": "other", "properties": {"a": 1}},
        type="track",
        fixed={"userId": "u7", "event": "Signed Up"},
    )
    assert (led.row["user_id"], led.row["event"]) == ("u7", "Signed Up")


def test_the_path_fixes_members_of_good_events_beside_bad_ones(through, track):
    led = through({"batch": [5, track(), 6]}, fixed={"userId": "u7"})
    assert led.row["user_id"] == "u7"


def test_good_members_of_a_batch_pass_beside_bad_ones(through, track):
    led = through({"batch": [track(), 5, None, [], "x", track(messageId="m2")]})
    assert len(led.rows) == 2
    assert led.reasons == ["not_an_object"] * 4
    assert led.aside[0].raw == "5"


@pytest.mark.parametrize("body", [b'{"batch": []}', b'{"batch": null}', b"{}", b"[]"])
def test_an_empty_batch_is_kept_aside_once(through, body):
    assert through(body, shape=Shape.BATCH).reasons == ["empty_batch"]


def test_a_batch_that_is_no_array_is_malformed(through):
    led = through(b'{"batch": {"a": 1}}', shape=Shape.BATCH)
    assert led.reasons == ["malformed_json"]
    assert led.aside[0].raw == '{"batch": {"a": 1}}'


def test_a_number_out_of_range_keeps_its_member_aside_alone(through):
    body = b'{"batch": [{"type":"track","event":"e","userId":"u"}, {"n": 1e999}]}'
    led = through(body, shape=Shape.BATCH, count=2)
    assert len(led.rows) == 1
    assert led.reasons == ["malformed_json"]
    assert led.aside[0].raw == '{"n": 1e999}'


def test_half_a_surrogate_pair_becomes_the_replacement_character(through):
    body = rb'{"type":"track","event":"\ud83d\ude00 \ud83d \\ud83d","userId":"u"}'
    assert through(body).row["event"] == "😀 \ufffd \\ud83d"


def test_half_a_surrogate_pair_in_one_member_spares_the_others(through):
    body = rb'{"batch":[{"type":"track","event":"\udc00","userId":"u"},{"type":"page"}]}'
    led = through(body, shape=Shape.BATCH, count=2)
    assert led.row["event"] == "\ufffd"
    assert led.reasons == ["no_user_anon_id"]


def test_bytes_that_are_not_utf8_become_the_replacement_character(through):
    body = b'{"batch":[{"type":"track","event":"a\xff","userId":"u"}]}'
    assert through(body, shape=Shape.BATCH).row["event"] == "a\ufffd"


def test_a_byte_order_mark_is_taken_off(through, track):
    assert through(b"\xef\xbb\xbf" + msgspec.json.encode(track())).row["message_id"] == "m1"


def test_a_member_over_the_size_limit_is_kept_aside_with_its_text(through, track):
    big = track(properties={"x": "y" * 1000})
    led = through({"batch": [big, track()]}, limits=Limits(max_event_bytes=500))
    assert len(led.rows) == 1
    assert led.reasons == ["event_too_large"]
    assert json.loads(led.aside[0].raw) == big


def test_a_member_of_exactly_the_size_limit_passes(through, track):
    size = len(msgspec.json.encode(track()))
    assert through([track()], limits=Limits(max_event_bytes=size)).rows
    assert through([track()], limits=Limits(max_event_bytes=size - 1)).aside


def test_members_beyond_the_batch_limit_are_kept_aside(through, track):
    batch = [track(messageId=str(n)) for n in range(5)]
    led = through(batch, limits=Limits(max_batch_events=3))
    assert [row["message_id"] for row in led.rows] == ["0", "1", "2"]
    assert led.reasons == ["batch_too_large"] * 2


@pytest.mark.parametrize("padding", [0, 5000], ids=["small body", "large body"])
def test_nesting_is_admitted_up_to_its_limit(through, track, padding):
    def nested(depth: int) -> dict[str, object]:
        value: object = {"p": "x" * padding}
        for _ in range(depth - 3):  # the event, its properties and the innermost are levels too
            value = [value]
        return track(properties={"v": value})

    limits = Limits(max_nesting=20)
    assert through([nested(20)], limits=limits).rows
    assert through([nested(21)], limits=limits).reasons == ["too_deeply_nested"]


def test_nesting_beyond_what_can_be_read_is_kept_aside(through):
    body = b'{"a":' * 100_000 + b"1" + b"}" * 100_000
    led = through(body, limits=Limits(max_event_bytes=10_000_000))
    assert led.reasons == ["too_deeply_nested"]


def test_a_batch_nested_beyond_what_can_be_read_is_kept_aside_whole(through):
    body = b'{"batch":[' + b"[" * 100_000 + b"]" * 100_000 + b"]}"
    assert through(body, shape=Shape.BATCH).reasons == ["too_deeply_nested"]


@pytest.mark.parametrize(
    ("body", "gzipped"),
    [(b"{", False), (b"", False), (b"\x00\xff", False), (gzip.compress(b"{}", mtime=0)[:-6], True)],
)
def test_a_body_that_cannot_be_decoded_counts_as_many_as_were_counted(through, body, gzipped):
    led = through(body, shape=Shape.BATCH, gzipped=gzipped, count=3)
    assert led.reasons == ["malformed_json"] * 3
    assert [tally.count for tally in led.tallies] == [3]
    assert led.aside[1].raw == ""


def test_a_record_whose_note_is_unreadable_is_kept_aside(led):
    poison = Stored("0", 1, Record("s1", 5, 2, b"{}", b"\x00"))
    assert led([poison]).reasons == ["malformed_json"] * 2


def test_events_that_were_counted_and_are_not_there_are_accounted_for(through, track):
    led = through([track()], count=3)
    assert len(led.rows) == 1
    assert led.reasons == ["malformed_json"] * 2
    assert "counted as 3 events and holds 1" in led.aside[0].detail


def test_a_request_with_more_events_than_counted_is_kept_aside_whole(through, track):
    led = through([track(), track(messageId="m2")], count=1)
    assert led.reasons == ["malformed_json"]
    assert len(json.loads(led.aside[0].raw)) == 2
    assert {tally.outcome for tally in led.tallies} == {Outcome.QUARANTINED}
