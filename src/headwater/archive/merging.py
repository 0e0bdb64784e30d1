"""Which small files of the archive become one. Pure, but for reading the catalogue."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Final

from sqlalchemy import Connection

from headwater.archive import store
from headwater.archive.model import ArchiveFile

LARGE_BYTES: Final = 24_000_000
"""The most bodies that files are merged to: they are in memory meanwhile."""

_MERGED: Final = 8
_SMALL_BYTES: Final = LARGE_BYTES // 2
"""Two files that hold less always fit into one."""

_TIERS: Final = (500_000, 4_000_000, _SMALL_BYTES)


def due(connection: Connection, today: int) -> Sequence[ArchiveFile]:
    """The next files to merge: they lie side by side. None where nothing is to be done."""
    files = store.small(connection, _SMALL_BYTES)
    for _, group in groupby(files, key=lambda each: (each.source_id, each.day, each.partition)):
        if chosen := _chosen(list(group), today):
            return chosen
    return ()


def _chosen(files: Sequence[ArchiveFile], today: int) -> Sequence[ArchiveFile]:
    """Of a day that is over, as many as fit into one; of today, eight of about one size, so that
    each request is written few times."""
    if files[0].day < today:
        return _fitting(files)
    for tier in _TIERS:
        small = [each for each in files if each.received_bytes < tier]
        if len(small) >= _MERGED:
            return _fitting(small)
    return ()


def _fitting(files: Iterable[ArchiveFile]) -> Sequence[ArchiveFile]:
    chosen: list[ArchiveFile] = []
    held = 0
    for each in files:
        if held + each.received_bytes > LARGE_BYTES:
            if len(chosen) > 1:
                return chosen
            chosen, held = [], 0
        chosen.append(each)
        held += each.received_bytes
    return chosen if len(chosen) > 1 else ()
