"""Requests of senders that are none of the known ones, by mappings."""

import base64
import json
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.errors import MappingError
from headwater.webhooks import mapped
from headwater.webhooks.presets.custom import verify
from headwater.webhooks.presets.preset import (
    Incoming,
    RefusedError,
    UnreadableError,
    hexadecimal,
    in_base64,
)

SECRET = "a secret of 24 letters.."
MAPPING = """
[[events]]
event = "Order {state}"
userId = "{customer.id}"
properties = { total = "{total}" }
"""
ORDER = {"state": "Paid", "customer": {"id": 7}, "total": 9.5}


def request(body: bytes, query: str = "", **headers: str) -> Incoming:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return Incoming("POST", "https://h/webhooks/s", query, names, body)


def items(mapping: str, items: str) -> str:
    return f'[webhook]\nitems = "{items}"\n{mapping}'


def test_a_body_becomes_an_event_the_same_however_often_it_comes():
    (event,) = mapped.events(request(json.dumps(ORDER).encode()), MAPPING)
    assert (event["event"], event["userId"], event["properties"]) == (
        *("Order Paid", "7", {"total": 9.5}),
    )
    again = mapped.events(request(json.dumps(ORDER).encode()), MAPPING)
    assert [each["messageId"] for each in again] == [event["messageId"]]


def test_each_of_a_list_becomes_an_event_wherever_the_list_is():
    whole = json.dumps([ORDER, ORDER]).encode()
    assert len({each["messageId"] for each in mapped.events(request(whole), MAPPING)}) == 2
    inner = json.dumps({"data": {"orders": [ORDER] * 3}}).encode()
    assert len(mapped.events(request(inner), items(MAPPING, "data.orders"))) == 3
    with pytest.raises(UnreadableError, match=r"no data\.orders"):
        mapped.events(request(b'{"data": {}}'), items(MAPPING, "data.orders"))


def test_form_fields_and_elements_of_xml_become_events():
    mapping = '[[events]]\nevent = "Paid"\nuserId = "{who}"\nproperties = { sum = "{sum}" }'
    form = request(
        urlencode({"who": "李", "sum": "3"}).encode(),
        content_type="application/x-www-form-urlencoded",
    )
    assert mapped.events(form, mapping)[0]["userId"] == "李"
    one = request("<paid><who>李</who><sum>3</sum></paid>".encode())
    assert mapped.events(one, mapping)[0]["properties"] == {"sum": "3"}
    many = request(b"<all><paid><who>a</who></paid><paid><who>b</who></paid></all>")
    assert [each["userId"] for each in mapped.events(many, items(mapping, "paid"))] == ["a", "b"]


def test_what_is_around_the_body_can_be_taken_along():
    mapping = '[[events]]\nevent = "{$headers.x-topic}"\nuserId = "{$query.user}"'
    (event,) = mapped.events(request(b"{}", "user=u1", x_topic="Paid"), mapping)
    assert (event["event"], event["userId"]) == ("Paid", "u1")


@pytest.mark.parametrize(
    ("mapping", "named"),
    [
        ("[[events", "mapping.toml"),
        ("[[event]]\nevent = 'E'", "event"),
        ("", "makes no event"),
        ("[[events]]\nevent = 'E'\nuserId = '{id}'\ngroup = ['id']", "group"),
    ],
)
def test_a_mapping_that_cannot_be_used_says_why(mapping: str, named: str):
    with pytest.raises(MappingError, match=named):
        mapped.read(mapping)


@given(st.binary(max_size=200), st.sampled_from(["", "text/xml", "application/json"]))
def test_any_body_makes_events_or_says_why_not(body: bytes, kind: str):
    try:
        made = mapped.events(request(body, content_type=kind), MAPPING)
    except UnreadableError:
        return
    assert all(each["event"].startswith("Order ") for each in made)


BODY = b'{"a": 1}'


@pytest.mark.parametrize(
    "genuine",
    [
        request(BODY, authorization=f"Bearer {SECRET}"),
        request(BODY, authorization=f"Basic {base64.b64encode(f'x:{SECRET}'.encode()).decode()}"),
        request(BODY, x_webhook_secret=SECRET),
        request(BODY, f"secret={SECRET}".replace(" ", "%20")),
        request(BODY, x_signature=hexadecimal(SECRET, BODY)),
        request(BODY, x_hub_signature_256=f"sha256={hexadecimal(SECRET, BODY).upper()}"),
        request(BODY, x_signature=in_base64(SECRET, BODY)),
    ],
)
def test_a_request_that_shows_the_secret_or_is_signed_with_it_is_taken(genuine: Incoming):
    verify(genuine, SECRET, 0)


@pytest.mark.parametrize(
    "false",
    [
        request(BODY),
        request(BODY, authorization="Bearer another"),
        request(BODY, authorization="Basic ???"),
        request(BODY, x_signature=hexadecimal("another", BODY)),
        request(b"changed", x_signature=hexadecimal(SECRET, BODY)),
        request(BODY, "secret=" + SECRET[:-1]),
    ],
)
def test_any_other_is_refused(false: Incoming):
    with pytest.raises(RefusedError):
        verify(false, SECRET, 0)
