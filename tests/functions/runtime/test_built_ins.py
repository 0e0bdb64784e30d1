"""What a function finds beside the language: checked against Python's own."""

import base64
import hashlib
import hmac
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headwater.functions.runtime.sandbox import Sandbox
from tests.functions.runtime.running import sandbox, value

_CODE = """
const onTrack = ({ properties: { text, key } }) => ({
  md5: crypto.createHash('md5').update(text).digest('hex'),
  sha1: crypto.createHash('SHA-1').update(text).digest('hex'),
  sha256: crypto.createHash('sha256').update(text).digest('hex'),
  sha512: crypto.createHash('sha512').update(text).digest('base64'),
  mac: crypto.createHmac('sha256', key)
    .update(text.slice(0, 3)).update(text.slice(3)).digest('hex'),
  bytes: [...new TextEncoder().encode(text)],
  back: new TextDecoder().decode(new TextEncoder().encode(text)),
  base64: btoa(String.fromCharCode(...new TextEncoder().encode(text))),
  unbase64: atob(btoa(String.fromCharCode(...new TextEncoder().encode(text)))).length,
  query: new URLSearchParams({ text, key }).toString(),
  parsed: [...new URLSearchParams(new URLSearchParams({ text, key }).toString())],
});
"""


@pytest.fixture(scope="module")
def hashing() -> Any:
    with sandbox(_CODE) as function:
        yield function


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.text(st.characters(codec="utf-8"), max_size=300), st.text("ab é中", max_size=200))
def test_hashes_and_encodings_are_those_of_python(hashing: Sandbox, text: str, key: str) -> None:
    # A text is cut by UTF-16 units in JavaScript: within a character it would be another text.
    text = text.replace("\ufeff", "")
    if any(ord(character) > 0xFFFF for character in text[:4]):
        text = "abc" + text
    event = {"type": "track", "properties": {"text": text, "key": key}}
    (result,) = hashing.run([event])
    assert result.events is not None
    found = result.events[0]
    data = text.encode()
    assert found["md5"] == hashlib.md5(data).hexdigest()
    assert found["sha1"] == hashlib.sha1(data).hexdigest()
    assert found["sha256"] == hashlib.sha256(data).hexdigest()
    assert base64.b64decode(found["sha512"]) == hashlib.sha512(data).digest()
    assert found["mac"] == hmac.new(key.encode(), data, "sha256").hexdigest()
    assert bytes(found["bytes"]) == data
    assert found["back"] == text
    assert base64.b64decode(found["base64"]) == data
    assert found["unbase64"] == len(data)
    assert found["parsed"] == [["text", text], ["key", key]]


def test_random_ids_are_ids_and_never_the_same() -> None:
    code = "const onTrack = () => ({ id: crypto.randomUUID(), n: [...crypto.randomBytes(40)] });"
    event = {"type": "track"}
    with sandbox(code) as one, sandbox(code) as other:
        results = one.run([event, event]) + one.run([event]) + other.run([event])
    ids = {result.events[0]["id"] for result in results if result.events}
    assert len(ids) == 4
    assert all(len(each) == 36 and each[14] == "4" and each[19] in "89ab" for each in ids)
    assert {len(result.events[0]["n"]) for result in results if result.events} == {40}


_URLS = {
    "new URL('HTTPS://User:p%40ss@Example.COM:443/a/../b/./c?x=1&y=a b#F g').href": (
        "https://User:p%40ss@example.com/b/c?x=1&y=a%20b#F%20g"
    ),
    "new URL('/d?e#f', 'http://h.example:8080/a/b?c').href": "http://h.example:8080/d?e#f",
    "new URL('../x', 'http://h.example/a/b/c').href": "http://h.example/a/x",
    "new URL('?q=1', 'http://h.example/a/b?c').href": "http://h.example/a/b?q=1",
    "new URL('//other.example/z', 'https://h.example/a').href": "https://other.example/z",
    "new URL('mailto:a@b.example').pathname": "a@b.example",
    "new URL('https://h.example:8443/p').origin": "https://h.example:8443",
    "new URL('http://[2001:DB8::1]:80/').host": "[2001:db8::1]",
    "new URL('https://h.example').pathname": "/",
    "(() => { const u = new URL('https://h.example/?a=1'); u.searchParams.append('b', 'ü'); "
    "u.pathname = 'x y'; u.port = '8443'; u.hash = 'z'; return u.href; })()": (
        "https://h.example:8443/x%20y?a=1&b=%C3%BC#z"
    ),
    "URL.canParse('http://a b/')": False,
    "JSON.stringify({ u: new URL('https://h.example/é') })": '{"u":"https://h.example/%C3%A9"}',
    "(() => { try { new URL('nonsense'); } catch (e) { return e.name + e.message; } })()": (
        "TypeErrorInvalid URL: nonsense"
    ),
    "new URLSearchParams('?a=1&a=2&b').getAll('a')": ["1", "2"],
    "new URLSearchParams([['z', '1'], ['a', '+&=']]).toString()": "z=1&a=%2B%26%3D",
    "new Headers({ 'X-A': 1 }).get('x-a')": "1",
    "[...new Headers([['b', '2'], ['a', '1'], ['A', '3']])]": [["a", "1, 3"], ["b", "2"]],
    "await new Response('{\"a\":1}', { status: 404 }).json()": {"a": 1},
    "new Response('', { status: 404 }).ok": False,
    "typeof setTimeout(() => {}, 5)": "number",
    "await new Promise((resolve) => setTimeout(resolve, 2, 'late'))": "late",
    "(1234.5).toLocaleString('de-DE')": "1.234,5",
    "new Date(0).toISOString()": "1970-01-01T00:00:00.000Z",
    "typeof process + typeof require + typeof module": "undefined" * 3,
    "new TextDecoder().decode(new Uint8Array([0x61, 0xff, 0x62]))": "a\ufffdb",
}


def test_urls_headers_and_timers_behave_as_elsewhere() -> None:
    asked = ", ".join(f"async () => ({expression})" for expression in _URLS)
    found = value(f"await Promise.all([{asked}].map((each) => each()))")
    assert dict(zip(_URLS, found, strict=True)) == _URLS


@pytest.mark.parametrize(
    "expression",
    [
        "atob('not base64!')",
        "btoa('中')",
        "crypto.createHash('md4')",
        "crypto.randomBytes(1e9)",
        "new TextDecoder('utf-8', { fatal: true }).decode(new Uint8Array([255]))",
        "setTimeout('code')",
    ],
)
def test_what_cannot_be_done_is_an_error(expression: str) -> None:
    told = value(
        f"await (async () => {{ try {{ {expression}; }} catch (e) {{ return e.name; }} }})()"
    )
    assert told in ("TypeError", "RangeError")
