"""From a quarantined event back to what the collector would have written of it. Pure."""

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from headwater.kit.clock import hour_of, isoformat
from headwater.pipeline.batch import process
from headwater.pipeline.event import Limits
from headwater.pipeline.program import NO_PROGRAMS, Programs
from headwater.ports import (
    REPLAYS,
    Entry,
    Outcome,
    Record,
    Stored,
    Stream,
    Tally,
    add_tallies,
)
from headwater.quarantine.fixes import fixed
from headwater.quarantine.model import Fix, KeptRow
from headwater.spec import collected
from headwater.spec.quarantined import Envelope
from headwater.spec.reasons import Reason
from headwater.webhooks.model import Made
from headwater.webhooks.requests import event_record, failed_record, with_ids
from headwater.workspaces.model import Source

PASSES: Final = "passes"
UNREADABLE: Final = "not_one_event"
"""The verdict on what cannot be sent on: it is no JSON object, or the rest of a broken batch."""

_envelope = msgspec.json.Decoder(Envelope).decode


class Replay(msgspec.Struct, frozen=True):
    """A quarantined event as it is sent on: the record, and the reason that had kept it."""

    key: str
    reason: str
    record: Record


def event_of(row: KeptRow) -> dict[str, Any] | None:
    """The event that a row's JSON is; None where it is none, or a whole batch."""
    try:
        event = msgspec.json.decode(row.raw)
    except (msgspec.DecodeError, RecursionError):
        return None
    return event if isinstance(event, dict) and "batch" not in event else None


Remake = Callable[[str, dict[str, Any]], Made]
"""What a request to the webhook source with this id becomes now."""


def no_remake(source_id: str, request: dict[str, Any]) -> Made:  # noqa: ARG001
    """The Remake of who has no handlers."""
    return Made(failed="Nothing makes events of it here.")


def replay_of(
    row: KeptRow,
    fixes: Sequence[Fix] = (),
    edited: dict[str, Any] | None = None,
    remake: Remake = no_remake,
) -> Replay | None:
    """An event mended and ready to be sent on; None where it cannot be.

    It keeps the time of its first receipt and what its request said for it. One without a messageId
    gets one made of its key, so that it is the same however often it is sent on. A request of which
    no events could be made is made into events now, or stays what it is.
    """
    event = event_of(row) if edited is None else edited
    if event is None:
        return None
    if is_raw(row):
        return Replay(row.key, row.reason, _remade(row, event, remake))
    mended = fixed(event, fixes)
    if mended.get("messageId") in (None, ""):
        mended = {**mended, "messageId": row.message_id or _id_of(row.key)}
    envelope = _envelope(row.envelope) if row.envelope else Envelope(type=row.type)
    is_plain = mended is event and edited is None
    text = row.raw.encode() if is_plain else msgspec.json.encode(mended)
    body = _batch(text, envelope) if envelope.is_batch else text
    request = collected.Request(
        shape=collected.Shape.BATCH if envelope.is_batch else collected.Shape.EVENT,
        type=envelope.type,
        ip=envelope.ip,
        user_agent=envelope.user_agent,
        sent_at="" if envelope.sent_at is None else isoformat(envelope.sent_at),
        anonymous_id=envelope.anonymous_id,
        fixed=envelope.fixed,
        channel=envelope.channel,
        forwarded=envelope.forwarded,
        replay=row.key if row.reason == Reason.LOAD_FAILED else "",
    )
    meta = collected.ENCODER.encode(request)
    return Replay(row.key, row.reason, Record(row.source_id, row.received_at, 1, body, meta))


def is_raw(row: KeptRow) -> bool:
    """Whether it is no event, but a request to a webhook source."""
    return row.envelope is not None and row.envelope != "" and _envelope(row.envelope).is_raw


def _remade(row: KeptRow, request: dict[str, Any], remake: Remake) -> Record:
    made = remake(row.source_id, request)
    if not made.events and not made.failed:
        made = Made(failed="No events were made of it.")
    if made.failed:
        return failed_record(row.source_id, row.received_at, request, made)
    return event_record(row.source_id, row.received_at, with_ids(made.events, (row.key,)))


def _batch(event: bytes, envelope: Envelope) -> bytes:
    """A batch of one event, with the members that its own batch had for all."""
    members = [b'"batch":[%s]' % event]
    for name, value in envelope.shared.items():
        members.append(msgspec.json.encode(name) + b":" + msgspec.json.encode(value))
    return b"{%s}" % b",".join(members)


def _id_of(key: str) -> str:
    try:
        return str(uuid.UUID(hex=key, version=5))
    except ValueError:
        return key


def entry(replays: Iterable[Replay], note: str) -> Entry:
    """What is appended to the log for some replays: the events, and that they left quarantine.

    `note` is kept beside them, to tell after a crash whether they were appended.
    """
    replays = list(replays)
    tallies = add_tallies(
        Tally(r.record.source_id, hour_of(r.record.received_at), Outcome.REPLAYED, r.reason, 1)
        for r in replays
    )
    # Of one request there may be several events: so many more were accepted.
    tallies += add_tallies(
        Tally(r.record.source_id, hour_of(r.record.received_at), Outcome.ACCEPTED, "", more)
        for r in replays
        if (more := r.record.count - 1)
    )
    return Entry({Stream.COLLECTED: [r.record for r in replays]}, tallies, marks=note.encode())


def tried(
    replay: Replay,
    sources: Mapping[str, Source],
    limits: Limits,
    programs: Programs = NO_PROGRAMS,
) -> tuple[str, str]:
    """What the pipeline would say of a replay: PASSES, or why it would be kept aside again."""
    requests = [Stored(REPLAYS, 1, replay.record)]
    batch = process(requests, sources, limits, after={}, programs=programs)
    if batch.aside:
        verdict = batch.aside[0].verdict
        return verdict.reason.value, verdict.detail
    if batch.filtered:
        return next(iter(batch.filtered))[1], ""
    return PASSES, ""


def written(row: KeptRow, replay: Replay) -> str:
    """The event of a replay as JSON text, without the batch around it."""
    if is_raw(row) or not row.envelope or not _envelope(row.envelope).is_batch:
        return replay.record.body.decode()
    [event] = msgspec.json.decode(replay.record.body, type=_Batch).batch
    return bytes(event).decode()


class _Batch(msgspec.Struct):
    batch: list[msgspec.Raw]
