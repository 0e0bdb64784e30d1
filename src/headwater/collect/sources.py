"""The sources that the collector knows, at one moment, and where in a request their key may be."""

import base64
import binascii
from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import parse_qsl

from headwater.webhooks.model import Sender, handlers_in, senders_in
from headwater.workspaces.model import Configuration, Source

_REMEMBERED: Final = 10_000
_LONGEST: Final = 1000
_QUERY_NAMES: Final = ("writeKey", "writekey", "write_key")


class Sources:
    """A snapshot of the sources by write key, disabled ones too."""

    def __init__(self, configuration: Configuration | None) -> None:
        self.known = configuration is not None
        self._by_key = dict(configuration.by_write_key()) if configuration else {}
        self._by_id = configuration.by_id() if configuration else {}
        self._handlers = handlers_in(configuration) if configuration else {}
        self._senders = senders_in(configuration) if configuration else {}
        self._by_authorization: dict[bytes, Source] = {}

    def by_key(self, key: str) -> Source | None:
        return self._by_key.get(key)

    def by_id(self, source_id: str) -> Source | None:
        return self._by_id.get(source_id)

    def has_handler(self, source_id: str) -> bool:
        """Whether something makes events of what a webhook source is sent."""
        return source_id in self._handlers

    def sender(self, source_id: str) -> Sender | None:
        """Who sends to a webhook source, where that is set."""
        return self._senders.get(source_id)

    def by_authorization(self, header: bytes) -> Source | None:
        """The source whose key an Authorization header holds."""
        if source := self._by_authorization.get(header):
            return source
        for key in authorization_keys(header):
            if source := self._by_key.get(key):
                if len(self._by_authorization) >= _REMEMBERED:
                    self._by_authorization.clear()
                self._by_authorization[header] = source
                return source
        return None

    def find(
        self,
        headers: Mapping[bytes, bytes],
        query: bytes,
        body_key: str = "",
        path_key: str = "",
    ) -> Source | None:
        """The source of a request: the first known key of Authorization, X-Write-Key, the body,
        the query and the path."""
        header = headers.get(b"authorization")
        if header and (source := self.by_authorization(header)):
            return source
        for key in _other_keys(headers, query, body_key, path_key):
            if source := self._by_key.get(key):
                return source
        return None

    def used_key(
        self,
        source: Source,
        headers: Mapping[bytes, bytes],
        query: bytes,
        body_key: str = "",
        path_key: str = "",
    ) -> str:
        """Which of its keys a request to a source came with, by the order of `find`."""
        header = headers.get(b"authorization", b"")
        candidates = (
            *authorization_keys(header),
            *_other_keys(headers, query, body_key, path_key),
        )
        return next((key for key in candidates if key in source.write_keys), "")


def authorization_keys(header: bytes) -> Iterator[str]:
    """What may be the write key in an Authorization header, likeliest first.

    Basic with base64 of `key:` or of `key` (documented legacy), with a key that holds a colon
    itself (`id:secret`), and the bare key after `Basic` or alone.
    """
    if len(header) > _LONGEST:
        return
    first, _, rest = header.decode("latin-1").strip().partition(" ")
    credentials = rest.strip() if rest else first
    if first.lower() == "basic":
        yield from _user_names(_from_base64(credentials))
    yield from _user_names(credentials)


def _user_names(text: str) -> Iterator[str]:
    if text:
        yield text.removesuffix(":")
        yield text.partition(":")[0]


def _from_base64(text: str) -> str:
    try:
        padded = text + "=" * (-len(text) % 4)
        return base64.b64decode(padded, altchars=None, validate=True).decode()
    except (binascii.Error, ValueError):
        return ""


def _other_keys(
    headers: Mapping[bytes, bytes], query: bytes, body_key: str, path_key: str
) -> Iterator[str]:
    if header := headers.get(b"x-write-key"):
        yield from _user_names(header.decode("latin-1").strip())
    yield from _user_names(body_key)
    if query:
        found = dict(query_pairs(query))
        for name in _QUERY_NAMES:
            yield from _user_names(found.get(name, ""))
    yield from _user_names(path_key)


def query_pairs(query: bytes) -> list[tuple[str, str]]:
    """The names and values of a query string, in order; at most 1,000, broken ones left out."""
    text = query.decode("utf-8", "replace")
    if text.count("&") >= 1000:
        text = "&".join(text.split("&", 1000)[:1000])
    return parse_qsl(text, keep_blank_values=True, errors="replace")
