"""The door: a call becomes records or a refusal. Pure: no clock, no disk, no network."""

import base64
import binascii
from collections.abc import Mapping
from typing import Final

import msgspec

from headwater.collect import body as bodies
from headwater.collect import masking, pixels, scripts, settings_json, webhooks
from headwater.collect.addresses import TrustedProxies
from headwater.collect.answers import SUCCESS, Answer, answer, refusal, success
from headwater.collect.routes import Dialect, Kind, Route
from headwater.collect.sources import Sources
from headwater.errors import ForbiddenError, RequestError, UnavailableError
from headwater.ports import Record, Stream
from headwater.settings import Settings
from headwater.spec import collected, received
from headwater.workspaces import origins
from headwater.workspaces.model import Source

_LONGEST_HEADER: Final = 1000


class Call(msgspec.Struct, frozen=True):
    """A request to a path of the tracking API. Header names are in lower case."""

    route: Route
    query: bytes
    headers: Mapping[bytes, bytes]
    body: bytes
    peer: str
    scheme: str = "http"
    method: str = "POST"
    path: bytes = b""


class Terms(msgspec.Struct, frozen=True):
    """What the door decides by, beside the sources."""

    settings: Settings
    proxies: TrustedProxies


class Accepted(msgspec.Struct, frozen=True):
    """A record to make durable, and what to answer once it is.

    `write_key` is the key that was used, where its source has several.
    """

    record: Record
    answer: Answer
    write_key: str = ""
    stream: Stream = Stream.COLLECTED


def accept(call: Call, sources: Sources, terms: Terms, now: int) -> Accepted | Answer:
    """Take a call in, or answer it at once.

    `now` is the time of receipt in microseconds since the epoch. Never raises: what cannot be
    taken is an Answer whose `code` says why.
    """
    kind = call.route.kind
    try:
        if kind is Kind.DISCARD:
            return SUCCESS
        if not sources.known:
            raise UnavailableError(
                "The sources are not known yet.", hint="Try again in a moment.", code="starting"
            )
        if kind is Kind.WEBHOOK:
            return _received(call, sources, terms, now)
        if kind is Kind.SCRIPT:
            return _script(call, sources, terms)
        if kind is Kind.SETTINGS or kind is Kind.SOURCE_CONFIG:
            return _configuration(call, sources, terms)
        return _taken(call, sources, terms, now)
    except RequestError as error:
        return refusal(error)


def _taken(call: Call, sources: Sources, terms: Terms, now: int) -> Accepted:
    route, headers = call.route, call.headers
    kind = route.kind
    settings = terms.settings
    if kind is Kind.PIXEL:
        plain = pixels.event(call.query, route.dialect, settings.max_nesting)
        opened = bodies.Body(plain, plain, gzipped=False)
    else:
        encoding = headers.get(b"content-encoding", b"").strip().lower()
        opened = bodies.opened(call.body, encoding, settings.max_request_bytes)
    if kind is Kind.EVENT or kind is Kind.PIXEL:
        batch = None
    else:
        batch = bodies.batch(opened.plain, settings)
        if batch is None and kind is Kind.BATCH:
            raise bodies.not_a_batch()
    key = batch.write_key if batch else bodies.event_write_key(opened.plain, settings)
    source = sources.find(headers, call.query, key, route.write_key)
    if source is None:
        raise settings_json.unknown_key()
    _require_origin(source, headers)
    count = max(batch.count, 1) if batch else 1
    used = ""
    if len(source.write_keys) > 1:
        used = sources.used_key(source, headers, call.query, key, route.write_key)
    request = _request(call, terms, opened.gzipped, batch is not None)
    return Accepted(
        Record(source.id, now, count, opened.kept, collected.ENCODER.encode(request)),
        success(kind, route.dialect, batch.count if batch else 1),
        used,
    )


def _received(call: Call, sources: Sources, terms: Terms, now: int) -> Accepted | Answer:
    """A webhook's request, as it is but for its sender's secret: its source's handler makes events
    of it."""
    headers = call.headers
    source = webhooks.source_of(sources, call.route.source_id)
    body = webhooks.content_of(call.body, headers, terms.settings.max_request_bytes)
    scheme, host = _reached(call, terms)
    url = f"{scheme}://{host}{call.path.decode('latin-1')}"
    if call.query:
        url += f"?{call.query.decode('latin-1')}"
    request = webhooks.request_of(
        call.method,
        url,
        call.route.file,
        call.query,
        headers,
        terms.proxies.client_ip(call.peer, headers),
    )
    if (sender := sources.sender(source.id)) is not None:
        told = webhooks.answer_of(sender, request, body, now)
        if told is not None:
            return answer(200, told, (b"content-type", b"application/json"))
        request = masking.without_secrets(request, sender.secret or "")
    meta = received.ENCODER.encode(request)
    return Accepted(Record(source.id, now, 1, body, meta), SUCCESS, stream=Stream.RECEIVED)


def _request(call: Call, terms: Terms, gzipped: bool, is_batch: bool) -> collected.Request:
    headers = call.headers
    return collected.Request(
        shape=collected.Shape.BATCH if is_batch else collected.Shape.EVENT,
        type="" if is_batch else call.route.type,
        ip=terms.proxies.client_ip(call.peer, headers),
        user_agent=_text(headers.get(b"user-agent")),
        sent_at=_text(headers.get(b"sentat")),
        anonymous_id=_anonymous_id(headers.get(b"anonymousid")),
        gzipped=gzipped,
        fixed=dict(call.route.fixed),
        channel="web" if _is_rudder_pixel(call.route) else "",
    )


def _require_origin(source: Source, headers: Mapping[bytes, bytes]) -> None:
    """Refuse a web page that the source does not list. Programs send no Origin, and may."""
    if not source.allowed_origins or (sent := headers.get(b"origin")) is None:
        return
    origin = sent[:_LONGEST_HEADER].decode("latin-1")
    if not origins.allows(source.allowed_origins, origin):
        raise ForbiddenError(
            f"The source takes no events from pages of {origin[:100]!r}.",
            hint="Add this origin to the allowed origins on the page of the source's keys.",
            code="origin_not_allowed",
        )


def _is_rudder_pixel(route: Route) -> bool:
    return route.kind is Kind.PIXEL and route.dialect is Dialect.RUDDERSTACK


def _text(header: bytes | None) -> str:
    return header[:_LONGEST_HEADER].decode("utf-8", "replace") if header else ""


def _anonymous_id(header: bytes | None) -> str:
    """RudderStack's AnonymousId header, which is base64; another text is taken as it is."""
    if not header or len(header) > _LONGEST_HEADER:
        return ""
    try:
        return base64.b64decode(header, validate=True).decode()
    except (binascii.Error, ValueError):
        return _text(header)


def _configuration(call: Call, sources: Sources, terms: Terms) -> Answer:
    if call.route.kind is Kind.SETTINGS:
        key = call.route.write_key
        source = sources.by_key(key)
        if source is None:
            raise settings_json.no_such_source()
        _require_origin(source, call.headers)
        scheme, host = _reached(call, terms)
        return settings_json.settings(source, key, scheme, host)
    source = sources.find(call.headers, call.query)
    if source is None:
        raise settings_json.unknown_key()
    _require_origin(source, call.headers)
    return settings_json.source_config(source, _key_asked(source, call))


def _script(call: Call, sources: Sources, terms: Terms) -> Answer:
    key = call.route.write_key
    if sources.by_key(key) is None:
        raise settings_json.no_such_source()
    if call.route.file == scripts.SNIPPET:
        scheme, host = _reached(call, terms)
        return scripts.snippet(f"{scheme}://{host}", key)
    return scripts.script(call.route.file, call.headers)


def _key_asked(source: Source, call: Call) -> str:
    """The key of the source that the caller used, or its first."""
    asked = call.headers.get(b"authorization", b"") + call.query
    return next((key for key in source.write_keys if key.encode() in asked), source.write_keys[0])


def _reached(call: Call, terms: Terms) -> tuple[str, str]:
    public = terms.settings.public_url
    if public:
        scheme, _, host = public.rstrip("/").partition("://")
        return (scheme, host) if host else ("http", scheme)
    return terms.proxies.called(call.peer, call.headers, call.scheme)
