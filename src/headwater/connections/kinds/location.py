"""Watched locations: files that appear in a bucket, at addresses or in a folder."""

import tempfile
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final

import httpx

from headwater.connections.kinds.database import require_below
from headwater.connections.kinds.model import Kind, Surroundings, Task
from headwater.connections.model import Backfill, Figures
from headwater.errors import LocationError
from headwater.locations.around import Around
from headwater.locations.definition import Definition, parse
from headwater.locations.folders import path_of
from headwater.locations.run import Job, Watched, preview, run

_SHOWN: Final = 10


def _parse(text: str, name: str) -> Any:
    return parse(text, name)


def _names(definition: Definition) -> Sequence[str]:
    return definition.names()


def _try_out(definition: Definition, task: Task) -> Sequence[bytes]:
    """The events of the first file."""
    _require_admitted(definition, task)
    with tempfile.TemporaryDirectory() as scratch:
        around = Around(secrets=task.secrets, transport=task.transport())
        return list(islice(preview(definition, around, Path(scratch)), _SHOWN))


def _run(definition: Definition, task: Task, surroundings: Surroundings) -> Figures:
    _require_admitted(definition, task)
    job = Job(
        definition=definition,
        source_id=task.source_id,
        write_key=task.write_key,
        data_dir=Path(task.data_dir),
        rejected=Path(task.rejected),
        is_forgetting=task.backfill is Backfill.MISSING,
        is_reset=task.backfill is Backfill.ALL,
        around=Around(secrets=task.secrets, stop=surroundings.stop, transport=task.transport()),
    )
    done = run(job, surroundings.client, lambda far: surroundings.tell(_figures(far)))
    if done.problems and not done.imported:
        raise LocationError(
            f"{done.failed:,} files could not be imported. {done.problems[0]}",
            hint="A file is tried again when it has changed, or the mapping.",
        )
    return _figures(done)


def _require_admitted(definition: Definition, task: Task) -> None:
    """Raise PullError for a folder that is not where files may be read, and LocationError for a
    storage that may not be reached, or that would be by the server's own credentials."""
    where = definition.opened(task.secrets)
    if definition.kind == "file":
        require_below(str(path_of(where.urls[0])), task.files, "location.url")
    if definition.kind != "s3":
        return
    if not where.s3.anonymous and not where.s3.access_key_id:
        raise LocationError(
            "`location.s3` has no `access_key_id`.",
            hint="Give the storage's keys as secrets, or `anonymous = true` for an open bucket.",
        )
    if where.s3.endpoint:
        try:
            task.transport().require_admitted(where.s3.endpoint)
        except (httpx.TransportError, httpx.InvalidURL) as error:
            raise LocationError(
                f"`location.s3.endpoint` cannot be reached: {error}.",
                hint="Hosts beside the public internet have to be in connections_allowed.",
            ) from None


def _figures(done: Watched) -> Figures:
    return Figures(
        rows=done.rows,
        events=done.events,
        rejected=done.rejected,
        skipped=done.skipped,
        part=done.part,
        behind=done.waiting,
        changes={
            name: count
            for name, count in (("imported", done.imported), ("failed", done.failed))
            if count
        },
    )


KIND = Kind("location", "location", _parse, _names, _try_out, _run)
