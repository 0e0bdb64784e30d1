"""Streams: topics of Apache Kafka, read on and on."""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from headwater.connections.kinds.model import Kind, Surroundings, Task
from headwater.connections.model import Figures
from headwater.errors import StreamError
from headwater.imports.model import RowRejectedError, RowSkippedError
from headwater.streams import offsets
from headwater.streams.converting import Converter
from headwater.streams.definition import Definition, parse
from headwater.streams.kafka import Topics
from headwater.streams.run import Consumed, Job, run

_SHOWN: Final = 10
_LOOKS: Final = 10


def _parse(text: str, name: str) -> Any:
    return parse(text, name)


def _names(definition: Definition) -> Sequence[str]:
    return definition.names()


def _try_out(definition: Definition, task: Task) -> Sequence[bytes]:
    """The events of the first messages; none are where none come within some seconds."""
    events: list[bytes] = []
    converter = Converter(definition.mapping, "preview")
    with Topics(definition.kafka, {}, "preview", task.secrets) as topics:
        topics.require_reached()
        for _ in range(_LOOKS):
            for message in topics.read(threading.Event()):
                try:
                    events += [each.body for each in converter.convert(message)]
                except RowSkippedError:
                    continue
                except RowRejectedError as problem:
                    place = f"{message.topic}/{message.partition} at {message.offset}"
                    raise StreamError(f"The message {place} makes no event: {problem}.") from None
            if events:
                break
    return events[:_SHOWN]


def _run(definition: Definition, task: Task, surroundings: Surroundings) -> Figures:
    folder = Path(task.data_dir)
    if task.backfill:
        offsets.forget(folder, definition.id_in(task.source_id))
    job = Job(
        definition=definition,
        source_id=task.source_id,
        write_key=task.write_key,
        data_dir=folder,
        rejected=Path(task.rejected),
        secrets=task.secrets,
    )
    done = run(
        job, surroundings.client, surroundings.stop, lambda far: surroundings.tell(_figures(far))
    )
    return _figures(done)


def _figures(done: Consumed) -> Figures:
    return Figures(
        rows=done.messages,
        events=done.events,
        rejected=done.rejected,
        skipped=done.skipped,
        behind=done.behind,
    )


KIND = Kind("stream", "kafka", _parse, _names, _try_out, _run, is_endless=True)
