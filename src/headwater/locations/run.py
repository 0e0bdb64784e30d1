"""One look at a location: what is new there is imported, each version of a file once.

A file is fetched whole, then imported with messageIds made of the location, the file and its
version. So a run that was killed at any moment is gone on with by the next one: by the part that
was fetched, and by the last event that the server acknowledged.
"""

import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

import httpx
import msgspec
import xxhash

from headwater.errors import HeadwaterError, ImportFileError, LocationError, MappingError
from headwater.imports.converting import FileEvents
from headwater.imports.model import FileRules
from headwater.imports.run import Job as Import
from headwater.imports.run import Progress, Result, run_import
from headwater.imports.telling import format_told
from headwater.kit.file_names import safe_name
from headwater.locations.addresses import name_of
from headwater.locations.around import Around, opened
from headwater.locations.definition import Definition
from headwater.locations.model import GoneError, Place, Remote
from headwater.locations.state import (
    DONE,
    FAILED,
    Known,
    LocationState,
    folder_of,
    open_state,
)

MOST_FILES: Final = 100_000
MOST_ATTEMPTS: Final = 3
"""How often a version of a file that cannot be imported is tried by the same mapping."""


class Watched(msgspec.Struct):
    """What a look found and did so far. `waiting` files are new and not yet imported."""

    files: int = 0
    imported: int = 0
    failed: int = 0
    waiting: int = 0
    rows: int = 0
    events: int = 0
    rejected: int = 0
    skipped: int = 0
    part: str = ""
    """The file in hand."""
    share_read: float = 0.0
    """Of the file in hand."""
    is_stopped: bool = False
    problems: list[str] = []


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """What is watched, and for whom. `is_forgetting` looks at every file again; with `is_reset`
    their events are new ones, also where they are the same."""

    definition: Definition
    source_id: str
    write_key: str
    data_dir: Path
    rejected: Path
    is_new_source: bool = False
    is_forgetting: bool = False
    is_reset: bool = False
    around: Around = msgspec.field(default_factory=Around)


class StoppedError(Exception):
    """The run was told to stop."""


def run(
    job: Job, client: httpx.Client, report: Callable[[Watched], None] = lambda _: None
) -> Watched:
    """Import what is new. Files that cannot be imported are told in `problems`, and do not keep
    others from it.

    Raises LocationError where the place cannot be reached; UnauthorizedError and ImportFileError
    where the server takes no events.
    """
    location_id = job.definition.id_in(job.source_id)
    with (
        open_state(job.data_dir, location_id) as state,
        opened(job.definition, job.around) as place,
    ):
        if job.is_forgetting or job.is_reset:
            state.forget(is_new=job.is_reset)
        return _Run(job, location_id, place, state, client, report).whole()


def new_files(job: Job, place: Place, state: LocationState) -> list[Remote]:
    """The files to be imported, in their order. Raises LocationError."""
    where, now = job.definition.location, job.around.clock.now() / 1e6
    mapping = _mapping_id(job.definition)
    found: list[Remote] = []
    for number, remote in enumerate(place.files()):
        if number >= MOST_FILES:
            raise LocationError(
                f"There are more than {MOST_FILES:,} files.",
                hint="Watch a longer prefix, or a narrower pattern.",
            )
        settled = not remote.modified or now - remote.modified >= where.settled_seconds
        if settled and _is_wanted(remote, state.known(remote.key), where.changed, mapping):
            found.append(remote)
    if where.order == "modified":
        return sorted(found, key=lambda each: (each.modified, each.key))
    return sorted(found, key=lambda each: each.key)


def _is_wanted(remote: Remote, known: Known | None, changed: str, mapping: str) -> bool:
    if known is None or not remote.version:
        return True
    if known.state == FAILED:
        again = known.version != remote.version or known.mapping != mapping
        return again or known.attempts < MOST_ATTEMPTS
    return changed == "again" and known.version != remote.version


def _mapping_id(definition: Definition) -> str:
    told = [definition.file, definition.mapping]
    return xxhash.xxh3_64_hexdigest(msgspec.json.encode(told))


def _rules(rules: FileRules, path: Path) -> FileRules:
    """How a file is read, with its format. Raises ImportFileError where that cannot be told."""
    known = {**msgspec.to_builtins(rules), "format": format_told(path, rules)}
    return msgspec.convert(known, FileRules)


class _Run:
    def __init__(
        self,
        job: Job,
        location_id: str,
        place: Place,
        state: LocationState,
        client: httpx.Client,
        report: Callable[[Watched], None],
    ) -> None:
        self._job = job
        self._id = location_id
        self._place = place
        self._state = state
        self._client = client
        self._report = report
        self._folder = folder_of(job.data_dir, location_id)
        self.done = Watched()

    def whole(self) -> Watched:
        files = new_files(self._job, self._place, self._state)
        self._keep_parts_of(files)
        self.done.files = self.done.waiting = len(files)
        self._report(self.done)
        try:
            for remote in files:
                if self._job.around.stop.is_set():
                    raise StoppedError
                self._take(remote)
                self.done.waiting -= 1
                self._report(self.done)
        except StoppedError:
            self.done.is_stopped = True
        self.done.part = ""
        return self.done

    def _take(self, remote: Remote) -> None:
        """Import a file, and keep what became of it."""
        self.done.part, self.done.share_read = name_of(remote.key), 0.0
        path = self._path(remote)
        try:
            version = self._fetched(remote, path)
            known = self._state.known(remote.key)
            if known is not None and known.state == DONE and known.version == version:
                # an address that does not tell its versions, and nothing is new
                shutil.rmtree(path.parent, ignore_errors=True)
                return
            result = self._imported(remote, version, path)
        except GoneError:
            if self._job.around.stop.is_set():
                raise StoppedError from None
            return  # the next look finds it as it is then
        except (ImportFileError, MappingError, LocationError) as error:
            if not isinstance(error, LocationError) and not self._server_answers():
                raise
            self._failed(remote, error)
        else:
            self._succeeded(remote, version, result)
        shutil.rmtree(path.parent, ignore_errors=True)

    def _fetched(self, remote: Remote, path: Path) -> str:
        most = self._job.definition.location.max_bytes
        if (remote.size or 0) > most:
            raise LocationError(f"It has {remote.size:,} bytes, and max_bytes is {most:,}.")
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        part = path.with_name(f"{path.name}.part")
        if path.exists() and remote.version:
            return remote.version
        version = self._place.fetch(remote, part)
        if part.stat().st_size > most:
            part.unlink()
            raise LocationError(f"It has more bytes than max_bytes, {most:,}.")
        part.replace(path)
        return version

    def _imported(self, remote: Remote, version: str, path: Path) -> Result:
        job, definition = self._job, self._job.definition
        told = [self._id, self._state.generation(), remote.key, version]
        before = (self.done.rows, self.done.events, self.done.rejected, self.done.skipped)

        def far(progress: Progress) -> None:
            if job.around.stop.is_set():
                raise StoppedError
            account = progress.account
            self.done.rows = before[0] + account.rows
            self.done.events = before[1] + progress.acknowledged
            self.done.rejected = before[2] + account.rejected
            self.done.skipped = before[3] + account.skipped.total()
            self.done.share_read = progress.share_read
            self._report(self.done)

        result = run_import(
            Import(
                path=path,
                mapping=definition.mapping,
                rules=_rules(definition.file, path),
                source_id=job.source_id,
                write_key=job.write_key,
                is_new_source=job.is_new_source,
                data_dir=job.data_dir,
                rejected=path.with_name("rejected.jsonl"),
                import_id=xxhash.xxh3_128_hexdigest(msgspec.json.encode(told)),
            ),
            self._client,
            far,
        )
        far(Progress(result.account, result.acknowledged, 1.0))
        return result

    def _succeeded(self, remote: Remote, version: str, result: Result) -> None:
        self._keep_rejected(remote, result.rejected)
        self._state.keep(
            Known(
                key=remote.key,
                version=version,
                state=DONE,
                mapping=_mapping_id(self._job.definition),
                at=self._job.around.clock.now() / 1e6,
                rows=result.account.rows,
                events=result.acknowledged,
                rejected=result.account.rejected,
            )
        )
        self.done.imported += 1

    def _failed(self, remote: Remote, error: HeadwaterError) -> None:
        before = self._state.known(remote.key)
        mapping = _mapping_id(self._job.definition)
        same = before is not None and (before.version, before.mapping) == (remote.version, mapping)
        self._state.keep(
            Known(
                key=remote.key,
                version=remote.version,
                state=FAILED,
                mapping=mapping,
                attempts=1 + (before.attempts if before is not None and same else 0),
                at=self._job.around.clock.now() / 1e6,
                message=str(error)[:1000],
            )
        )
        self.done.failed += 1
        if len(self.done.problems) < 20:
            self.done.problems.append(f"{name_of(remote.key)}: {error}")

    def _keep_rejected(self, remote: Remote, path: Path) -> None:
        """Add a file's rejected rows to those of the others, with the file's name."""
        if not path.is_file():
            return
        self._job.rejected.parent.mkdir(parents=True, exist_ok=True)
        with path.open("rb") as rows, self._job.rejected.open("ab") as kept:
            for line in rows:
                row = {"file": remote.key, **msgspec.json.decode(line)}
                kept.write(msgspec.json.encode(row) + b"\n")

    def _server_answers(self) -> bool:
        """Whether what failed was the file, and not the way to the server."""
        try:
            return self._client.get("/health/live").status_code < 500
        except httpx.TransportError:
            return False

    def _path(self, remote: Remote) -> Path:
        told = xxhash.xxh3_64_hexdigest(msgspec.json.encode([remote.key, remote.version]))
        return self._folder / "files" / told / safe_name(name_of(remote.key))

    def _keep_parts_of(self, files: Sequence[Remote]) -> None:
        """Let go of what was fetched of files that are not wanted any more."""
        wanted = {self._path(each).parent.name for each in files}
        folder = self._folder / "files"
        for left in folder.iterdir() if folder.is_dir() else ():
            if left.name not in wanted:
                shutil.rmtree(left, ignore_errors=True)


def preview(definition: Definition, around: Around, scratch: Path) -> Iterator[bytes]:
    """The events of the first new file, as if none had been imported. Raises LocationError,
    ImportFileError and MappingError."""
    job = Job(
        definition=definition,
        source_id="preview",
        write_key="",
        data_dir=scratch,
        rejected=scratch / "rejected.jsonl",
        around=around,
    )
    with open_state(scratch, "preview") as state, opened(definition, around) as place:
        files = new_files(job, place, state)
        if not files:
            return
        path = scratch / safe_name(name_of(files[0].key))
        try:
            place.fetch(files[0], path)
        except GoneError:
            return
    rules = _rules(definition.file, path)
    with FileEvents(path, definition.mapping, rules, "preview", lambda *_: None) as events:
        for event in events:
            yield event.body
