"""The archive of the settings: where it lies, who reads it, and who writes it.

It is written by the control role: that alone has the state database, where its catalogue is, and no
event waits for it.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from headwater.access.changes import Changes
from headwater.archive.archive import Archive
from headwater.archive.archiving import Archiver, Archiving
from headwater.archive.files import Files
from headwater.archive.model import CONSUMER, OFF
from headwater.archive.requests import StoredRequests
from headwater.kit.clock import Clock
from headwater.ports import Log
from headwater.settings import Settings

_SHARE_OF_RESERVE = 2


def files_of(settings: Settings) -> Files | None:
    """Where the archive's files lie; None where it is off. Raises ArchiveError."""
    if settings.archive == OFF:
        return None
    return Files(settings.archive, settings.data_dir / "archive")


@contextmanager
def open_requests(
    settings: Settings, log: Log, changes: Changes, clock: Clock
) -> Iterator[StoredRequests]:
    """What was collected, for reading; archived meanwhile. Raises ArchiveError."""
    files = files_of(settings)
    if files is None:
        log.dismiss(CONSUMER)
        yield StoredRequests(log)
        return
    archiver = Archiver(
        log,
        changes,
        files,
        clock,
        days=settings.archive_days,
        room=(settings.data_dir, settings.disk_reserve_bytes // _SHARE_OF_RESERVE),
    )
    archiving = Archiving(archiver, seconds=settings.archive_interval_seconds)
    archiving.start()
    try:
        yield StoredRequests(log, Archive(changes, files))
    finally:
        archiving.stop()
