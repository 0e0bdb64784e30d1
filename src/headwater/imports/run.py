"""One import from its file to its last acknowledged event; a second run goes on or does nothing."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import msgspec
import xxhash

from headwater import __version__
from headwater.errors import ImportFileError
from headwater.imports.batches import Batch, Encoded, batches
from headwater.imports.converting import Account, FileEvents
from headwater.imports.model import FileMapping, FileRules
from headwater.imports.opening import digest
from headwater.imports.progress import ImportState, load_state, save_state, state_path
from headwater.imports.rejects import Rejects
from headwater.imports.sending import Sender

LONGEST_IMPORT_ID = 64
_SAVE_EVERY_SECONDS = 0.5
_REPORT_EVERY_EVENTS = 500


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """What to import, into which source, and where its progress and rejected rows are kept."""

    path: Path
    mapping: FileMapping | None
    rules: FileRules
    source_id: str
    write_key: str
    is_new_source: bool = False
    data_dir: Path
    rejected: Path
    import_id: str = ""
    """Given, the messageIds are made of it; empty, of the file, the mapping and the source."""


class Progress(msgspec.Struct, frozen=True):
    """How far an import is."""

    account: Account
    acknowledged: int
    share_read: float


class Result(msgspec.Struct, frozen=True):
    """How an import ended. `resumed_after` events were acknowledged in earlier runs."""

    id: str
    account: Account
    acknowledged: int
    resumed_after: int
    rejected: Path
    was_finished: bool = False


def id_of(job: Job) -> str:
    """The import's id: the given one, or one that is the same for the same file and mapping.

    Raises ImportFileError for an id that does not fit into a messageId.
    """
    if job.import_id:
        if len(job.import_id) > LONGEST_IMPORT_ID or not job.import_id.isprintable():
            raise ImportFileError(
                f"The import id {job.import_id!r} cannot be used.",
                hint=f"It has at most {LONGEST_IMPORT_ID} printable characters.",
            )
        return job.import_id
    whole = msgspec.json.encode([digest(job.path), job.mapping, job.rules, job.source_id])
    return xxhash.xxh3_128_hexdigest(whole)


def run_import(
    job: Job,
    client: httpx.Client,
    report: Callable[[Progress], None] = lambda _progress: None,
    *,
    pause: Callable[[float], object] | None = None,
) -> Result:
    """Import a file through the server of `client`.

    What an earlier run of the same import saw acknowledged is not sent again, and what it sent
    without seeing the answer has the same messageIds, so that nothing is doubled. Raises
    ImportFileError and MappingError; UnauthorizedError when the write key is unknown.
    """
    import_id = id_of(job)
    path = state_path(job.data_dir, _file_name(import_id))
    state = load_state(path)
    if state is not None and state.is_finished:
        return _finished_before(job, state)
    if state is None or state.version != __version__:
        state = ImportState(
            id=import_id, file=job.path.name, source=job.source_id, version=__version__
        )
    return _Run(job, state, path, report).send(client, pause)


class _Run:
    """One run of an import: what it holds open and how far it is."""

    def __init__(
        self, job: Job, state: ImportState, path: Path, report: Callable[[Progress], None]
    ) -> None:
        self._job = job
        self._state = state
        self._path = path
        self._report = report
        self._resumed_after = state.acknowledged
        self._saved_at = time.monotonic()

    def send(self, client: httpx.Client, pause: Callable[[float], object] | None) -> Result:
        job, state = self._job, self._state
        with (
            Rejects(job.rejected) as rejects,
            FileEvents(job.path, job.mapping, job.rules, state.id, rejects.add) as events,
            Sender(
                *(client, job.write_key, self._acknowledge),
                is_new_key=job.is_new_source,
                pause=pause,
            ) as sender,
        ):
            try:
                for batch in batches(self._watched(events), after=self._resumed_after):
                    sender.send(batch)
                sender.drain()
            finally:
                save_state(self._path, state)
            account = events.account
        state.rows, state.skipped, state.rejected = (
            account.rows,
            dict(account.skipped),
            account.rejected,
        )
        state.is_finished = True
        save_state(self._path, state)
        return Result(state.id, account, state.acknowledged, self._resumed_after, job.rejected)

    def _watched(self, events: FileEvents) -> Iterator[Encoded]:
        for number, event in enumerate(events):
            if number % _REPORT_EVERY_EVENTS == 0:
                self._report(
                    Progress(events.account, self._state.acknowledged, events.share_read())
                )
            yield event
        self._report(Progress(events.account, self._state.acknowledged, 1.0))

    def _acknowledge(self, batch: Batch) -> None:
        self._state.acknowledged = batch.last
        now = time.monotonic()
        if now - self._saved_at >= _SAVE_EVERY_SECONDS:
            save_state(self._path, self._state)
            self._saved_at = now


def _finished_before(job: Job, state: ImportState) -> Result:
    account = Account(rows=state.rows, events=state.acknowledged, rejected=state.rejected)
    account.skipped.update(state.skipped)
    return Result(
        state.id, account, state.acknowledged, state.acknowledged, job.rejected, was_finished=True
    )


def _file_name(import_id: str) -> str:
    """An import id as a file name, whatever it was given as."""
    if import_id.replace("-", "").replace("_", "").isalnum() and import_id.isascii():
        return import_id
    return xxhash.xxh3_128_hexdigest(import_id.encode())
