"""Reads a stream until told to stop: what was read is known only when the server has it."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import httpx
import msgspec

from headwater.imports.batches import Encoded, batches
from headwater.imports.model import Row, RowRejectedError, RowSkippedError
from headwater.imports.rejects import Rejects
from headwater.imports.sending import Sender
from headwater.streams import offsets
from headwater.streams.converting import Converter, Message
from headwater.streams.definition import Definition
from headwater.streams.kafka import Topics


class Consumed(msgspec.Struct):
    """What a run did so far."""

    messages: int = 0
    events: int = 0
    rejected: int = 0
    skipped: int = 0
    behind: int | None = None
    """Messages that wait in the topics, where the broker has said so."""


class Job(msgspec.Struct, frozen=True):
    """What a run is of."""

    definition: Definition
    source_id: str
    write_key: str
    data_dir: Path
    rejected: Path
    is_new_source: bool = False
    most: int = 0
    """Stop after so many messages; 0 goes on."""
    secrets: Mapping[str, str] | None = None
    """What `${NAME}` means; by default the environment's variables."""


def run(
    job: Job,
    client: httpx.Client,
    stop: threading.Event,
    report: Callable[[Consumed], None] = lambda _: None,
) -> Consumed:
    """Read until `stop` is set. Raises StreamError, MappingError and what `Sender` raises."""
    stream_id = job.definition.id_in(job.source_id)
    done = Consumed()
    with (
        offsets.claimed(job.data_dir, stream_id),
        Rejects(job.rejected, is_kept=True) as rejects,
        Topics(
            job.definition.kafka,
            known := offsets.load(job.data_dir, stream_id),
            stream_id,
            job.secrets,
        ) as topics,
        Sender(
            client,
            job.write_key,
            lambda batch: None,  # noqa: ARG005
            is_new_key=job.is_new_source,
        ) as sender,
    ):
        step = _Step(Converter(job.definition.mapping, stream_id), sender, rejects, done)
        while not stop.is_set() and not (job.most and done.messages >= job.most):
            messages = topics.read(stop)
            done.behind = topics.behind()
            if not messages:
                report(done)
                continue
            step.take(messages)
            known |= {f"{m.topic}/{m.partition}": m.offset + 1 for m in messages}
            offsets.keep(job.data_dir, stream_id, known)
            report(done)
    return done


class _Step:
    def __init__(
        self, converter: Converter, sender: Sender, rejects: Rejects, done: Consumed
    ) -> None:
        self._converter = converter
        self._sender = sender
        self._rejects = rejects
        self._done = done

    def take(self, messages: Sequence[Message]) -> None:
        """Send the events of messages, and wait until the server has them."""
        events = list(self._events(messages))
        for batch in batches(events):
            self._sender.send(batch)
        self._sender.drain()
        self._done.messages += len(messages)
        self._done.events += len(events)

    def _events(self, messages: Sequence[Message]) -> Iterator[Encoded]:
        for message in messages:
            try:
                made = list(self._converter.convert(message))
            except RowSkippedError:
                self._done.skipped += 1
            except RowRejectedError as problem:
                self._done.rejected += 1
                text = (message.value or b"").decode("utf-8", "replace")
                place = f"{message.topic}/{message.partition} at {message.offset}"
                self._rejects.add(Row(0, message.offset, text, ()), f"{place}: {problem}")
            else:
                yield from made
