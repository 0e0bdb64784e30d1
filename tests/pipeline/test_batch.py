"""Nothing is lost, nothing is altered, and the same requests always give the same entry."""

import json
from collections import Counter

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.errors import AccountError
from headwater.pipeline.batch import INFLATED_BYTES, process, require_balance
from headwater.pipeline.event import Limits
from headwater.ports import Outcome, Record, Stored, Stream, Tally
from headwater.spec import accepted
from headwater.spec.collected import Shape
from tests.pipeline.conftest import RECEIVED_AT, lead, source, stored

_NAMES = st.sampled_from(
    [
        *("type", "event", "name", "category", "properties", "traits", "context", "integrations"),
        *("userId", "anonymousId", "groupId", "previousId", "messageId", "writeKey", "batch"),
        *("timestamp", "originalTimestamp", "sentAt", "receivedAt", "direct", "ip", "userAgent"),
        *("键", "\u0000"),
    ]
)
_TEXTS = st.sampled_from(
    ["track", "identify", "page", "group", "alias", "u1", "", "2021-11-18T14:45:07Z", "😀\u0000"]
) | st.text(max_size=5)
_NUMBERS = st.integers() | st.integers(-(2**90), 2**90) | st.just(5.0)
_NUMBERS |= st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | _NUMBERS | _TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_NAMES | _TEXTS, inner, max_size=6),
    max_leaves=12,
)
EVENTS = st.dictionaries(_NAMES, JSON, max_size=10) | JSON


def encoded(value) -> bytes:
    return json.dumps(value, allow_nan=False, ensure_ascii=True).encode()


def counted(through) -> Counter[Outcome]:
    counts: Counter[Outcome] = Counter()
    for tally in through.tallies:
        counts[tally.outcome] += tally.count
    return counts


@given(st.lists(EVENTS, max_size=6), JSON, JSON, st.integers(0, 3))
def test_every_counted_event_of_any_batch_comes_out_once(members, context, sent_at, more):
    body = {"batch": members, "context": context, "sentAt": sent_at, "integrations": context}
    count = max(len(members), 1) + more
    through = lead([stored(body, count=count)], limits=Limits(max_batch_events=4, max_nesting=4))
    outcomes = counted(through)
    assert outcomes.total() == count
    assert outcomes[Outcome.PASSED] == len(through.rows)
    assert outcomes[Outcome.QUARANTINED] == len(through.aside)


@given(JSON, st.sampled_from(Shape), st.sampled_from(["", "track", "identify"]))
def test_any_json_value_at_all_is_accounted_for(value, shape, kind):
    body = encoded(value)
    through = lead([stored(body, shape=shape, type=kind, count=2, user_agent="x", ip="y")])
    assert sum(tally.count for tally in through.tallies) == 2


@given(st.binary(max_size=60), st.binary(max_size=40), st.sampled_from(Shape), st.booleans())
def test_any_bytes_at_all_are_accounted_for(body, meta, shape, gzipped):
    known = stored(body, shape=shape, gzipped=gzipped, count=3).record
    broken = Record("s1", RECEIVED_AT, 2, body, meta)
    through = lead([Stored("0", 1, known), Stored("0", 2, broken)])
    assert sum(tally.count for tally in through.tallies) == 5


@given(st.lists(EVENTS, max_size=5))
def test_the_same_requests_give_the_same_bytes(members):
    requests = [stored({"batch": members}), stored(members, position=2)]
    assert lead(requests).entry == lead(requests).entry


@given(st.dictionaries(st.text(), JSON, max_size=5))
@settings(max_examples=200)
def test_properties_context_and_other_members_come_out_unaltered(value):
    call = {"type": "track", "event": "e", "userId": "u", "other": value}
    row = lead([stored(encoded(call | {"properties": value, "context": value}))]).row
    for sent, kept in ((value, "properties"), (value, "context"), ({"other": value}, "rest")):
        assert repr(json.loads(row[kept])) == repr(sent)  # 5 is not 5.0, and keys have an order


@pytest.mark.parametrize(
    "literal",
    [
        "9007199254740993",
        "18446744073709551617",
        "-123456789012345678901234567890",
        "5.0",
        "0.1",
        "1e-7",
        '"😀"',
        r'"\u0000"',
        '{"b":1,"a":2}',
        "[null,true,[],{}]",
        '{"":""}',
    ],
)
def test_a_literal_comes_out_as_it_went_in(through, literal):
    body = f'{{"type":"track","event":"e","userId":"u","properties":{{"v":{literal}}}}}'
    assert through(body.encode()).row["properties"] == f'{{"v":{literal}}}'


def test_of_duplicate_keys_the_last_wins(through):
    body = b'{"type":"track","event":"e","userId":"u","properties":{"a":1,"a":2}}'
    assert through(body).row["properties"] == '{"a":2}'


def test_duplicates_are_counted_and_left_out(through, track):
    led = through([track(), track(event="Again"), track(messageId="m2")])
    assert [row["event"] for row in led.rows] == ["Order Completed", "Order Completed"]
    assert [(t.outcome, t.count) for t in led.tallies] == [
        (Outcome.PASSED, 2),
        (Outcome.DUPLICATE, 1),
    ]


def test_sources_and_hours_have_records_of_their_own(track):
    requests = [
        stored([track(messageId="1")]),
        stored([track(messageId="2")], position=2, received_at=RECEIVED_AT + 3_600_000_000),
        stored([track(messageId="3")], position=3),
    ]
    other = stored([track(messageId="1")], position=4)
    requests.append(Stored("0", 4, msgspec.structs.replace(other.record, source_id="s2")))
    records = lead(requests, {"s1": source(), "s2": source()}).entry.records[Stream.ACCEPTED]
    assert [(record.source_id, record.count) for record in records] == [
        ("s1", 2),
        ("s1", 1),
        ("s2", 1),
    ]
    first = accepted.decode(records[0].body)
    assert first.column("message_id").to_pylist() == ["1", "3"]
    assert first.schema == accepted.SCHEMA


def test_a_record_stands_in_the_hour_of_its_events(track):
    hour = 3_600_000_000
    requests = [stored([track()], received_at=10 * hour - 1), stored([5], received_at=10 * hour)]
    entry = lead(requests).entry
    assert [tally.hour for tally in entry.tallies] == [9, 10]
    assert entry.records[Stream.ACCEPTED][0].received_at == 10 * hour - 1
    assert entry.records[Stream.QUARANTINED][0].received_at == 10 * hour


def test_a_batch_stops_taking_requests_in_when_it_is_large(track):
    big = track(properties={"x": "y" * (INFLATED_BYTES // 2)})
    requests = [stored(big, gzipped=True, position=n) for n in (1, 2, 3, 4)]
    limits = Limits(max_event_bytes=INFLATED_BYTES)
    batch = process(requests, {"s1": source()}, limits, after={"0": 0, "other": 7})
    assert batch.positions == {"0": 2, "other": 7}
    assert batch.count == 2


def test_an_account_that_does_not_balance_is_an_error():
    read = Counter({("s1", 1): 2})
    require_balance(read, [Tally("s1", 1, Outcome.PASSED, "", 2)])
    for tallies in ([], [Tally("s1", 1, Outcome.PASSED, "", 1)]):
        with pytest.raises(AccountError, match="accounted for"):
            require_balance(read, tallies)


def test_events_must_not_move_to_another_hour():
    moved = [Tally("s1", 2, Outcome.PASSED, "", 2)]
    with pytest.raises(AccountError):
        require_balance(Counter({("s1", 1): 2}), moved)


@pytest.mark.shared
def test_segments_own_examples_pass_or_say_why(shared):
    lines = (shared / "data/segment_events/segment-docs-spec.jsonl").read_text("utf-8").splitlines()
    events = [json.loads(line)["event"] for line in lines]
    typed = [event for event in events if "type" in event]
    through = lead([stored(typed)])
    outcomes = counted(through)
    assert outcomes.total() == len(typed) == 36
    assert outcomes[Outcome.DUPLICATE] == 5  # some examples share their messageId
    named = {json.dumps(event.get("properties", event.get("traits", {}))) for event in typed}
    for row in through.rows:
        assert json.dumps(json.loads(row["properties"])) in named
    assert set(through.reasons) <= {"no_user_anon_id"}
    partial = [event for event in events if "type" not in event]
    posted = [
        stored(event | {"userId": "u1"}, type="track", position=n)
        for n, event in enumerate(partial, 1)
    ]
    assert [row["event"] for row in lead(posted).rows] == [event["event"] for event in partial]


@pytest.mark.shared
def test_the_batches_of_segments_go_library_pass_whole(shared):
    for path in sorted((shared / "data/segment_events/analytics-go").glob("*.json")):
        body = path.read_bytes()
        count = len(json.loads(body)["batch"])
        through = lead([stored(body, shape=Shape.BATCH, count=count)])
        outcomes = counted(through)  # a fixture repeats its messageId
        assert outcomes[Outcome.PASSED] + outcomes[Outcome.DUPLICATE] == count, path.name
