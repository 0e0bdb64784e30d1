"""`headwater consume`: the messages of a stream become events."""

import signal
import sys
import threading
import time
from pathlib import Path
from typing import Annotated, Final

import httpx
from cyclopts import Parameter

from headwater.cli.options import ClientOptions, settings_of
from headwater.cli.private_server import server
from headwater.cli.source_of import source_named
from headwater.streams.definition import read_definition
from headwater.streams.run import Consumed, Job, run
from headwater.workspaces.model import SourceType

TIMEOUT: Final = httpx.Timeout(60.0, connect=10.0)
_TELL_SECONDS: Final = 10.0


def consume(
    file: Annotated[Path, Parameter(help="The stream file (TOML): see docs/streams.md.")],
    *,
    source: Annotated[
        str, Parameter(help="The source's name, id or slug; made where there is none.")
    ],
    most: Annotated[int, Parameter(help="Stop after about so many messages; 0 goes on.")] = 0,
    rejected: Annotated[
        Path | None, Parameter(help="Where rejected messages go. [default: FILE.rejected.jsonl]")
    ] = None,
    options: ClientOptions | None = None,
) -> None:
    """Make events of the messages of Kafka topics, each once, until stopped.

    Start it again at any time: it goes on after what the server has on disk. SIGTERM and Ctrl-C
    stop it with exit status 0.
    """
    definition = read_definition(file)
    settings = settings_of(options)
    stop = threading.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda *_: stop.set())
    with server(settings) as connection:
        target = source_named(connection, source, SourceType.SERVER.value)
        if target.is_new:
            print(f"Made the source {target.name} ({target.id}).", file=sys.stderr)
        job = Job(
            definition=definition,
            source_id=target.id,
            write_key=target.write_key,
            data_dir=settings.data_dir,
            rejected=rejected or file.with_name(f"{file.name}.rejected.jsonl"),
            is_new_source=target.is_new,
            most=most,
        )
        with httpx.Client(base_url=connection.url, timeout=TIMEOUT) as client:
            done = run(job, client, stop, _Teller(target.name))
    print(_summary(target.name, done))


class _Teller:
    """Says now and then how far it is."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._told_at = time.monotonic()

    def __call__(self, done: Consumed) -> None:
        if time.monotonic() - self._told_at >= _TELL_SECONDS:
            self._told_at = time.monotonic()
            print(_summary(self._name, done), file=sys.stderr, flush=True)


def _summary(source: str, done: Consumed) -> str:
    return (
        f"{source}: {done.messages:,} messages read, {done.events:,} events accepted, "
        f"{done.rejected:,} rejected, {done.skipped:,} skipped."
    )
