"""Imports of uploads, as they are carried out: a process for each, some at a time.

What runs is what the uploads' own files say. So an import that was cut short, by whatever, begins
anew with the next start: it sends only what the server has not acknowledged, with the same
messageIds.
"""

import asyncio
from collections.abc import Callable
from typing import Final

import msgspec
from anyio.to_thread import run_sync

from headwater.access.changes import Changes
from headwater.access.model import Principal
from headwater.errors import HeadwaterError, NotFoundError
from headwater.imports import record
from headwater.imports.record import ImportProgress, ImportState, RejectedRow
from headwater.kit.child import EndedError
from headwater.kit.logging import logger
from headwater.uploads import calling
from headwater.uploads.child import Far, Import
from headwater.uploads.model import State, Upload
from headwater.uploads.store import Folder
from headwater.workspaces import store as workspaces

AT_ONCE: Final = 2
_TELL_SECONDS: Final = 1.0
_WAITS: Final = (0.5, 2.0, 10.0, 60.0)
"""Before a process that died is started again; after the last, the import has failed."""
_STATES: Final = {
    State.FINISHED: ImportState.FINISHED,
    State.FAILED: ImportState.FAILED,
    State.CANCELLED: ImportState.STOPPED,
}
_log = logger("uploads")


class Running:
    """Carries out imports. For one event loop."""

    def __init__(self, folder: Folder, changes: Changes, address: Callable[[], str]) -> None:
        self._folder = folder
        self._changes = changes
        self._address = address
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._room = asyncio.Semaphore(AT_ONCE)

    def resume(self) -> None:
        """Go on with what a stop has cut short."""
        for upload in self._folder.all():
            if upload.state is State.IMPORTING:
                self.start(upload)

    def start(self, upload: Upload) -> None:
        """Import an upload, as soon as there is room."""
        if upload.id not in self._tasks:
            task = asyncio.create_task(self._carried_out(upload))
            self._tasks[upload.id] = task
            task.add_done_callback(lambda _: self._tasks.pop(upload.id, None))

    async def stop(self, upload_id: str) -> None:
        """Stop importing; what is acknowledged stays so."""
        if task := self._tasks.get(upload_id):
            task.cancel()
            await asyncio.wait({task})

    async def aclose(self) -> None:
        """Stop all: the next start goes on with them."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    async def _carried_out(self, upload: Upload) -> None:
        async with self._room:
            for wait in (*_WAITS, None):
                try:
                    last = await self._run(upload)
                except EndedError:
                    if wait is not None:
                        _log.warning("upload.process_died", upload=upload.id)
                        await asyncio.sleep(wait)
                        continue
                    why = "The process that imports has died again and again."
                    await self.end(upload, State.FAILED, why)
                except HeadwaterError as error:
                    await self.end(upload, State.FAILED, str(error))
                except Exception:
                    _log.exception("upload.failed", upload=upload.id)
                    await self.end(upload, State.FAILED, "It failed: the server's log says why.")
                else:
                    before = (
                        "It was imported before: nothing was sent." if last.was_finished else ""
                    )
                    await self.end(upload, State.FINISHED, before, last)
                return

    async def _run(self, upload: Upload) -> Far:
        folder, path = self._folder, self._folder.path(upload)
        task = Import(
            path=str(path),
            rules=upload.file_rules,
            mapping=upload.mapping,
            url=self._address(),
            source_id=upload.source_id,
            write_key=await run_sync(self._write_key, upload),
            data_dir=str(folder.root.parent),
            rejected=str(folder.rejected(upload)),
        )
        loop = asyncio.get_running_loop()
        told = loop.time() - _TELL_SECONDS

        async def report(far: Far) -> None:
            nonlocal told
            if loop.time() - told >= _TELL_SECONDS:
                told = loop.time()
                await run_sync(self._tell, upload, far, ImportState.RUNNING)

        return await calling.import_(task, folder.scratch(upload), report)

    def _write_key(self, upload: Upload) -> str:
        with self._changes.reading() as connection:
            source = workspaces.source(connection, upload.workspace_id, upload.source_id)
        if not source.write_keys:
            raise NotFoundError("The source of this upload has no write key.")
        return source.write_keys[-1]

    async def end(
        self, upload: Upload, state: State, message: str, far: Far | None = None
    ) -> Upload:
        """Keep how an import ended."""
        ended = msgspec.structs.replace(upload, state=state, message=message)
        await run_sync(self._folder.keep, ended)
        await run_sync(self._tell, ended, far, _STATES[state])
        return ended

    def _tell(self, upload: Upload, far: Far | None, state: ImportState) -> None:
        progress = ImportProgress(state=state, message=upload.message[:2000])
        if far is not None:
            progress = msgspec.structs.replace(
                progress,
                rows=far.rows,
                accepted=far.accepted,
                rejected=far.rejected,
                skipped=far.skipped,
                share_read=min(1.0, far.share_read),
                rejects=tuple(self._rejects(upload)),
            )
        by = Principal(f"upload:{upload.id}", upload.workspace_id, ())
        try:
            record.advance(self._changes, by, upload.run_id, progress)
        except NotFoundError:  # its record was let go of: it goes on all the same
            _log.info("upload.not_recorded", upload=upload.id)

    def _rejects(self, upload: Upload) -> list[RejectedRow]:
        try:
            with self._folder.rejected(upload).open("rb") as file:
                lines = [line for line, _ in zip(file, range(record.MOST_REJECTS), strict=False)]
        except FileNotFoundError:
            return []
        found = [msgspec.json.decode(line) for line in lines if line[-1:] == b"\n"]
        return [
            RejectedRow(each["line"], each["reason"][:1000], each["row"][: record.LONGEST_ROW])
            for each in found
        ]
