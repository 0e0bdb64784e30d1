"""Events in the address of a picture."""

import base64
import json
from contextlib import suppress
from urllib.parse import quote_plus, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.collect import pixels
from headwater.collect.routes import Dialect
from headwater.errors import BadRequestError

EVENT = {"userId": "u", "event": "Opened ÿþ>?~~", "properties": {"主题": "🎉"}}
JSON = json.dumps(EVENT, ensure_ascii=False).encode()


def read(query: str, dialect: Dialect = Dialect.SEGMENT) -> object:
    return json.loads(pixels.event(query.encode(), dialect, 100))


@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
@pytest.mark.parametrize("padded", [True, False])
@pytest.mark.parametrize("escaped", [True, False])
def test_data_is_read_in_every_spelling_of_base64(
    encode: object, padded: bool, escaped: bool
) -> None:
    data = encode(JSON).decode()  # type: ignore[operator]
    data = data if padded else data.rstrip("=")
    assert read(f"data={quote_plus(data) if escaped else data}") == EVENT


def test_flat_parameters_open_objects_at_their_dots() -> None:
    query = urlencode(
        {
            "userId": "u",
            "event": "Email Opened",
            "properties.subject": "Hello & 你好",
            "properties.a.b": "1",
            "writeKey": "secret",
        }
    )
    assert read(query) == {
        "userId": "u",
        "event": "Email Opened",
        "properties": {"subject": "Hello & 你好", "a": {"b": "1"}},
    }


@pytest.mark.parametrize("query", ["a=1&a.b=2", "a.b=2&a=1"])
def test_an_object_wins_over_a_text_of_the_same_name(query: str) -> None:
    assert read(query) == {"a": {"b": "2"}}


def test_a_name_of_very_many_dots_is_not_opened_beyond_the_bound() -> None:
    assert pixels.event(b"a" + b".a" * 5000 + b"=1", Dialect.SEGMENT, 100)


def test_rudderstacks_quotes_and_empty_names_are_read_its_way() -> None:
    query = "anonymousId=%22abc%22&name="
    assert read(query, Dialect.RUDDERSTACK) == {"anonymousId": "abc", "name": "Unknown Page"}
    assert read("anonymousId=%22abc%22") == {"anonymousId": '"abc"'}


@pytest.mark.parametrize("data", ["!!!", "a", "订单"])
def test_data_that_is_no_base64_is_refused(data: str) -> None:
    with pytest.raises(BadRequestError, match="base64"):
        read(urlencode({"data": data}))


@given(st.binary(max_size=200))
def test_no_query_breaks_it(query: bytes) -> None:
    for asked in (query, b"data=" + query):
        with suppress(BadRequestError):
            assert isinstance(pixels.event(asked, Dialect.RUDDERSTACK, 100), bytes)
