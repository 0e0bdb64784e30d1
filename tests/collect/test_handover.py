"""What the collector counts in a request is what the pipeline finds in it."""

import gzip
import json

from hypothesis import given
from hypothesis import strategies as st

from headwater.collect.accept import Accepted
from headwater.pipeline.decode import Found, read
from headwater.pipeline.event import Limits
from headwater.ports import Stored
from headwater.spec.reasons import Reason
from tests.collect.door import CONFIGURATION, KEY, knock

SOURCES = CONFIGURATION.by_id()
LIMITS = Limits(max_event_bytes=32_768, max_batch_events=2500, max_nesting=100)

TEXT = st.text(st.characters(exclude_categories=()), max_size=10)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=10,
)
NAMES = st.sampled_from(["type", "batch", "context", "sentAt", "writeKey", "properties", "userId"])
OBJECTS = st.dictionaries(NAMES | TEXT, JSON, max_size=5)


def found_in(path: str, body: bytes) -> tuple[Accepted, Found] | None:
    """What the pipeline finds in a request, where the door takes it."""
    accepted = knock(path, body, {"X-Write-Key": KEY})
    if not isinstance(accepted, Accepted):
        return None
    found = Found()
    read(Stored("0", 1, accepted.record), SOURCES, LIMITS, found)
    return accepted, found


def is_miscounted(found: Found) -> bool:
    return any("was counted as" in aside.verdict.detail for aside in found.aside)


@given(
    st.sampled_from(["/v1/track", "/v1/batch", "/v1/import", "/v1/events/u/e", "/api/s/event"]),
    OBJECTS
    | st.lists(JSON, max_size=5)
    | st.builds(lambda batch, more: {**more, "batch": batch}, st.lists(JSON | OBJECTS), OBJECTS),
    st.booleans(),
)
def test_the_pipeline_finds_as_many_events_as_the_door_counted(
    path: str, sent: object, compressed: bool
) -> None:
    body = json.dumps(sent).encode()
    taken = found_in(path, gzip.compress(body) if compressed else body)
    if taken is not None:
        accepted, found = taken
        assert len(found.events) + len(found.aside) == accepted.record.count
        assert not is_miscounted(found)


@given(st.binary(max_size=60))
def test_also_in_bytes_that_are_hardly_json(body: bytes) -> None:
    for path, sent in (
        ("/v1/track", b'{"a":"' + body + b'"}'),
        ("/v1/batch", b'{"batch":["' + body + b'"]}'),
        ("/v1/batch", b"[" + body + b"]"),
    ):
        if taken := found_in(path, sent):
            accepted, found = taken
            assert len(found.events) + len(found.aside) == accepted.record.count
            assert not is_miscounted(found)


def test_a_single_event_that_the_door_took_is_readable_to_the_pipeline() -> None:
    for body in (
        rb'{"a":"\ud800"}',
        b'\xef\xbb\xbf{"a":1}',
        b'{"a":' + b"[" * 99 + b"]" * 99 + b"}",
    ):
        taken = found_in("/v1/track", body)
        assert taken is not None
        assert len(taken[1].events) == 1


def test_an_empty_batch_becomes_one_event_in_quarantine() -> None:
    taken = found_in("/v1/batch", b'{"batch":[]}')
    assert taken is not None
    assert [aside.verdict.reason for aside in taken[1].aside] == [Reason.EMPTY_BATCH]
