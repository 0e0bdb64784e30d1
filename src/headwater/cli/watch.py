"""`headwater watch`: files that appear in a bucket, at an address or in a folder become events."""

import sys
import tempfile
import threading
from itertools import islice
from pathlib import Path
from typing import Annotated, Final

import httpx
import msgspec
from cyclopts import Parameter

from headwater.cli.connection import Connection
from headwater.cli.options import ClientOptions, settings_of
from headwater.cli.private_server import server
from headwater.cli.pull import TIMEOUT
from headwater.cli.pull import seconds as seconds_of
from headwater.cli.source_of import source_named
from headwater.errors import BadRequestError, ImportFileError, LocationError
from headwater.locations.around import Around
from headwater.locations.definition import read_definition
from headwater.locations.run import Job, Watched, preview, run
from headwater.workspaces.model import SourceType

SHOWN: Final = 100


def watch(
    file: Annotated[Path, Parameter(help="The location file (TOML or YAML): docs/locations.md.")],
    *,
    source: Annotated[
        str, Parameter(help="The source's name, id or slug; made where there is none.")
    ] = "",
    every: Annotated[
        str, Parameter(help="Go on, and look again after so long: 30s, 10m, 2h, 1d.")
    ] = "",
    dry_run: Annotated[
        bool, Parameter(help="Print the first events of the first file; send nothing.", negative="")
    ] = False,
    reset: Annotated[
        bool,
        Parameter(
            help="Forget what was imported: every file is new, and so are its events.", negative=""
        ),
    ] = False,
    rejected: Annotated[
        Path | None, Parameter(help="Where rejected rows go. [default: FILE.rejected.jsonl]")
    ] = None,
    options: ClientOptions | None = None,
) -> None:
    """Import the files that are new in a bucket, at web addresses or in a folder.

    Run it again, or with --every: each version of a file is imported once, also when a run was cut
    short. The exit status is 1 where a file could not be imported.
    """
    definition = read_definition(file)
    if dry_run:
        with tempfile.TemporaryDirectory() as scratch:
            for event in islice(preview(definition, Around(), Path(scratch)), SHOWN):
                sys.stdout.buffer.write(event + b"\n")
        return
    if not source:
        raise BadRequestError("Give the --source that the events are to come from.")
    wait = seconds_of(every)
    settings = settings_of(options)
    with server(settings) as connection:
        target = source_named(connection, source, SourceType.FILE.value)
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
        all_well = _repeat(job, connection, wait, target.name)
    if not all_well:
        raise SystemExit(1)


def _repeat(job: Job, connection: Connection, wait: float, name: str) -> bool:
    """Look, and again after each wait where there is one; whether all could be imported."""
    while True:
        done = Watched()
        try:
            with httpx.Client(base_url=connection.url, timeout=TIMEOUT) as client:
                done = run(job, client)
            job = msgspec.structs.replace(job, is_reset=False)
            print(_summary(name, done, job.rejected), flush=True)
            for problem in done.problems:
                print(problem, file=sys.stderr, flush=True)
        except (LocationError, ImportFileError) as error:
            if not wait:
                raise
            print(f"{error.message} Trying again in {wait:.0f} s.", file=sys.stderr, flush=True)
        if not wait:
            return not done.failed
        threading.Event().wait(wait)


def _summary(name: str, done: Watched, rejected: Path) -> str:
    if not done.files:
        return f"{name}: nothing new."
    counts = (
        f"{done.imported:,} of {done.files:,} new files imported, {done.rows:,} rows, "
        f"{done.events:,} events accepted, {done.rejected:,} rejected"
    )
    kept = f" Rejected rows, with their reasons: {rejected}" if done.rejected else ""
    return f"{name}: {counts}.{kept}"
