"""The archive's files, in a folder or in a bucket. They appear whole, or not at all."""

import os
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import fs

from headwater.archive.model import ON
from headwater.errors import ArchiveError

PARTIAL: Final = ".partial"

_LEVEL: Final = 3
_PAGE_BYTES: Final = 4_194_304


class Files:
    """Files below one place."""

    def __init__(self, place: str, folder: Path) -> None:
        """`place` is an address (file://…, s3://bucket/prefix), or `on` for a folder.

        Raises ArchiveError.
        """
        self._folder: Path | None = folder if place == ON else None
        if self._folder is not None:
            self.place = str(folder)
            self._files, self._root = fs.LocalFileSystem(), str(folder)
            return
        self.place = place
        try:
            self._files, self._root = fs.FileSystem.from_uri(place)
        except (pa.ArrowInvalid, OSError) as error:
            raise ArchiveError(
                f"archive: {place!r} is no place for it: {error}.",
                hint="Use on, off, file:///folder or s3://bucket/prefix.",
            ) from error
        if isinstance(self._files, fs.LocalFileSystem):
            self._folder = Path(self._root)

    def write(self, path: str, groups: Sequence[pa.Table]) -> int:
        """Make a file of row groups, durably. Returns its bytes. Raises ArchiveError."""

        def fill(to: Any) -> None:
            with pq.ParquetWriter(
                to,
                groups[0].schema,
                compression="zstd",
                compression_level=_LEVEL,
                data_page_size=_PAGE_BYTES,
                use_dictionary=["partition", "source_id", "meta"],
                write_statistics=["partition", "position", "received_at", "source_id"],
            ) as writer:
                for group in groups:
                    writer.write_table(group)

        size: int = _tried(lambda: self._write(path, fill), f"{path} cannot be written")
        return size

    def _write(self, path: str, fill: Callable[[Any], None]) -> int:
        if self._folder is None:
            with self._files.open_output_stream(self._at(path)) as stream:
                fill(stream)
            return int(self._files.get_file_info(self._at(path)).size)
        whole = self._folder / path
        whole.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        partial = whole.with_name(whole.name + PARTIAL)
        with partial.open("wb") as file:
            fill(file)
            file.flush()
            os.fsync(file.fileno())
            size = file.tell()
        partial.replace(whole)
        _sync(whole.parent)
        return size

    def groups(
        self, path: str, wanted: Callable[[pq.RowGroupMetaData], bool] = lambda _: True
    ) -> Iterator[pa.Table]:
        """A file's row groups, each read when it is asked for. Raises ArchiveError."""
        problem = f"{path} cannot be read"
        stream = _tried(lambda: self._files.open_input_file(self._at(path)), problem)
        with stream:
            file = _tried(lambda: pq.ParquetFile(stream), problem)
            for number in range(file.num_row_groups):
                if wanted(file.metadata.row_group(number)):
                    yield _tried(partial(file.read_row_group, number), problem)

    def delete(self, path: str) -> None:
        """Delete a file; it need not be there. Raises ArchiveError."""

        def gone() -> None:
            try:
                self._files.delete_file(self._at(path))
            except FileNotFoundError:
                return

        _tried(gone, f"{path} cannot be deleted")

    def sizes(self) -> dict[str, int]:
        """The bytes of every file that lies there. Raises ArchiveError."""
        chosen = fs.FileSelector(self._root, recursive=True, allow_not_found=True)
        found = _tried(lambda: self._files.get_file_info(chosen), "it cannot be listed")
        start = len(self._root.rstrip("/")) + 1
        return {each.path[start:]: each.size for each in found if each.type is fs.FileType.File}

    def _at(self, path: str) -> str:
        return f"{self._root.rstrip('/')}/{path}"


def _tried(work: Callable[[], Any], problem: str) -> Any:
    try:
        return work()
    except (OSError, pa.ArrowException) as error:
        raise ArchiveError(
            f"The archive: {problem}: {error}.",
            hint="Nothing is lost: the log keeps what is not archived. `headwater doctor` looks.",
        ) from error


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
