"""A request to a webhook source, from the log to its events and back. Pure."""

import base64
import uuid
from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec
import xxhash

from headwater.kit.clock import hour_of
from headwater.ports import Outcome, Record, Stored, Tally
from headwater.spec import collected, received
from headwater.webhooks.model import Made

MOST_EVENTS: Final = 1_000
"""So many events of one request stand in one record."""


def request_of(record: Record) -> dict[str, Any]:
    """A received request as JSON has it, and handlers get it: method, url, headers, body.

    A body that is no text is in base64, and `isBase64` says so.
    """
    said = received.DECODER.decode(record.meta)
    request: dict[str, Any] = {
        "method": said.method,
        "url": said.url,
        "path": said.path,
        "query": said.query,
        "headers": said.headers,
    }
    try:
        request["body"] = record.body.decode()
    except UnicodeDecodeError:
        request["body"] = base64.b64encode(record.body).decode()
        request["isBase64"] = True
    return request


def records_of(stored: Stored, made: Made) -> tuple[list[Record], list[Tally]]:
    """What is appended to the collected stream for a request, and the tallies of it.

    Events without a messageId get one that is made of the request's place in the log, so that they
    are the same however often they are made. A request of which there are no events because its
    handler failed stands there itself, for the pipeline to keep aside.
    """
    record = stored.record
    place = (record.source_id, stored.partition, stored.position)
    if made.failed:
        records = [failed_record(record.source_id, record.received_at, request_of(record), made)]
    else:
        events = with_ids(made.events, place)
        records = list(event_records(record.source_id, record.received_at, events))
    tallies = [
        Tally(each.source_id, hour_of(each.received_at), Outcome.ACCEPTED, "", each.count)
        for each in records
    ]
    return records, tallies


def failed_record(source_id: str, received_at: int, request: dict[str, Any], made: Made) -> Record:
    """The record of a request whose handler failed."""
    meta = collected.Request(collected.Shape.EVENT, failed=made.failed)
    body = msgspec.json.encode(request)
    return Record(source_id, received_at, 1, body, collected.ENCODER.encode(meta))


def with_ids(events: Sequence[dict[str, Any]], place: tuple[object, ...]) -> list[dict[str, Any]]:
    """The events, each with a messageId."""
    return [
        event if event.get("messageId") else {**event, "messageId": _id_of((*place, index))}
        for index, event in enumerate(events)
    ]


def event_records(
    source_id: str, received_at: int, events: Sequence[dict[str, Any]]
) -> Iterator[Record]:
    """The records of the events of one request."""
    for first in range(0, len(events), MOST_EVENTS):
        yield event_record(source_id, received_at, events[first : first + MOST_EVENTS])


def event_record(source_id: str, received_at: int, events: Sequence[dict[str, Any]]) -> Record:
    """The record of some events of one request."""
    is_one = len(events) == 1
    shape = collected.Shape.EVENT if is_one else collected.Shape.BATCH
    body = msgspec.json.encode(events[0] if is_one else {"batch": events})
    meta = collected.ENCODER.encode(collected.Request(shape))
    return Record(source_id, received_at, len(events), body, meta)


def _id_of(place: tuple[object, ...]) -> str:
    digest = xxhash.xxh3_128_digest(msgspec.json.encode(place))
    return str(uuid.UUID(bytes=digest, version=5))
