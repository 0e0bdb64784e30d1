"""`headwater demo`: weeks of a small shop's life, or real data sets, through the tracking API."""

import sys
from collections import Counter
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Annotated

import httpx
from cyclopts import Parameter
from cyclopts.validators import Number

from headwater.cli.connection import Connection
from headwater.cli.import_ import TIMEOUT, send_with_bar, summary
from headwater.cli.options import ClientOptions, settings_of
from headwater.cli.private_server import lasting_server, server
from headwater.cli.source_of import source_named
from headwater.demo.life import Sent, life
from headwater.demo.model import SOURCES, Plan
from headwater.demo.replay import found_in, mapping_path
from headwater.errors import SettingsError
from headwater.imports.batches import Batch, Encoded, batches
from headwater.imports.mapping_file import read_mapping
from headwater.imports.run import Job
from headwater.imports.sending import Sender
from headwater.kit.clock import SystemClock, isoformat, to_microseconds
from headwater.settings import Settings

_TURN = 3000  # events that are sent source by source, before the next ones


def demo(
    *,
    weeks: Annotated[
        int, Parameter(help="How many weeks of life.", validator=Number(gte=1, lte=520))
    ] = 6,
    visitors: Annotated[
        int, Parameter(help="How many visitors come.", validator=Number(gte=1, lte=20_000))
    ] = 2000,
    seed: Annotated[int, Parameter(help="Another number gives another life.")] = 1,
    until: Annotated[datetime | None, Parameter(help="When the life ends. [default: now]")] = None,
    data: Annotated[
        Path | None, Parameter(help="Replay the real data sets in this folder instead.")
    ] = None,
    serve: Annotated[
        bool, Parameter(help="Start a server where none runs, and keep it up.", negative="")
    ] = False,
    options: ClientOptions | None = None,
) -> None:
    """Fill a Headwater with events that look like a shop's, and stop when all are accepted.

    The events keep their own times. A second run with the same seed adds nothing but the few
    events that have no messageId: all others have the same as before.
    """
    settings = settings_of(options)
    with (lasting_server if serve else server)(settings) as connection:
        if data is not None:
            _replay(connection, settings, data)
        else:
            plan = Plan(end=_end(until), weeks=weeks, visitors=visitors, seed=seed)
            _live(connection, plan)


def _end(until: datetime | None) -> int:
    if until is None:
        return SystemClock().now()
    try:
        return to_microseconds(until if until.tzinfo else until.replace(tzinfo=UTC))
    except OverflowError:
        raise SettingsError([f"--until: {until} is beyond the calendar."]) from None


def _live(connection: Connection, plan: Plan) -> None:
    print(
        f"Making {plan.weeks} weeks of a shop's life up to {isoformat(plan.end)} …", file=sys.stderr
    )
    sent = life(plan)
    with ExitStack() as stack:
        client = stack.enter_context(httpx.Client(base_url=connection.url, timeout=TIMEOUT))
        accepted: Counter[str] = Counter()
        senders = {}
        for name, kind in SOURCES.items():
            source = source_named(connection, name, kind)
            count = partial(_count, accepted, name)
            senders[name] = stack.enter_context(
                Sender(client, source.write_key, count, is_new_key=source.is_new)
            )
        for name, body in _in_turns(sent):
            for batch in batches(body):
                senders[name].send(batch)
        for sender in senders.values():
            sender.drain()
    for name, number in accepted.items():
        print(f"{name}: {number:,} events accepted.")


def _count(accepted: Counter[str], name: str, batch: Batch) -> None:
    accepted[name] += batch.size


def _in_turns(sent: list[Sent]) -> list[tuple[str, list[Encoded]]]:
    """The events of a stretch of time, source by source, so that all sources move on together."""
    turns = []
    for start in range(0, len(sent), _TURN):
        stretch = sorted(sent[start : start + _TURN], key=lambda each: (each.source, each.at))
        for source, events in groupby(stretch, key=lambda each: each.source):
            turns.append((source, [Encoded(0, event.body) for event in events]))
    return turns


def _replay(connection: Connection, settings: Settings, folder: Path) -> None:
    for data_set in found_in(folder):
        source = source_named(connection, data_set.name, data_set.source_type)
        mapping = read_mapping(mapping_path(data_set.name))
        job = Job(
            path=folder / data_set.name / data_set.file,
            mapping=mapping,
            rules=mapping.file,
            source_id=source.id,
            write_key=source.write_key,
            is_new_source=source.is_new,
            data_dir=settings.data_dir,
            rejected=settings.data_dir / "imports" / f"{data_set.name}.rejected.jsonl",
        )
        result = send_with_bar(job, connection)
        print(summary(job.path.name, data_set.name, result))
