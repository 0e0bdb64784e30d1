"""From a collected request to its events: inflated, split, decoded and merged, nothing lost.

Each of the `count` events that the collector counted in a request comes out once: as an event or
kept aside. Nothing that a request can hold raises.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

import msgspec
from isal import isal_zlib
from msgspec import Raw

from headwater.kit.clock import hour_of
from headwater.pipeline import times
from headwater.pipeline.event import Aside, Event, Limits, Quarantine, Receipt, shown
from headwater.pipeline.nesting import is_deeper, may_be_deep
from headwater.pipeline.repair import repaired
from headwater.ports import Record, Stored
from headwater.spec import collected
from headwater.spec.reasons import Reason
from headwater.workspaces.model import Source

_NOT_JSON: Final = (msgspec.DecodeError, UnicodeDecodeError)
_GZIP: Final = 31

_TAKEN: Final = frozenset(("writeKey", "timestamp"))
"""Members of an envelope that say nothing about its events."""

_OF_AN_EVENT: Final = frozenset(
    (
        *("type", "event", "name", "category", "properties", "traits"),
        *("messageId", "userId", "anonymousId", "groupId", "previousId"),
        *("originalTimestamp", "receivedAt"),
    )
)
"""Members that only an event itself can say."""


class Found(msgspec.Struct):
    """The events of some requests, and what was kept aside of them."""

    events: list[Event] = []
    aside: list[Aside] = []


class _Envelope(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    """A batch as nearly all SDKs send it."""

    batch: list[Raw]
    context: Any = None
    integrations: Any = None
    sent_at: Any = None
    write_key: Any = None
    timestamp: Any = None


class _Split(msgspec.Struct):
    """A request's members undecoded, and what its envelope says for all of them."""

    members: Sequence[Raw | bytes]
    shared: dict[str, Any] = {}
    sent_at: Any = None


class _UnreadableError(Exception):
    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.verdict = Quarantine(reason, detail)


_value: Final = msgspec.json.Decoder().decode
_envelope: Final = msgspec.json.Decoder(_Envelope).decode
_object: Final = msgspec.json.Decoder(dict[str, Raw]).decode
_array: Final = msgspec.json.Decoder(list[Raw]).decode


def read(stored: Stored, sources: Mapping[str, Source], limits: Limits, into: Found) -> int:
    """Add a collected record's events to `into`. Returns how many bytes it has inflated.

    `sources` are all sources by id; a record of another source is of one that was deleted.
    """
    record = stored.record
    request = _request(record.meta)
    receipt = _receipt(stored, request, sources.get(record.source_id))
    if request is None:
        _keep_whole(receipt, record, b"", "The log's note about the request is unreadable.", into)
        return len(record.body)
    if request.failed:
        verdict = Quarantine(Reason.FUNCTION_ERROR, request.failed)
        _keep_all(receipt, record.count, verdict, record.body, into)
        return len(record.body)
    try:
        body = isal_zlib.decompress(record.body, _GZIP) if request.gzipped else record.body
    except isal_zlib.error as error:  # type: ignore[misc]
        _keep_whole(receipt, record, record.body, f"The body cannot be inflated: {error}.", into)
        return len(record.body)
    try:
        split = _split(body, request.shape)
    except _UnreadableError as error:
        _keep_all(receipt, record.count, error.verdict, body, into)
        return len(body)
    found = _wanted(len(split.members), receipt)
    if found > record.count:
        detail = f"The request was counted as {record.count} events and holds {found}."
        _keep_whole(receipt, record, body, detail, into)
        return len(body)
    if split.sent_at is not None and (sent_at := times.microseconds(split.sent_at)) is not None:
        receipt = msgspec.structs.replace(receipt, sent_at=sent_at)
    if split.shared:
        receipt = msgspec.structs.replace(receipt, shared=split.shared)
    before = len(into.events)
    _decode_members(split, body, receipt, limits, into)
    if request.fixed:
        for event in into.events[before:]:
            event.rest.update(request.fixed)
    if found == 0:
        verdict = Quarantine(Reason.EMPTY_BATCH, "The batch holds no events.")
        _keep_all(receipt, record.count, verdict, body, into)
    elif found < record.count:
        detail = f"The request was counted as {record.count} events and holds {found}."
        verdict = Quarantine(Reason.MALFORMED_JSON, detail)
        _keep_all(receipt, record.count - found, verdict, body, into)
    return len(body)


def _wanted(count: int, receipt: Receipt) -> int:
    """How many of so many events are to be led through: not all where a replay chose some."""
    only = receipt.again.only if receipt.again is not None else ()
    return sum(number < count for number in only) if only else count


@lru_cache(maxsize=4096)
def _request(meta: bytes) -> collected.Request | None:
    try:
        return collected.DECODER.decode(meta)
    except _NOT_JSON:
        return None


def _receipt(stored: Stored, request: collected.Request | None, source: Source | None) -> Receipt:
    record = stored.record
    request = request or collected.Request(collected.Shape.EVENT)
    again, replay = request.again, f"\0{request.replay}" if request.replay else ""
    return Receipt(
        source_id=record.source_id,
        received_at=record.received_at,
        hour=hour_of(record.received_at),
        partition=stored.partition if again is None else again.partition,
        position=stored.position if again is None else again.position,
        is_enabled=source is not None and source.enabled,
        is_client_side=source is not None and source.type.is_client_side,
        is_single=request.shape is collected.Shape.EVENT,
        type=request.type,
        ip=request.ip,
        user_agent=request.user_agent,
        anonymous_id=request.anonymous_id,
        channel=request.channel,
        sent_at=times.microseconds(request.sent_at) if request.sent_at else None,
        fixed=request.fixed,
        replay=replay if again is None else f"{replay}\0{again.run}",
        forwarded=request.forwarded,
        again=again,
        is_raw=bool(request.failed),
    )


def _keep_whole(receipt: Receipt, record: Record, raw: bytes, detail: str, into: Found) -> None:
    _keep_all(receipt, record.count, Quarantine(Reason.MALFORMED_JSON, detail), raw, into)


def _keep_all(receipt: Receipt, count: int, verdict: Quarantine, raw: bytes, into: Found) -> None:
    """Keep `count` events aside that cannot be told apart; the first holds the whole body."""
    into.aside.append(Aside(receipt, verdict, raw))
    into.aside.extend([Aside(receipt, verdict, b"")] * (count - 1))


def _split(body: bytes, shape: collected.Shape) -> _Split:
    """Raises _UnreadableError when the body is no envelope of events."""
    if shape is collected.Shape.EVENT:
        return _Split([body])
    try:
        envelope = _envelope(body)
    except (RecursionError, *_NOT_JSON):
        return _split_another(repaired(body))
    shared = {}
    if envelope.context is not None:
        shared["context"] = envelope.context
    if envelope.integrations is not None:
        shared["integrations"] = envelope.integrations
    return _Split(envelope.batch, shared, envelope.sent_at)


def _split_another(body: bytes) -> _Split:
    """Split a bare array, or an envelope with members that few SDKs send."""
    try:
        if body.lstrip().startswith(b"["):
            return _Split(_array(body))
        envelope = _object(body)
        batch = bytes(envelope.pop("batch", b"null"))
        members = _array(batch) if batch != b"null" else []
        sent_at = _value(envelope.pop("sentAt", b"null"))
        shared = {
            name: _value(raw)
            for name, raw in envelope.items()
            if bytes(raw) != b"null" and name not in _TAKEN and name not in _OF_AN_EVENT
        }
    except RecursionError:
        raise _UnreadableError(Reason.TOO_DEEP, "The batch is nested too deeply.") from None
    except _NOT_JSON as error:
        raise _UnreadableError(
            Reason.MALFORMED_JSON, f"The batch is not usable JSON: {error}."
        ) from None
    return _Split(members, shared, sent_at)


def _decode_members(
    split: _Split, body: bytes, receipt: Receipt, limits: Limits, into: Found
) -> None:
    members, shared = split.members, split.shared
    deepest = limits.max_nesting
    longest = max(map(len, members), default=0)
    is_suspect = may_be_deep(body, longest, deepest)
    is_plain = longest <= limits.max_event_bytes and len(members) <= limits.max_batch_events
    events, aside = into.events, into.aside
    only = receipt.again.only if receipt.again is not None else ()
    for index, raw in enumerate(members):
        if only and index not in only:
            continue
        try:
            if not is_plain:
                _require_size(index, len(raw), limits)
            rest = _decoded(raw)
            if type(rest) is not dict:
                raise _UnreadableError(
                    Reason.NOT_AN_OBJECT, f"The event is {shown(rest)} and not an object."
                )
            if is_suspect and is_deeper(rest, deepest):
                raise _UnreadableError(
                    Reason.TOO_DEEP, f"The event is nested more than {deepest} levels deep."
                )
        except _UnreadableError as error:
            aside.append(Aside(receipt, error.verdict, raw))
            continue
        if shared:
            _merge(shared, rest)
        events.append(Event(rest, receipt, index, raw))


def _require_size(index: int, size: int, limits: Limits) -> None:
    if index >= limits.max_batch_events:
        raise _UnreadableError(
            Reason.TOO_MANY,
            f"The event is number {index + 1} of its batch, which may hold "
            f"{limits.max_batch_events}.",
        )
    if size > limits.max_event_bytes:
        raise _UnreadableError(
            Reason.TOO_LARGE,
            f"The event has {size} bytes; it may have {limits.max_event_bytes}.",
        )


def _decoded(raw: Raw | bytes) -> Any:
    try:
        return _value(raw)
    except RecursionError:
        raise _UnreadableError(Reason.TOO_DEEP, "The event is nested too deeply.") from None
    except _NOT_JSON:
        pass
    try:
        return _value(repaired(bytes(raw)))
    except RecursionError:
        raise _UnreadableError(Reason.TOO_DEEP, "The event is nested too deeply.") from None
    except _NOT_JSON as error:
        raise _UnreadableError(
            Reason.MALFORMED_JSON, f"The event is not usable JSON: {error}."
        ) from None


def _merge(shared: Mapping[str, Any], rest: dict[str, Any]) -> None:
    """Put what the envelope says for all events under what an event says itself, key by key."""
    for name, value in shared.items():
        own = rest.get(name)
        if own is None:
            rest[name] = dict(value) if isinstance(value, dict) else value
        elif isinstance(own, dict) and isinstance(value, dict):
            rest[name] = {**value, **own}
        elif name == "context" and not isinstance(value, dict):
            rest[name] = value  # for its step to refuse: no member is left out in silence
