"""Bodies: inflated within bounds and checked as far as the door must."""

import gzip
import json
import zlib
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.collect import body as bodies
from headwater.errors import BadRequestError
from headwater.settings import Settings

LIMIT = 100_000
SETTINGS = Settings()
EVENT = b'{"event":"x","userId":"u"}'


def raw_deflate(data: bytes) -> bytes:
    stream = zlib.compressobj(wbits=-15)
    return stream.compress(data) + stream.flush()


def code_of(body: bytes, encoding: bytes = b"") -> str:
    with pytest.raises(BadRequestError) as caught:
        bodies.opened(body, encoding, LIMIT)
    return caught.value.code


@pytest.mark.parametrize("encoding", [b"gzip", b"", b"identity", b"deflate", b"x-gzip", b"br"])
def test_gzip_is_known_by_its_first_bytes_whatever_the_header_says(encoding: bytes) -> None:
    sent = gzip.compress(EVENT, mtime=0)
    assert bodies.opened(sent, encoding, LIMIT) == bodies.Body(sent, EVENT, gzipped=True)


@pytest.mark.parametrize("compress", [zlib.compress, raw_deflate])
def test_deflate_is_inflated_in_both_its_forms_and_kept_plain(compress: object) -> None:
    sent = compress(EVENT)  # type: ignore[operator]
    assert bodies.opened(sent, b"deflate", LIMIT) == bodies.Body(EVENT, EVENT, gzipped=False)


@pytest.mark.parametrize("encoding", [b"gzip", b"deflate", b"br", b"zstd"])
def test_a_plain_body_is_taken_when_the_header_lies(encoding: bytes) -> None:
    assert bodies.opened(EVENT, encoding, LIMIT).plain == EVENT


def test_a_byte_order_mark_is_taken_off() -> None:
    marked = b"\xef\xbb\xbf" + EVENT
    assert bodies.opened(marked, b"", LIMIT).kept == EVENT
    assert bodies.opened(gzip.compress(marked, mtime=0), b"gzip", LIMIT) == bodies.Body(
        EVENT, EVENT, gzipped=False
    )


def test_gzip_in_several_members_is_kept_inflated() -> None:
    sent = gzip.compress(EVENT[:9], mtime=0) + gzip.compress(EVENT[9:])
    assert bodies.opened(sent, b"gzip", LIMIT) == bodies.Body(EVENT, EVENT, gzipped=False)


@pytest.mark.parametrize(
    ("body", "encoding", "code"),
    [
        (gzip.compress(EVENT, mtime=0)[:-9], b"gzip", "invalid_compression"),
        (gzip.compress(EVENT, mtime=0)[:12], b"", "invalid_compression"),
        (b"\x1f\x8bgarbage", b"", "invalid_compression"),
        (gzip.compress(b"", mtime=0) * 100, b"gzip", "invalid_compression"),
        (b"\x28\xb5\x2f\xfd", b"zstd", "unsupported_encoding"),
        (b"x" * (LIMIT + 1), b"", "request_too_large"),
        (gzip.compress(b" " * (LIMIT + 1), mtime=0), b"gzip", "request_too_large"),
        (zlib.compress(b" " * (LIMIT + 1)), b"deflate", "request_too_large"),
        (raw_deflate(b" " * (LIMIT + 1)), b"deflate", "request_too_large"),
        (gzip.compress(b" " * LIMIT, mtime=0) + gzip.compress(b" "), b"gzip", "request_too_large"),
    ],
)
def test_what_cannot_be_inflated_within_bounds_is_refused(
    body: bytes, encoding: bytes, code: str
) -> None:
    assert code_of(body, encoding) == code


def test_a_body_of_just_the_limit_is_taken() -> None:
    assert len(bodies.opened(gzip.compress(b" " * LIMIT, mtime=0), b"", LIMIT).plain) == LIMIT


@given(st.binary(max_size=400), st.sampled_from([b"", b"gzip", b"deflate", b"br"]))
def test_no_bytes_break_the_inflating(body: bytes, encoding: bytes) -> None:
    for sent in (body, b"\x1f\x8b\x08" + body, gzip.compress(EVENT, mtime=0)[:10] + body):
        with suppress(BadRequestError):
            assert len(bodies.opened(sent, encoding, 1000).plain) <= 1000


def event_code(body: bytes) -> str:
    with pytest.raises(BadRequestError) as caught:
        bodies.event_write_key(body, SETTINGS)
    return caught.value.code


def nested(depth: int) -> bytes:
    return b'{"a":' * depth + b"1" + b"}" * depth


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "malformed_json"),
        (b"{", "malformed_json"),
        (b'{"a":1}x', "malformed_json"),
        (b'{"a":NaN}', "malformed_json"),
        (b'{"a":1e999}', "malformed_json"),
        (b'{"a":-1e999}', "malformed_json"),
        (b'{"a":' + b"9" * 5000 + b"}", "malformed_json"),
        (b'{"a":"\x00"}', "malformed_json"),
        (b'{"a":"\xff"}', "invalid_utf8"),
        (b'{"a":"\xed\xa0\x80"}', "invalid_utf8"),
        (EVENT.decode().encode("utf-16"), "invalid_utf8"),
        (b"[]", "not_an_object"),
        (b"null", "not_an_object"),
        (b'"text"', "not_an_object"),
        (b"1", "not_an_object"),
        (nested(101), "too_deeply_nested"),
        (nested(2000), "too_deeply_nested"),
        (b'{"a":' + b"[" * 3000 + b"]" * 3000 + b"}", "too_deeply_nested"),
        (b'{"a":"' + b"x" * 32_768 + b'"}', "event_too_large"),
    ],
)
def test_a_single_event_with_any_fault_is_refused_by_its_name(body: bytes, code: str) -> None:
    assert event_code(body) == code


@pytest.mark.parametrize(
    "body",
    [
        EVENT,
        b' {"a":"\\u0000"} ',
        rb'{"a":"\ud800","b":"\udc00\ud800x","c":"\ud83d\ude00"}',
        rb'{"a":"\\ud800"}',
        b'{"a":123456789012345678901234567890}',
        nested(100),
        b'{"a":[' + b"{}," * 500 + b"{}]}",
        '{"事件":"🎉"}'.encode(),
    ],
)
def test_an_awkward_but_sound_event_is_taken(body: bytes) -> None:
    assert bodies.event_write_key(body, SETTINGS) == ""


@pytest.mark.parametrize(
    ("value", "key"), [('"abc"', "abc"), ("null", ""), ("1", ""), ("{}", ""), ('"***"', "***")]
)
def test_the_write_key_in_an_event_and_in_an_envelope_is_text_or_nothing(
    value: str, key: str
) -> None:
    assert bodies.event_write_key(b'{"writeKey":%s}' % value.encode(), SETTINGS) == key
    found = bodies.batch(b'{"writeKey":%s,"batch":[]}' % value.encode(), SETTINGS)
    assert found == bodies.Batch(0, key)


@pytest.mark.parametrize(
    ("body", "count"),
    [
        (b'{"batch":[]}', 0),
        (b'{"batch":[{},{},1,null,"x"]}', 5),
        (b"[{},{}]", 2),
        (b" \n[{}]", 1),
        (b'{"batch":[{"a":1e999},{"b":"\\ud800 "}]}', 2),
        (b'{"sentAt":1,"batch":[{}],"more":{"x":[]}}', 1),
        ('{"batch":[{"a":"订单"}]}'.encode(), 1),
        (b'{"batch":[' + nested(400) + b"]}", 1),
        (b'{"batch":[1],"batch":[1,2,3]}', 3),
    ],
)
def test_a_batch_is_split_without_minding_its_members(body: bytes, count: int) -> None:
    found = bodies.batch(body, SETTINGS)
    assert found is not None
    assert found.count == count


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "malformed_json"),
        (b"{", "malformed_json"),
        (b"null", "malformed_json"),
        (b'{"batch":[{},]}', "malformed_json"),
        (b'{"batch":{}}', "invalid_envelope"),
        (b'{"batch":null}', "invalid_envelope"),
        (b'{"batch":"x"}', "invalid_envelope"),
        (b'{"batch":[{"a":"\xff"}]}', "invalid_utf8"),
        (b'{"batch":[' + b"[" * 3000 + b"]" * 3000 + b"]}", "too_deeply_nested"),
        (b"[" + b"0," * 25_000 + b"0]", "batch_too_large"),
    ],
)
def test_an_envelope_with_a_fault_is_refused_by_its_name(body: bytes, code: str) -> None:
    with pytest.raises(BadRequestError) as caught:
        bodies.batch(body, SETTINGS)
    assert caught.value.code == code


def test_an_object_without_a_batch_is_none() -> None:
    assert bodies.batch(EVENT, SETTINGS) is None


TEXT = st.text(st.characters(exclude_categories=()))
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
    max_leaves=20,
)


@given(st.dictionaries(TEXT, JSON))
def test_every_json_object_is_an_event_and_fits_into_a_batch(event: dict[str, object]) -> None:
    body = json.dumps(event).encode()
    assert isinstance(bodies.event_write_key(body, SETTINGS), str)
    found = bodies.batch(b'{"batch":[%s,%s]}' % (body, body), SETTINGS)
    assert found == bodies.Batch(2, "")


@given(st.binary(max_size=200))
def test_no_bytes_break_the_checks(body: bytes) -> None:
    for check in (bodies.event_write_key, bodies.batch):
        for sent in (body, b'{"batch":[' + body + b"]}", b'{"a":"' + body + b'"}'):
            with suppress(BadRequestError):
                check(sent, SETTINGS)
