"""Uploads for people and programs: sent in pieces, looked at, tried, imported, let go of."""

import asyncio
import os
import shutil
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Final

import msgspec
from anyio.to_thread import run_sync

from headwater.access import sources
from headwater.access.audit import Change
from headwater.access.changes import Changes
from headwater.access.model import Principal
from headwater.access.permissions import Permission
from headwater.errors import BadRequestError, ConflictError, NotFoundError
from headwater.imports import record
from headwater.imports.model import FileMapping, FileRules
from headwater.imports.record import ImportRun, NewImport
from headwater.kit.claim import answering_at
from headwater.kit.clock import isoformat
from headwater.kit.file_names import safe_name
from headwater.kit.ids import resource_id
from headwater.kit.logging import logger
from headwater.settings import Settings
from headwater.uploads import calling
from headwater.uploads.model import (
    LARGEST_PIECE,
    MOST_UPLOADS,
    Choices,
    Found,
    State,
    Tried,
    Upload,
)
from headwater.uploads.running import Running
from headwater.uploads.store import Folder
from headwater.workspaces import store as workspaces

_CLEANED_SECONDS: Final = 3_600.0
_DAY: Final = 86_400_000_000
_FOUND: Final = "found"
_log = logger("uploads")


class Shown(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """An upload as the API answers it. `received` bytes of `size` are here."""

    id: str
    source_id: str
    file: str
    size: int
    received: int
    state: State
    created_at: str
    message: str
    run: ImportRun | None = None
    remaining_seconds: float | None = None
    """An estimate, while it is imported."""


class Uploads:
    """The uploads of a running Headwater. For one event loop."""

    def __init__(self, settings: Settings, changes: Changes) -> None:
        self._settings = settings
        self._changes = changes
        self.folder = Folder(settings.data_dir)
        self._running = Running(self.folder, changes, self._address)
        self._locks: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def run(self) -> None:
        """Go on with imports, and let go of old uploads, until cancelled."""
        self._running.resume()
        try:
            while True:
                await run_sync(self.clean)
                await asyncio.sleep(_CLEANED_SECONDS)
        finally:
            await self._running.aclose()

    def clean(self) -> None:
        """Remove uploads that are older than they are kept, and those whose source is gone."""
        before = self._changes.clock.now() - int(self._settings.upload_days * _DAY)
        with self._changes.reading() as connection:
            known = {each.id for each in workspaces.sources(connection)}
        for upload in self.folder.all():
            is_old = upload.created_at < before and upload.state is not State.IMPORTING
            if is_old or upload.source_id not in known:
                self.folder.remove(upload.id)
                _log.info("upload.removed", upload=upload.id)

    async def create(self, by: Principal, source_id: str, file: str, size: int) -> Upload:
        """Begin an upload of a file of so many bytes. Raises BadRequestError and ConflictError."""
        await run_sync(self._require_source, by, source_id)
        most = self._settings.upload_max_bytes
        if size > most:
            raise BadRequestError(
                f"size: the file has {size:,} bytes, and {most:,} are taken.",
                hint="Import it with `headwater import`, or raise upload_max_bytes.",
                code="file_too_large",
            )
        made = Upload(
            id=resource_id(),
            workspace_id=by.workspace_id,
            source_id=source_id,
            by=by.actor,
            file=safe_name(file),
            size=size,
            created_at=self._changes.clock.now(),
            state=State.RECEIVING if size else State.READY,
        )
        await run_sync(self._make, by, made)
        return made

    def _make(self, by: Principal, made: Upload) -> None:
        if sum(each.workspace_id == by.workspace_id for each in self.folder.all()) >= MOST_UPLOADS:
            raise ConflictError(
                f"There are {MOST_UPLOADS} uploads.", hint="Delete some that are not needed."
            )
        free = shutil.disk_usage(self._settings.data_dir).free
        if free - made.size < self._settings.disk_reserve_bytes:
            raise ConflictError("There is no room for the file on the server's disk.")
        self.folder.make(made)
        with self._changes.change(by) as step:
            after = {"file": made.file, "size": made.size, "sourceId": made.source_id}
            step.record(Change("Upload Begun", "Upload", made.id, after=after, name=made.file))

    async def take(
        self, by: Principal, source_id: str, upload_id: str, offset: int, body: AsyncIterator[bytes]
    ) -> Upload:
        """Append a piece of the file that begins at `offset`.

        Raises ConflictError where the piece is not the next one, BadRequestError where it is too
        large.
        """
        await self.one(by, source_id, upload_id)
        async with self._locks[upload_id]:
            upload = await self.one(by, source_id, upload_id)
            here = self.folder.received(upload)
            if upload.state is not State.RECEIVING or offset != here:
                raise ConflictError(
                    f"The next piece begins at {here}, not at {offset}.",
                    hint="Ask for the upload: `received` says where to go on.",
                    code="wrong_offset",
                )
            await self._append(upload, here, body)
            if self.folder.received(upload) < upload.size:
                return upload
            whole = msgspec.structs.replace(upload, state=State.READY)
            await run_sync(self._completed, whole)
            self._locks.pop(upload_id, None)
            return whole

    async def _append(self, upload: Upload, here: int, body: AsyncIterator[bytes]) -> None:
        path, most = self.folder.path(upload), min(LARGEST_PIECE, upload.size - here)
        taken = 0
        with path.open("ab") as file:
            async for part in body:
                taken += len(part)
                if taken > most:
                    file.truncate(here)
                    raise BadRequestError(
                        f"The piece has more than the {most:,} bytes that are wanted.",
                        hint=f"A piece has at most {LARGEST_PIECE:,} bytes.",
                        code="body_too_large",
                    )
                await run_sync(file.write, part)

    def _completed(self, upload: Upload) -> None:
        with self.folder.path(upload).open("rb+") as file:
            os.fsync(file.fileno())
        self.folder.keep(upload)

    async def one(self, by: Principal, source_id: str, upload_id: str) -> Upload:
        """An upload into a source that the caller may change. Raises NotFoundError."""
        await run_sync(self._require_source, by, source_id)
        found = await run_sync(self.folder.one, upload_id)
        if found.workspace_id != by.workspace_id or found.source_id != source_id:
            raise NotFoundError(f"There is no upload {upload_id!r}.")
        return found

    async def listed(self, by: Principal, source_id: str) -> Sequence[Upload]:
        """The uploads into a source, the newest first."""
        await run_sync(self._require_source, by, source_id)
        found = await run_sync(lambda: list(self.folder.all()))
        own = [
            each
            for each in found
            if (each.workspace_id, each.source_id) == (by.workspace_id, source_id)
        ]
        return sorted(own, key=lambda each: -each.created_at)

    def shown(self, by: Principal, upload: Upload) -> Shown:
        """An upload with what became of it."""
        run = None
        if upload.run_id:
            try:
                run = record.show(self._changes, by, upload.run_id)
            except NotFoundError:
                run = None
        return Shown(
            id=upload.id,
            source_id=upload.source_id,
            file=upload.file,
            size=upload.size,
            received=self.folder.received(upload),
            state=upload.state,
            created_at=isoformat(upload.created_at),
            message=upload.message,
            run=run,
            remaining_seconds=self._remaining(upload, run),
        )

    def _remaining(self, upload: Upload, run: ImportRun | None) -> float | None:
        if upload.state is not State.IMPORTING or run is None or run.share_read < 0.01:
            return None
        passed = (self._changes.clock.now() - upload.started_at) / 1e6
        return round(passed * (1 - run.share_read) / run.share_read, 1)

    async def found(self, upload: Upload, rules: FileRules | None = None) -> Found:
        """What the file is: as it was found before, unless it is to be read otherwise.

        Raises ConflictError before all of it is here, ImportFileError where it cannot be read.
        """
        _require_whole(upload)
        kept = self.folder.kept(upload, _FOUND)
        if rules is None and kept.is_file():
            return msgspec.json.decode(await run_sync(kept.read_bytes), type=Found)
        wanted = upload.file_rules if rules is None else rules
        found = await calling.find(self.folder.path(upload), wanted, self.folder.scratch(upload))
        async with self._locks[upload.id]:
            await run_sync(_replace, kept, msgspec.json.encode(found))
            now = self.folder.one(upload.id)
            if now.state is not State.IMPORTING:
                self.folder.keep(
                    msgspec.structs.replace(now, file_rules=found.file_rules, choices=found.choices)
                )
        return found

    async def tried(
        self, upload: Upload, mapping: FileMapping | None, rules: FileRules | None = None
    ) -> Tried:
        """What the first rows become. Raises ConflictError, ImportFileError and MappingError."""
        _require_whole(upload)
        return await calling.try_out(
            self.folder.path(upload),
            await self._rules(upload, mapping, rules),
            mapping,
            self.folder.scratch(upload),
        )

    async def choose(self, upload: Upload, choices: Choices) -> Upload:
        """Keep what a form says, so that it is there when the page is opened again."""
        async with self._locks[upload.id]:
            now = self.folder.one(upload.id)
            chosen = msgspec.structs.replace(now, choices=choices)
            await run_sync(self.folder.keep, chosen)
        return chosen

    async def begin(
        self,
        by: Principal,
        upload: Upload,
        mapping: FileMapping | None,
        rules: FileRules | None = None,
    ) -> Upload:
        """Import it, in the background; again where it was stopped or failed.

        Raises ConflictError, ImportFileError and MappingError.
        """
        tried = await self.tried(upload, mapping, rules)
        del tried  # a mapping that does not fit, or a file that cannot be read, is refused at once
        settled = await self._rules(upload, mapping, rules)
        async with self._locks[upload.id]:
            now = await run_sync(self.folder.one, upload.id)
            if now.state is State.IMPORTING:
                raise ConflictError("This upload is being imported.")
            wanted = NewImport(
                import_id=f"upload-{now.id}",
                source_id=now.source_id,
                file=now.file,
                format=settled.format,
            )
            run = await run_sync(record.begin, self._changes, by, wanted)
            begun = msgspec.structs.replace(
                now,
                state=State.IMPORTING,
                mapping=mapping,
                file_rules=settled,
                run_id=run.id,
                started_at=self._changes.clock.now(),
                message="",
            )
            await run_sync(self.folder.keep, begun)
        self._running.start(begun)
        return begun

    async def _rules(
        self, upload: Upload, mapping: FileMapping | None, rules: FileRules | None
    ) -> FileRules:
        """How the file is read: as said, as the mapping says, or as it was found."""
        said = rules or (mapping.file if mapping is not None else FileRules())
        known = upload.file_rules if said == FileRules() else said
        if known.format:
            return known
        found = await self.found(upload, None if known == upload.file_rules else known)
        return msgspec.structs.replace(known, format=found.format)

    async def cancel(self, by: Principal, upload: Upload) -> Upload:
        """Stop importing; what was accepted stays. Raises ConflictError."""
        if upload.state is not State.IMPORTING:
            raise ConflictError("This upload is not being imported.")
        await self._running.stop(upload.id)
        now = await run_sync(self.folder.one, upload.id)
        if now.state is not State.IMPORTING:  # it ended meanwhile
            return now
        ended = await self._running.end(now, State.CANCELLED, "")
        await run_sync(self._record, by, "Import Cancelled", now)
        return ended

    async def delete(self, by: Principal, upload: Upload) -> None:
        """Remove the file and what is known of it; an import under way is stopped."""
        await self._running.stop(upload.id)
        await run_sync(self.folder.remove, upload.id)
        self._locks.pop(upload.id, None)
        await run_sync(self._record, by, "Upload Deleted", upload)

    def _record(self, by: Principal, what: str, upload: Upload) -> None:
        with self._changes.change(by) as step:
            step.record(Change(what, "Upload", upload.id, name=upload.file))

    def _require_source(self, by: Principal, source_id: str) -> None:
        source = sources.one(self._changes, by, source_id)
        by.require(Permission.SOURCE_ADMIN, sources.resource(source))

    def _address(self) -> str:
        """Where events are sent to."""
        settings = self._settings
        return answering_at(settings.data_dir, settings.host, settings.port, settings.url)


def _require_whole(upload: Upload) -> None:
    if upload.state is State.RECEIVING:
        raise ConflictError(
            "The file is not here as a whole.", hint="Send the rest of it first.", code="incomplete"
        )


def _replace(path: Path, content: bytes) -> None:
    temporary = path.with_suffix(".partial")
    temporary.write_bytes(content)
    temporary.replace(path)
