"""The tracker's files: the same for every key, small, and fetched once."""

import gzip
from urllib.parse import quote

import msgspec
import pytest

from headwater.collect.accept import Accepted, Terms
from headwater.collect.addresses import TrustedProxies
from headwater.collect.answers import Answer
from headwater.settings import Settings
from headwater.tracker.files import files
from headwater.tracker.snippet import Code, code
from tests.collect.door import KEY, OTHER_KEY, SECRET_KEY, knock, refused


def served(answer: Accepted | Answer) -> tuple[Answer, dict[str, str]]:
    assert isinstance(answer, Answer)
    return answer, {name.decode(): value.decode() for name, value in answer.headers}


@pytest.mark.parametrize("name", sorted(files()))
def test_every_file_is_served_plain_or_compressed_as_the_browser_asks(name: str) -> None:
    path = f"/analytics.js/v1/{KEY}/{name}"
    plain, headers = served(knock(path))
    assert (plain.status, plain.body) == (200, files()[name].body)
    assert headers["vary"] == "Accept-Encoding"
    assert headers["x-content-type-options"] == "nosniff"
    small, headers = served(knock(path, headers={"Accept-Encoding": "br, gzip"}))
    assert headers["content-encoding"] == "gzip"
    assert gzip.decompress(small.body) == plain.body


def test_a_browser_that_has_the_file_is_not_sent_it_again() -> None:
    path = f"/analytics.js/v1/{KEY}/analytics.min.js"
    _, headers = served(knock(path))
    again, _ = served(knock(path, headers={"If-None-Match": headers["etag"]}))
    assert (again.status, again.body, again.code) == (304, b"", "")


def test_the_bytes_are_the_same_for_every_key_so_that_one_hash_is_right_for_all() -> None:
    bodies = {
        served(knock(f"/analytics.js/v1/{quote(key)}/analytics.min.js"))[0].body
        for key in (KEY, OTHER_KEY, SECRET_KEY)
    }
    assert len(bodies) == 1


def test_a_key_that_no_source_has_shows_as_404() -> None:
    answer = refused(knock("/analytics.js/v1/nobody/analytics.min.js"))
    assert (answer["status"], answer["code"]) == (404, "unknown_write_key")


def test_the_code_for_a_page_names_the_address_that_was_called() -> None:
    path = f"/analytics.js/v1/{KEY}/snippet.json"
    answer, _ = served(knock(path, headers={"Host": "events.example.com"}))
    assert msgspec.json.decode(answer.body, type=Code) == code("http://events.example.com", KEY)
    terms = Terms(Settings(public_url="https://shop.example"), TrustedProxies([]))
    answer, _ = served(knock(path, terms=terms))
    assert msgspec.json.decode(answer.body, type=Code) == code("https://shop.example", KEY)
