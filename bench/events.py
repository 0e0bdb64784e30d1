"""The events that the benchmarks send: made beforehand, so that sending costs next to nothing.

A request is a list of pieces between which fresh message ids go; joining them is the only work
left per request.
"""

import base64
import itertools
import json
import secrets
from collections.abc import Callable, Iterator

from isal import igzip

_NAMES = ("Order Completed", "Product Viewed", "Product Added", "Cart Viewed", "Signed Up")
_CONTEXT = {
    "library": {"name": "analytics-node", "version": "3.1.0"},
    "ip": "203.0.113.7",
    "locale": "zh-CN",
    "page": {"url": "https://shop.example/p/42", "path": "/p/42", "title": "Blue mug"},
    "campaign": {"source": "newsletter", "medium": "email", "name": "autumn"},
    "timezone": "Asia/Shanghai",
}
_ID = "@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@"
_numbers = itertools.count()


def event(number: int, names: int = 5) -> dict[str, object]:
    """A track event of about 650 bytes, of one of `names` names."""
    name = _NAMES[number % names] if names <= len(_NAMES) else f"Event Number {number % names}"
    return {
        "type": "track",
        "event": name,
        "userId": f"user-{number % 5000}",
        "messageId": _ID,
        "timestamp": "2026-11-20T10:11:12.345Z",
        "context": _CONTEXT,
        "properties": {
            "order_id": f"o-{number}",
            "revenue": number % 997 + 0.5,
            "currency": "CNY",
            "quantity": number % 7 + 1,
            "coupon": "AUTUMN" if number % 3 else "NONE",
            "first": number % 2 == 0,
            "product": {"sku": f"sku-{number % 200}", "category": "mugs"},
        },
    }


def fresh_id() -> bytes:
    """A message id of 32 characters that no other has in this process and minute."""
    return _PREFIX + b"%020d" % next(_numbers)


def _prefix() -> bytes:

    return secrets.token_hex(6).encode()


_PREFIX = _prefix()


def request_maker(
    write_key: str, *, batch: int = 1, gzip: bool = False, names: int = 5, variants: int = 16
) -> Callable[[], bytes]:
    """A function that gives the bytes of one HTTP request after the other, all ids fresh.

    `batch` = 1 posts single events to /v1/track. With `gzip` the bodies are compressed
    beforehand and sent again and again, so their ids repeat after `variants` requests: use it
    for what is accepted, not for what is loaded.
    """
    path = b"/v1/track" if batch == 1 else b"/v1/batch"
    head = (
        b"POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        b"Authorization: Basic %s\r\n" % (path, base64.b64encode(f"{write_key}:".encode()))
    )
    pieces = [_pieces(number, batch, names) for number in range(variants)]
    if gzip:
        made = [_framed(head, igzip.compress(_join(p), 1), b"gzip") for p in pieces]
        return _cycle(made)

    turn = itertools.cycle(pieces)

    def make() -> bytes:
        return _framed(head, _join(next(turn)), b"")

    return make


def _cycle(made: list[bytes]) -> Callable[[], bytes]:
    turn: Iterator[bytes] = itertools.cycle(made)
    return lambda: next(turn)


def _pieces(number: int, batch: int, names: int) -> list[bytes]:
    events = [event(number * batch + index, names) for index in range(batch)]
    body: object = events[0]
    if batch > 1:
        body = {"batch": events, "sentAt": "2026-11-20T10:11:13.000Z"}
    return json.dumps(body, separators=(",", ":")).encode().split(_ID.encode())


def _join(pieces: list[bytes]) -> bytes:
    woven = [pieces[0]]
    for piece in pieces[1:]:
        woven.append(fresh_id())
        woven.append(piece)
    return b"".join(woven)


def _framed(head: bytes, body: bytes, encoding: bytes) -> bytes:
    encoded = b"Content-Encoding: %s\r\n" % encoding if encoding else b""
    return b"%s%sContent-Length: %d\r\n\r\n%s" % (head, encoded, len(body), body)
