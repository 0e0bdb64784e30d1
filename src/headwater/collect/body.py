"""Request bodies: inflated within bounds, and checked as far as the door must.

A single event is decoded in full, so that its sender hears of every fault at once. A batch is
split without decoding its members: the pipeline keeps a bad member aside and takes the rest.
"""

from typing import Final, TypeVar

import msgspec
from isal import isal_zlib

from headwater.errors import BadRequestError
from headwater.pipeline.repair import repaired
from headwater.settings import Settings
from headwater.spec.reasons import Reason

_GZIP_MAGIC: Final = b"\x1f\x8b"
_BOM: Final = b"\xef\xbb\xbf"
_PLAIN_ENCODINGS: Final = frozenset({b"", b"identity", b"gzip", b"x-gzip", b"deflate"})
_MOST_MEMBERS: Final = 64
_ABSURD: Final = 10
_GZIP, _ZLIB, _RAW = 31, 15, -15

_T = TypeVar("_T")


class Body(msgspec.Struct, frozen=True):
    """A body as it is kept, and as it reads. `gzipped` says that `kept` is gzip of `plain`."""

    kept: bytes
    plain: bytes
    gzipped: bool


class _Envelope(msgspec.Struct):
    batch: list[msgspec.Raw] | msgspec.UnsetType = msgspec.UNSET
    writeKey: msgspec.Raw = msgspec.Raw()  # noqa: N815 (the wire's name)


class Batch(msgspec.Struct, frozen=True):
    """How many members a batch has, and the write key that its envelope holds."""

    count: int
    write_key: str


_ENVELOPE: Final = msgspec.json.Decoder(_Envelope)
_ARRAY: Final = msgspec.json.Decoder(list[msgspec.Raw])
_VALUE: Final = msgspec.json.Decoder()
_TEXT: Final = msgspec.json.Decoder(str)


def opened(body: bytes, encoding: bytes, limit: int) -> Body:
    """Inflate a body, whatever its headers say, to no more than `limit` bytes.

    gzip is known by its first bytes; `deflate` is zlib's form or the raw one. A byte order mark
    is taken off. Raises BadRequestError when it is too large or cannot be inflated.
    """
    if len(body) > limit:
        raise too_large(limit)
    plain, whole = body, False
    if body.startswith(_GZIP_MAGIC):
        plain, whole = _gunzipped(body, limit)
    elif encoding == b"deflate":
        plain = _deflated(body, limit)
    elif encoding not in _PLAIN_ENCODINGS and body[:1] not in (b"{", b"[", b" ", b"\xef"):
        shown = encoding.decode("latin-1")[:40]
        raise BadRequestError(
            f"The content encoding {shown!r} is not supported.",
            hint="Send the body plain or with Content-Encoding: gzip.",
            code="unsupported_encoding",
        )
    if plain.startswith(_BOM):
        plain, whole = plain[len(_BOM) :], False
    return Body(body if whole else plain, plain, whole)


def _gunzipped(body: bytes, limit: int) -> tuple[bytes, bool]:
    """The inflated body, and whether it is one gzip member and nothing after it."""
    inflated = b""
    members = 0
    while body.startswith(_GZIP_MAGIC):
        members += 1
        if members > _MOST_MEMBERS:
            raise _not_inflatable("it has too many gzip members")
        part, body = _inflate(body, _GZIP, limit - len(inflated))
        inflated = inflated + part if inflated else part
    return inflated, members == 1 and not body


def _deflated(body: bytes, limit: int) -> bytes:
    if len(body) >= 2 and body[0] & 0x0F == 8 and (body[0] << 8 | body[1]) % 31 == 0:
        return _inflate(body, _ZLIB, limit)[0]
    try:
        return _inflate(body, _RAW, limit)[0]
    except BadRequestError as error:
        if error.code == "request_too_large":
            raise
        return body  # the header lied; the JSON decoder says what is wrong otherwise


def _inflate(body: bytes, form: int, limit: int) -> tuple[bytes, bytes]:
    """One compressed stream's content, and what follows it."""
    stream = isal_zlib.decompressobj(form)
    try:
        inflated = stream.decompress(body, max_length=limit + 1)
    except isal_zlib.IsalError as error:  # type: ignore[misc]  # its stub declares no class
        raise _not_inflatable(str(error)) from None
    if len(inflated) > limit:
        raise too_large(limit)
    if not stream.eof:
        raise _not_inflatable("it ends too early")
    return inflated, stream.unused_data


def _not_inflatable(why: str) -> BadRequestError:
    return BadRequestError(
        f"The compressed body cannot be inflated: {why}.",
        hint="Send it whole, as gzip or zlib makes it, or plain.",
        code="invalid_compression",
    )


def too_large(limit: int) -> BadRequestError:
    """The refusal of a body that is larger, inflated, than `limit` bytes."""
    return BadRequestError(
        f"The request body is larger than {limit:,} bytes (inflated).",
        hint="Send the events in smaller batches, or raise max_request_bytes.",
        code="request_too_large",
    )


def event_write_key(body: bytes, settings: Settings) -> str:
    """Check that a body is one event. Returns the write key in it, or ''.

    Raises BadRequestError when it is not JSON, no object, too large or too deeply nested.
    """
    if len(body) > settings.max_event_bytes:
        raise BadRequestError(
            f"The event has {len(body):,} bytes; an event may have {settings.max_event_bytes:,}.",
            hint="Send less with each event, or raise max_event_bytes.",
            code=Reason.TOO_LARGE,
        )
    event = _decoded(_VALUE, body)
    if type(event) is not dict:
        raise BadRequestError(
            "The body is not a JSON object.",
            hint='Send one event, such as {"userId": "u1", "event": "Signed Up"}; '
            "several events go to /v1/batch.",
            code=Reason.NOT_AN_OBJECT,
        )
    deepest = settings.max_nesting
    if body.count(b"{") + body.count(b"[") > deepest and _is_deeper(event, deepest):
        raise _too_deep(f"more than {deepest} levels deep")
    key = event.get("writeKey")
    return key if type(key) is str else ""


def batch(body: bytes, settings: Settings) -> Batch | None:
    """Split a body that is `{"batch": [...]}` or a bare array; None for another object.

    Raises BadRequestError when it is neither, not JSON, not UTF-8, nested so deeply that it
    cannot be split, or of absurdly many members (each costs the pipeline a quarantined event).
    """
    if not body.isascii():
        _check_utf8(body)
    if body.lstrip(b" \t\r\n").startswith(b"["):
        found = Batch(len(_decoded(_ARRAY, body)), "")
    else:
        envelope = _decoded(_ENVELOPE, body)
        if envelope.batch is msgspec.UNSET:
            return None
        found = Batch(len(envelope.batch), _key_text(envelope.writeKey))
    most = settings.max_batch_events * _ABSURD
    if found.count > most:
        raise BadRequestError(
            f"The batch has {found.count:,} members; more than {most:,} are not even kept aside.",
            hint=f"Send at most {settings.max_batch_events:,} events in a batch.",
            code=Reason.TOO_MANY,
        )
    return found


def not_a_batch() -> BadRequestError:
    """The refusal of an envelope without its batch."""
    return BadRequestError(
        "The body has no `batch` array.",
        hint='Send {"batch": [event, …]} here; a single event goes to /v1/track and its like.',
        code="invalid_envelope",
    )


def _decoded(decoder: "msgspec.json.Decoder[_T]", body: bytes) -> "_T":
    try:
        return decoder.decode(body)
    except RecursionError:
        raise _too_deep("too deep to be read") from None
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        failure = str(error)
    _check_utf8(body)
    # Halves of surrogate pairs are no fault: the pipeline repairs them in the same way.
    if b"\\u" in body and (mended := repaired(body)) != body:
        return _decoded(decoder, mended)
    if "Expected `array`" in failure and "$.batch" in failure:
        raise not_a_batch()
    raise BadRequestError(
        f"The body is not usable JSON: {failure}.",
        hint="Send UTF-8 JSON; numbers must fit into a 64-bit float.",
        code=Reason.MALFORMED_JSON,
    )


def _check_utf8(body: bytes) -> None:
    try:
        body.decode()
    except UnicodeDecodeError as error:
        raise BadRequestError(
            f"The body is not UTF-8: byte {error.start + 1} cannot be read.",
            hint="Encode the body as UTF-8.",
            code="invalid_utf8",
        ) from None


def _too_deep(how: str) -> BadRequestError:
    return BadRequestError(
        f"Objects and arrays are nested {how}.",
        hint="Flatten the event, or raise max_nesting.",
        code=Reason.TOO_DEEP,
    )


def _is_deeper(value: object, limit: int) -> bool:
    """Whether objects and arrays are nested more than `limit` deep."""
    level = [value]
    for _ in range(limit):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else _items(outer))
            if isinstance(inner, dict | list)
        ]
        if not level:
            return False
    return True


def _items(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _key_text(raw: msgspec.Raw) -> str:
    try:
        return _TEXT.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return ""
