"""`headwater pull`: rows of databases and records of applications become events, as they change."""

import sys
import threading
from pathlib import Path
from typing import Annotated, Final

import httpx
from cyclopts import Parameter

from headwater.cli.connection import Connection
from headwater.cli.options import ClientOptions, settings_of
from headwater.cli.private_server import server
from headwater.cli.source_of import source_named
from headwater.errors import BadRequestError, ImportFileError, PullError
from headwater.pulls.definition import Definition, parse, read_definition
from headwater.pulls.preview import preview
from headwater.pulls.rest.definition import RestDefinition
from headwater.pulls.rest.ready import Ready, listed, text_of
from headwater.pulls.run import Job, Pulled, run
from headwater.workspaces.model import SourceType

TIMEOUT: Final = httpx.Timeout(60.0, connect=10.0)
_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def pull(
    file: Annotated[
        Path | None,
        Parameter(
            help="The pull file: TOML for a database (docs/pulls.md), YAML for an application "
            "(docs/applications.md); or the name of a ready definition."
        ),
    ] = None,
    *,
    source: Annotated[
        str, Parameter(help="The source's name, id or slug; made where there is none.")
    ] = "",
    every: Annotated[
        str, Parameter(help="Go on, and pull again after so long: 30s, 10m, 2h, 1d.")
    ] = "",
    dry_run: Annotated[
        bool, Parameter(help="Print the events of the first rows; send nothing.", negative="")
    ] = False,
    reset: Annotated[
        bool, Parameter(help="Forget what earlier runs saw: every row is new.", negative="")
    ] = False,
    rejected: Annotated[
        Path | None, Parameter(help="Where rejected rows go. [default: FILE.rejected.jsonl]")
    ] = None,
    ready: Annotated[
        bool, Parameter(help="List the ready definitions of applications.", negative="")
    ] = False,
    show: Annotated[
        str, Parameter(help="Print the ready definition of this name, to be kept and changed.")
    ] = "",
    options: ClientOptions | None = None,
) -> None:
    """Make events of what was inserted, updated and deleted since the last run, in a database or
    an application.

    Run it again, or with --every: each change makes its events once, also when a run was cut short.
    """
    if ready or show:
        print(text_of(show) if show else "\n".join(map(_line, listed())), end="\n" * (not show))
        return
    if file is None:
        raise BadRequestError(
            "Give the pull file.", hint="--ready lists definitions to begin with."
        )
    definition = _definition(file)
    if dry_run:
        for event in preview(definition):
            sys.stdout.buffer.write(event + b"\n")
        return
    if not source:
        raise BadRequestError("Give the --source that the events are to come from.")
    wait = seconds(every)
    settings = settings_of(options)
    with server(settings) as connection:
        kind = SourceType.DATABASE if isinstance(definition, Definition) else SourceType.SERVER
        target = source_named(connection, source, kind.value)
        if target.is_new:
            print(f"Made the source {target.name} ({target.id}).", file=sys.stderr)
        job = Job(
            definition=definition,
            source_id=target.id,
            write_key=target.write_key,
            data_dir=settings.data_dir,
            rejected=rejected or file.with_name(f"{file.name}.rejected.jsonl"),
            is_new_source=target.is_new,
            is_reset=reset,
        )
        _repeat(job, connection, wait, target.name)


def _repeat(job: Job, connection: Connection, wait: float, name: str) -> None:
    """Pull, and again after each wait where there is one. A failed run is told and tried again."""
    while True:
        try:
            with httpx.Client(base_url=connection.url, timeout=TIMEOUT) as client:
                print(_summary(name, run(job, client), job.rejected), flush=True)
        except (PullError, ImportFileError) as error:
            if not wait:
                raise
            print(f"{error.message} Trying again in {wait:.0f} s.", file=sys.stderr, flush=True)
        if not wait:
            return
        threading.Event().wait(wait)


def _definition(file: Path) -> Definition | RestDefinition:
    """What a file says, or the ready definition of that name where there is no such file."""
    name = str(file)
    if not file.exists() and name in [each.name for each in listed()]:
        return parse(text_of(name), f"{name}.yaml")
    return read_definition(file)


def _line(ready: Ready) -> str:
    return f"{ready.name:12} {ready.about}"


def seconds(every: str) -> float:
    """A span such as 10m; 0 where there is none. Raises BadRequestError."""
    if not every:
        return 0.0
    number, unit = every[:-1], every[-1:]
    if unit not in _UNITS or not number.isdigit() or int(number) == 0:
        raise BadRequestError(f"--every: {every!r} is no time such as 30s, 10m, 2h or 1d.")
    return float(int(number) * _UNITS[unit])


def _summary(source: str, done: Pulled, rejected: Path) -> str:
    changes = ", ".join(f"{count:,} {kind}" for kind, count in sorted(done.changes.items()))
    counts = f"{done.rows:,} rows read, {changes or 'nothing changed'}; {done.events:,} events"
    text = f"{source}: {counts}."
    if done.rejected:
        text += f" {done.rejected:,} rows rejected, with their reasons: {rejected}"
    return text
