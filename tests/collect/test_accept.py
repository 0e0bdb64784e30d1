"""The door: a call becomes a record or a refusal."""

import base64
import gzip
import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.collect import routes
from headwater.collect.accept import Accepted, Call, Terms, accept
from headwater.collect.addresses import TrustedProxies
from headwater.collect.answers import JITSU_SUCCESS, PIXEL, SUCCESS, Answer
from headwater.collect.sources import Sources
from headwater.errors import BadRequestError
from headwater.settings import Settings
from headwater.spec.collected import Request, Shape
from tests.collect.door import (
    CONFIGURATION,
    KEY,
    NOW,
    OTHER_KEY,
    SOURCES,
    TERMS,
    knock,
    note,
    refused,
    source,
    taken,
)  # fmt: skip

BASIC = {"Authorization": "Basic " + base64.b64encode(f"{KEY}:".encode()).decode()}
EVENT = b'{"userId": "u", "event":"Signed Up","more":[1]}'
BATCH = b'{"batch":[{"type":"track"},{"type":"page"},17]}'


@pytest.mark.parametrize("call", ["track", "identify", "page", "screen", "group", "alias"])
@pytest.mark.parametrize("short", [False, True])
def test_a_call_is_recorded_as_it_was_received(call: str, short: bool) -> None:
    accepted = taken(knock(f"/v1/{call[0] if short else call}", EVENT, BASIC))
    assert accepted.answer is SUCCESS
    assert accepted.record.body == EVENT
    assert (accepted.record.source_id, accepted.record.received_at) == ("source-1", NOW)
    assert accepted.record.count == 1
    assert note(accepted) == Request(shape=Shape.EVENT, type=call, ip="192.0.2.1")


@pytest.mark.parametrize("path", ["/v1/batch", "/v1/b", "/v1/import", "/v1/import/", "//v1/batch"])
def test_a_batch_is_counted_and_kept_whole_with_its_bad_members(path: str) -> None:
    accepted = taken(knock(path, BATCH, BASIC))
    assert accepted.answer is SUCCESS
    assert accepted.record.body == BATCH
    assert accepted.record.count == 3
    assert note(accepted) == Request(shape=Shape.BATCH, ip="192.0.2.1")


def test_a_bare_array_is_a_batch() -> None:
    assert taken(knock("/v1/batch", b"[{},{}]", BASIC)).record.count == 2


def test_an_empty_batch_counts_as_one_for_its_quarantine() -> None:
    assert taken(knock("/v1/batch", b'{"batch":[]}', BASIC)).record.count == 1


def test_more_events_than_a_batch_may_hold_are_left_to_quarantine() -> None:
    body = b'{"batch":[' + b"{}," * 2999 + b"{}]}"
    assert taken(knock("/v1/batch", body, BASIC)).record.count == 3000


def test_a_single_object_to_import_is_an_identify_unless_it_says_otherwise() -> None:
    body = b'{"userId":"u","properties":{"plan":"pro"}}'
    accepted = taken(knock("/v1/import", body, BASIC))
    assert note(accepted) == Request(shape=Shape.EVENT, type="identify", ip="192.0.2.1")
    assert accepted.record.body == body


def test_an_event_in_the_path_fixes_its_user_and_name() -> None:
    body = b'{"event":"other","properties":{"url":"https://example.com"}}'
    headers = {"Authorization": f"Basic {KEY}"}
    accepted = taken(knock("/v1/events/user-1/page_view", body, headers))
    assert note(accepted).type == "track"
    assert note(accepted).fixed == {"userId": "user-1", "event": "page_view"}
    assert accepted.answer is SUCCESS


def test_gzip_stays_as_it_was_sent() -> None:
    sent = gzip.compress(BATCH, mtime=0)
    accepted = taken(knock("/v1/batch", sent, BASIC | {"Content-Encoding": "gzip"}))
    assert accepted.record.body == sent
    assert accepted.record.count == 3
    assert note(accepted).gzipped


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=UTF-8", "x"],
)
def test_the_content_type_does_not_matter(content_type: str) -> None:
    taken(knock("/v1/track", EVENT, BASIC | {"Content-Type": content_type}))


@pytest.mark.parametrize(
    ("path", "body", "headers", "query"),
    [
        ("/v1/track", EVENT, {"X-Write-Key": KEY}, ""),
        ("/v1/t", b'{"writeKey":"%s"}' % KEY.encode(), {}, ""),
        ("/v1/b", b'{"batch":[{}],"writeKey":"%s"}' % KEY.encode(), {}, ""),
        ("/v1/b", gzip.compress(b'{"batch":[{}],"writeKey":"%s"}' % KEY.encode(), mtime=0), {}, ""),
        ("/beacon/v1/batch", BATCH, {}, f"writeKey={KEY}"),
        ("/v1/batch", b'{"batch":[{}],"writeKey":"%s"}' % KEY.encode(),
         {"Authorization": "Bearer eyJ0.oauth.token"}, ""),
        ("/api/s/track", b'{"writeKey":"***"}', {"X-Write-Key": f"{KEY}:***"}, ""),
    ],
)  # fmt: skip
def test_the_write_key_is_found_wherever_an_sdk_puts_it(
    path: str, body: bytes, headers: dict[str, str], query: str
) -> None:
    assert taken(knock(path, body, headers, query=query)).record.source_id == "source-1"


@pytest.mark.parametrize("body", [EVENT, b'{"writeKey":"unknown"}', b'{"writeKey":7}'])
def test_an_unknown_key_is_refused_with_401(body: bytes) -> None:
    answer = refused(knock("/v1/track", body, {"Authorization": "Basic nonsense"}))
    assert answer["status"] == 401
    assert answer["success"] is False
    assert answer["code"] == "unknown_write_key"
    assert answer["message"]
    assert answer["hint"]


def test_a_disabled_sources_events_are_taken_for_quarantine() -> None:
    accepted = taken(knock("/v1/track", EVENT, {"X-Write-Key": OTHER_KEY}))
    assert accepted.record.source_id == "source-2"


def test_before_the_sources_are_known_clients_are_asked_to_come_back() -> None:
    call = Call(routes.Route(routes.Kind.EVENT, "track"), b"", {}, EVENT, "")
    answer = accept(call, Sources(None), TERMS, NOW)
    assert refused(answer)["status"] == 503
    assert isinstance(answer, Answer)
    assert int(dict(answer.headers)[b"retry-after"]) >= 1


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("/v1/track", b"{", "malformed_json"),
        ("/v1/track", b"[]", "not_an_object"),
        ("/v1/track", b'{"a":"' + b"x" * 40_000 + b'"}', "event_too_large"),
        ("/v1/track", b" " * 5_000_001, "request_too_large"),
        ("/v1/batch", EVENT, "invalid_envelope"),
        ("/v1/batch", b'{"batch":1}', "invalid_envelope"),
        ("/v1/import", b"{", "malformed_json"),
        ("/v1/import", b'"text"', "malformed_json"),
    ],
)
def test_what_cannot_be_read_is_refused_with_400(path: str, body: bytes, code: str) -> None:
    answer = refused(knock(path, body, BASIC))
    assert (answer["status"], answer["code"]) == (400, code)


@pytest.mark.parametrize(
    ("path", "body", "answer"),
    [
        ("/api/s/track", EVENT, {"ok": True}),
        ("/api/s/s2s/identify", EVENT, {"ok": True}),
        ("/api/s/s2s/batch", BATCH, {"ok": True, "receivedEvents": 3, "okEvents": 3}),
        ("/v1/batch/b", BATCH, {"success": True, "ok": True, "receivedEvents": 3, "okEvents": 3}),
        ("/v1/batch", BATCH, {"success": True}),
        ("/beacon/v1/batch", BATCH, {"success": True}),
    ],
)
def test_each_family_is_answered_in_its_own_form(
    path: str, body: bytes, answer: dict[str, Any]
) -> None:
    accepted = taken(knock(path, body, {"X-Write-Key": KEY}))
    assert accepted.answer.status == 200
    assert msgspec.json.decode(accepted.answer.body) == answer
    assert dict(accepted.answer.headers)[b"content-type"] == b"application/json"


def test_jitsus_events_of_their_own_type_are_taken() -> None:
    accepted = taken(knock("/api/s/event", b'{"type":"track"}', {"X-Write-Key": KEY}))
    assert accepted.answer is JITSU_SUCCESS
    assert note(accepted).type == ""


def test_rudderstacks_headers_are_noted() -> None:
    headers = BASIC | {
        "AnonymousId": base64.b64encode(b"anonymous-1").decode(),
        "SentAt": "2026-11-23T10:00:00.000Z",
        "User-Agent": "Browser/1",
    }
    noted = note(taken(knock("/v1/track", EVENT, headers)))
    assert noted.anonymous_id == "anonymous-1"
    assert noted.sent_at == "2026-11-23T10:00:00.000Z"
    assert noted.user_agent == "Browser/1"


def test_an_anonymous_id_header_that_is_no_base64_is_taken_as_it_is() -> None:
    noted = note(taken(knock("/v1/track", EVENT, BASIC | {"AnonymousId": "plain id!"})))
    assert noted.anonymous_id == "plain id!"


@pytest.mark.parametrize("path", ["/v1/m", "/rsaMetrics"])
@pytest.mark.parametrize("body", [b'{"series":[]}', b"anything"])
def test_sdk_measurements_are_answered_and_forgotten(path: str, body: bytes) -> None:
    assert knock(path, body) is SUCCESS


def test_a_merge_is_kept_for_quarantine() -> None:
    assert note(taken(knock("/v1/merge", b'{"mergeProperties":[]}', BASIC))).type == "merge"


@pytest.mark.parametrize(
    ("path", "query", "type_"),
    [
        ("/v1/pixel/track", f"writeKey={KEY}&userId=u&event=Opened", "track"),
        ("/pixel/v1/page", f"writeKey={KEY}&anonymousId=a", "page"),
        ("/api/px/track", f"writekey={KEY}&userId=u&event=Opened", "track"),
    ],
)
def test_a_pixel_is_an_event_answered_with_a_picture(path: str, query: str, type_: str) -> None:
    accepted = taken(knock(path, query=query))
    assert accepted.answer is PIXEL
    assert note(accepted).type == type_
    assert b"writeKey" not in accepted.record.body


def test_a_pixels_data_may_hold_the_write_key() -> None:
    event = {"userId": "u", "event": "Opened", "writeKey": KEY}
    data = base64.b64encode(json.dumps(event).encode()).decode()
    accepted = taken(knock("/v1/pixel/track", query=f"data={data}"))
    assert json.loads(accepted.record.body) == event


def test_rudderstacks_pixels_come_from_the_web() -> None:
    assert note(taken(knock("/pixel/v1/page", query=f"writeKey={KEY}"))).channel == "web"
    assert note(taken(knock("/v1/pixel/page", query=f"writeKey={KEY}"))).channel == ""


def settings_of(answer: Accepted | Answer) -> dict[str, Any]:
    assert isinstance(answer, Answer)
    assert answer.status == 200
    decoded: dict[str, Any] = msgspec.json.decode(answer.body)
    return decoded


@pytest.mark.parametrize("path", [f"/v1/projects/{KEY}/settings", f"/projects/{KEY}/settings"])
def test_the_settings_make_segments_sdks_send_here(path: str) -> None:
    settings = settings_of(knock(path, headers={"Host": "127.0.0.1:8765"}))
    segment = settings["integrations"]["Segment.io"]
    assert segment["apiKey"] == KEY
    assert segment["apiHost"] == "127.0.0.1:8765/v1"
    assert segment["protocol"] == "http"
    assert settings["metrics"] == {"sampleRate": 0}
    assert settings["plan"]["track"]["__default"]["enabled"] is True


def test_the_settings_say_the_public_address_where_one_is_set() -> None:
    terms = Terms(Settings(public_url="https://events.example.com/"), TrustedProxies([]))
    settings = settings_of(knock(f"/v1/projects/{KEY}/settings", terms=terms))
    segment = settings["integrations"]["Segment.io"]
    assert (segment["protocol"], segment["apiHost"]) == ("https", "events.example.com/v1")


def test_the_settings_follow_a_trusted_proxys_address() -> None:
    terms = Terms(Settings(), TrustedProxies(["192.0.2.0/24"]))
    headers = {
        "Host": "inside", "X-Forwarded-Host": "events.example.com", "X-Forwarded-Proto": "https",
    }  # fmt: skip
    answer = knock(f"/v1/projects/{KEY}/settings", headers=headers, terms=terms)
    segment = settings_of(answer)["integrations"]["Segment.io"]
    assert (segment["protocol"], segment["apiHost"]) == ("https", "events.example.com/v1")


def test_settings_for_an_unknown_key_are_not_found() -> None:
    answer = refused(knock("/v1/projects/nobody/settings"))
    assert (answer["status"], answer["code"]) == (404, "unknown_write_key")


@pytest.mark.parametrize("headers", [BASIC, {}])
def test_rudderstacks_source_config_has_what_its_sdks_check(headers: dict[str, str]) -> None:
    query = "" if headers else f"p=npm&writeKey={KEY}"
    source = settings_of(knock("/sourceConfig/", headers=headers, query=query))["source"]
    assert source["id"] == "source-1"
    assert source["writeKey"] == KEY
    assert source["enabled"] is True
    assert source["destinations"] == []
    assert source["config"]["statsCollection"]["errors"]["enabled"] is False


def test_source_config_says_that_a_source_is_disabled() -> None:
    answer = knock("/sourceConfig", query=f"writeKey={OTHER_KEY}")
    assert settings_of(answer)["source"]["enabled"] is False


def test_source_config_for_an_unknown_key_is_refused() -> None:
    assert refused(knock("/sourceConfig", query="writeKey=nobody"))["status"] == 401


PATHS = [
    "/v1/track", "/v1/batch", "/v1/import", "/v1/pixel/track", "/v1/events/u/e", "/api/s/event",
    "/api/px/page", "/pixel/v1/page", "/sourceConfig", "/v1/projects/k/settings", "/v1/m",
]  # fmt: skip
HEADERS = st.dictionaries(
    st.sampled_from(
        [b"authorization", b"x-write-key", b"content-encoding", b"anonymousid", b"sentat",
         b"user-agent", b"x-forwarded-for", b"host", b"origin"]
    ),
    st.binary(max_size=60) | st.just(BASIC["Authorization"].encode()),
)  # fmt: skip


@given(
    path=st.sampled_from(PATHS),
    query=st.binary(max_size=100),
    headers=HEADERS,
    body=st.binary(max_size=200)
    | st.just(EVENT)
    | st.just(BATCH)
    | st.just(gzip.compress(BATCH, mtime=0)),
    peer=st.sampled_from(["", "192.0.2.1", "10.1.1.1", "::1"]),
)
def test_every_call_is_taken_or_refused_clearly(
    path: str, query: bytes, headers: dict[bytes, bytes], body: bytes, peer: str
) -> None:
    route = routes.find(path.encode())
    assert route is not None
    terms = Terms(Settings(), TrustedProxies(["10.0.0.0/8"]))
    answer = accept(Call(route, query, headers, body, peer), SOURCES, terms, NOW)
    if isinstance(answer, Accepted):
        assert note(answer).shape in Shape
        assert answer.record.count >= 1
    else:
        assert answer.status in (200, 400, 401, 404)
        assert answer.status == 200 or not msgspec.json.decode(answer.body)["success"]


@given(st.text(st.sampled_from("abc/%é?#.v1"), max_size=30), st.binary(max_size=50))
def test_every_event_path_is_taken_or_refused_clearly(user_id: str, body: bytes) -> None:
    try:
        route = routes.find(f"/v1/events/{user_id}/x".encode())
    except BadRequestError:
        return
    if route is not None:
        answer = accept(Call(route, b"", {}, body, ""), SOURCES, TERMS, NOW)
        assert isinstance(answer, Answer)
        assert answer.status in (400, 401)


def test_of_a_source_with_several_keys_it_is_known_which_was_used() -> None:
    several = Sources(
        msgspec.structs.replace(CONFIGURATION, sources=(source(1, KEY, OTHER_KEY), source(2, "x")))
    )

    def used(headers: dict[bytes, bytes], query: bytes, body: bytes) -> str:
        route = routes.find(b"/v1/track")
        assert route is not None
        return taken(accept(Call(route, query, headers, body, "x"), several, TERMS, NOW)).write_key

    basic = {b"authorization": BASIC["Authorization"].encode()}
    assert used(basic, b"", EVENT) == KEY
    assert used({b"x-write-key": OTHER_KEY.encode()}, b"", EVENT) == OTHER_KEY
    assert used({}, f"writeKey={OTHER_KEY}".encode(), EVENT) == OTHER_KEY
    assert used({}, b"", b'{"userId": "u", "writeKey": "%b"}' % OTHER_KEY.encode()) == OTHER_KEY
    assert used({}, b"writeKey=x", EVENT) == ""
