"""The process that reads an uploaded file: one task on standard input, answers on standard output.

A file comes from outside, and may be large or made to hurt: it is read here, where it takes neither
the console's time nor its memory with it. The process ends when its standard input does, and so
with the one that started it.
"""

import os
import resource
from pathlib import Path
from typing import Any, Final

import httpx
import msgspec

from headwater.errors import HeadwaterError
from headwater.imports.model import FileMapping, FileRules
from headwater.imports.run import Job, Progress, run_import
from headwater.kit.child import heed_parent, say, task_given
from headwater.uploads import finding

TIMEOUT: Final = httpx.Timeout(60.0, connect=10.0)
_MEMORY: Final = 4_000_000_000


class Find(msgspec.Struct, tag=True, frozen=True):
    """Look at a file."""

    path: str
    rules: FileRules


class TryOut(msgspec.Struct, tag=True, frozen=True):
    """Make events of a file's first rows."""

    path: str
    rules: FileRules
    mapping: FileMapping | None


class Import(msgspec.Struct, tag=True, frozen=True):
    """Import a file through the server at an address."""

    path: str
    rules: FileRules
    mapping: FileMapping | None
    url: str
    source_id: str
    write_key: str
    data_dir: str
    rejected: str


class Far(msgspec.Struct, tag=True, frozen=True):
    """How far an import is."""

    rows: int
    accepted: int
    rejected: int
    skipped: int
    share_read: float
    was_finished: bool = False


class Failed(msgspec.Struct, tag=True, frozen=True):
    """It cannot be done."""

    message: str
    hint: str
    code: str
    status: int


class Done(msgspec.Struct, tag=True, frozen=True):
    """The task's answer, as JSON."""

    value: msgspec.Raw


Task = Find | TryOut | Import
Answer = Far | Failed | Done


def main() -> None:
    """Do the task that stands on the first line of standard input."""
    os.nice(5)
    resource.setrlimit(resource.RLIMIT_DATA, (_MEMORY, _MEMORY))
    task = msgspec.json.decode(task_given(), type=Task)
    heed_parent(lambda: None)
    try:
        answer: Answer = Done(msgspec.Raw(msgspec.json.encode(_done(task))))
    except HeadwaterError as error:
        answer = Failed(error.message, error.hint, error.code, error.status)
    except MemoryError:
        answer = Failed(
            "The file takes more memory than there is for it.", "", "import_failed", 400
        )
    _say(answer)


def _done(task: Any) -> object:
    path = Path(task.path)
    if isinstance(task, Find):
        return finding.find(path, task.rules)
    if isinstance(task, TryOut):
        return finding.try_out(path, task.mapping, task.rules)
    return _imported(path, task)


def _imported(path: Path, task: Import) -> Far:
    job = Job(
        path=path,
        mapping=task.mapping,
        rules=task.rules,
        source_id=task.source_id,
        write_key=task.write_key,
        data_dir=Path(task.data_dir),
        rejected=Path(task.rejected),
    )
    with httpx.Client(base_url=task.url, timeout=TIMEOUT, trust_env=False) as client:
        result = run_import(job, client, lambda progress: _say(_far(progress)))
    last = _far(Progress(result.account, result.acknowledged, 1.0))
    return msgspec.structs.replace(last, was_finished=result.was_finished)


def _far(progress: Progress) -> Far:
    account = progress.account
    return Far(
        rows=account.rows,
        accepted=progress.acknowledged,
        rejected=account.rejected,
        skipped=account.skipped.total(),
        share_read=progress.share_read,
    )


def _say(answer: Answer) -> None:
    say(msgspec.json.encode(answer))


if __name__ == "__main__":
    main()
