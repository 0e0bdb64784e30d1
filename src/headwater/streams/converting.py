"""A message becomes events, or is rejected with a reason. Pure."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec
import xxhash

from headwater.imports.batches import Encoded, encode
from headwater.imports.events_as_sent import EventsAsSent
from headwater.imports.model import FileMapping, Row, RowRejectedError, RowSkippedError
from headwater.imports.rows_to_events import MappedRows

Decision = list[Encoded] | str | None


class Message(NamedTuple):
    """A message: where it stands, when it was written (milliseconds, or None), and what it is."""

    topic: str
    partition: int
    offset: int
    timestamp: int | None
    key: bytes | None
    value: bytes | None


class Converter:
    """Messages as events, by a mapping, or as events in Segment's shape.

    Every event that names no messageId has one that says where its message stands, so that a
    message that is read twice is one event. `told` tells streams of the same name apart.
    """

    def __init__(self, mapping: FileMapping | None, told: str) -> None:
        self._mapped = None if mapping is None else MappedRows(mapping, None)
        self._as_sent = EventsAsSent()
        self._told = told[:16]

    def convert(self, message: Message) -> Iterator[Encoded]:
        """The events of a message. Raises RowRejectedError and RowSkippedError."""
        if not message.value:
            raise RowSkippedError("the message is empty")
        place = self._place(message)
        row = Row(message.offset, 0, self._raw(message), ())
        converter = self._as_sent if self._mapped is None else self._mapped
        for made in converter.convert(row, None):
            event = {"messageId": f"{place}-{made.ordinal}", **made.event}
            yield encode(made._replace(event=event), self._told)

    def _place(self, message: Message) -> str:
        topic = message.topic
        if len(topic) > 50:
            topic = xxhash.xxh3_64_hexdigest(topic.encode())
        return f"{self._told}-{topic}-{message.partition}-{message.offset}"

    def _raw(self, message: Message) -> str:
        """The message's JSON; for a mapping, with what the broker knows of it."""
        try:
            text = (message.value or b"").decode()
        except UnicodeDecodeError:
            raise RowRejectedError("the message is not UTF-8") from None
        if self._mapped is None:
            return text
        try:
            record: Any = msgspec.json.decode(text)
        except (msgspec.DecodeError, RecursionError) as error:
            raise RowRejectedError(f"the message is no JSON: {error}") from None
        if not isinstance(record, dict):
            raise RowRejectedError("the message is no JSON object")
        record |= {
            "$topic": message.topic,
            "$partition": message.partition,
            "$offset": message.offset,
            "$timestamp": message.timestamp,
            "$key": None if message.key is None else message.key.decode("utf-8", "replace"),
        }
        return msgspec.json.encode(record).decode()
