"""Files as they lie: plain, or packed as .gz, .bz2, .xz, .zst or .zip; opened while they are read.

A packed file is told by its first bytes, whatever its name. A zip may hold one data file, or
`member` names the one to take.
"""

import bz2
import io
import lzma
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Any, Final

import pyarrow as pa
from isal import igzip, igzip_lib

from headwater.errors import ImportFileError

PACKED: Final = (".gz", ".bz2", ".xz", ".zst", ".zip")
LARGEST_UNPACKED: Final = 50_000_000_000
"""Bytes that a packed Parquet file or workbook may take on the disk while it is read."""
_CHUNK = 1 << 20
_MAGIC: Final = {
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ\x00": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"PK\x03\x04": "zip",
    b"PK\x05\x06": "zip",
}


class Packed:
    """The bytes of a file, unpacked while they are read. `stream` has `peek`.

    Raises ImportFileError for a file that cannot be opened.
    """

    def __init__(self, path: Path, *, member: str = "") -> None:
        self._path = path
        with named_errors(path):
            self.size = path.stat().st_size
            self._raw: IO[bytes] = path.open("rb")
            self._told: IO[bytes] = self._raw
        try:
            with named_errors(path):
                self.stream = io.BufferedReader(self._unpacked(member), _CHUNK)
        except BaseException:
            self._raw.close()
            raise

    def position(self) -> int:
        """How many of `size` bytes were read."""
        return self._told.tell()

    def close(self) -> None:
        self._raw.close()

    def _unpacked(self, member: str) -> Any:
        head = self._raw.read(6)
        self._raw.seek(0)
        kind = next((name for magic, name in _MAGIC.items() if head.startswith(magic)), "")
        if not kind:
            return self._raw
        if kind == "zip":
            archive = zipfile.ZipFile(self._raw)
            held = _member(self._path, archive, member)
            self.size = held.file_size
            self._told = archive.open(held)
            return self._told
        return _STREAMS[kind](self._raw)


def _inflated(raw: IO[bytes]) -> Any:
    return igzip.IGzipFile(fileobj=raw, mode="rb")  # type: ignore[no-untyped-call]


_STREAMS: Final[Mapping[str, Callable[[IO[bytes]], Any]]] = {
    "gzip": _inflated,
    "bzip2": bz2.BZ2File,
    "xz": lzma.LZMAFile,
    "zstd": lambda raw: pa.CompressedInputStream(pa.PythonFile(raw), "zstd"),
}


def inner_name(path: Path, member: str = "") -> str:
    """The name that says what a file holds: of its one member for a zip, else without `.gz` etc.

    Raises ImportFileError for a zip with no member that can be meant.
    """
    if path.suffix.lower() == ".zip":
        with named_errors(path), zipfile.ZipFile(path) as archive:
            return _member(path, archive, member).filename
    return path.stem if path.suffix.lower() in PACKED else path.name


def _member(path: Path, archive: zipfile.ZipFile, wanted: str) -> zipfile.ZipInfo:
    held = [info for info in archive.infolist() if _is_data(info)]
    found = [info for info in held if info.filename == wanted] if wanted else held
    if len(found) != 1:
        names = ", ".join(info.filename for info in held[:20]) or "none"
        raise ImportFileError(
            f"{path.name} holds no file {wanted!r}." if wanted else f"{path.name} holds {names}.",
            hint=f"Name one of its files as `member` (--member): {names}.",
        )
    if found[0].flag_bits & 1:
        raise ImportFileError(f"{found[0].filename} in {path.name} is encrypted.")
    return found[0]


def _is_data(info: zipfile.ZipInfo) -> bool:
    """Neither a folder nor what an operating system adds by itself."""
    parts = PurePosixPath(info.filename).parts
    return not info.is_dir() and "__MACOSX" not in parts and not parts[-1].startswith(".")


@contextmanager
def on_disk(path: Path, *, member: str = "") -> Iterator[Path]:
    """The file itself where it is not packed, else a copy unpacked for the time being.

    Raises ImportFileError for a copy that would be larger than LARGEST_UNPACKED.
    """
    if path.suffix.lower() not in PACKED:
        yield path
        return
    packed = Packed(path, member=member)
    try:
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / PurePosixPath(inner_name(path, member)).name
            with named_errors(path), copy.open("wb") as file:
                _copy(packed.stream, file, path)
            yield copy
    finally:
        packed.close()


def _copy(source: IO[bytes], target: IO[bytes], path: Path) -> None:
    while chunk := source.read(_CHUNK):
        target.write(chunk)
        if target.tell() > LARGEST_UNPACKED:
            raise ImportFileError(f"{path.name} is too large to be unpacked here.")


@contextmanager
def named_errors(path: Path) -> Iterator[None]:
    """Turns what reading a file can raise into an error that names the file."""
    try:
        yield
    except UnicodeError as error:
        raise ImportFileError(
            f"{path.name} is not in the encoding: {error}.", hint="Give --encoding."
        ) from None
    except FileNotFoundError as error:
        raise ImportFileError(f"{path} cannot be read: {error.strerror}.") from None
    except _UNREADABLE as error:
        said = getattr(error, "strerror", None) or error
        raise ImportFileError(f"{path.name} cannot be read to its end: {said}.") from None


_UNREADABLE: Final[Any] = (
    OSError,
    EOFError,
    zlib.error,
    igzip_lib.IsalError,
    lzma.LZMAError,
    zipfile.BadZipFile,
    NotImplementedError,
    pa.ArrowException,
)
