"""Opens a file to be imported: compression, encoding, format, and what tells it from others."""

import io
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, Final

import xxhash
from isal import igzip, igzip_lib

from headwater.errors import ImportFileError
from headwater.imports.model import READ_FORMATS, UNREAD_FORMATS

LONGEST_LINE: Final = 16_000_000
_CHUNK = 1 << 20
_BOMS: Final = {
    b"\xef\xbb\xbf": "utf-8-sig",
    b"\xff\xfe": "utf-16",
    b"\xfe\xff": "utf-16",
}
_SUFFIXES: Final = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
}


def format_of(path: Path, asked: str = "") -> str:
    """The format of a file: as asked, or by its name. Raises ImportFileError for one not read."""
    suffix = next((s for s in reversed(path.suffixes) if s.lower() != ".gz"), "").lower()
    found = asked or _SUFFIXES.get(suffix, suffix.removeprefix("."))
    if found in READ_FORMATS:
        return found
    known = f"The formats read are {', '.join(READ_FORMATS)}, also compressed as .gz."
    if found in UNREAD_FORMATS:
        raise ImportFileError(f"The format {found} is not read by this version.", hint=known)
    raise ImportFileError(
        f"The name of {path.name} does not say its format.", hint=f"Give --format. {known}"
    )


def digest(path: Path) -> str:
    """32 hexadecimal digits of the file's bytes. Raises ImportFileError."""
    made = xxhash.xxh3_128()
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                made.update(chunk)
    except OSError as error:
        raise ImportFileError(f"{path} cannot be read: {error.strerror}.") from None
    return made.hexdigest()


class OpenedFile:
    """A file's text, decompressed and decoded while it is read. Use it as a context manager.

    Bytes that are not of the encoding become lone surrogates, so that their row can be named.
    Raises ImportFileError for a file or an encoding that cannot be read.
    """

    def __init__(self, path: Path, *, encoding: str = "", keep_returns: bool = False) -> None:
        try:
            self.size = path.stat().st_size
            self._raw: IO[bytes] = path.open("rb")
        except OSError as error:
            raise ImportFileError(f"{path} cannot be read: {error.strerror}.") from None
        self._path = path
        is_gzip = self._raw.read(2) == b"\x1f\x8b"
        self._raw.seek(0)
        stream: IO[bytes] = self._raw
        if is_gzip:
            stream = io.BufferedReader(_inflating(self._raw), _CHUNK)
        with self._named_errors():
            head = stream.peek(3)  # type: ignore[attr-defined]
        bom = next((name for mark, name in _BOMS.items() if head.startswith(mark)), "utf-8")
        try:
            self.text = io.TextIOWrapper(
                stream,
                encoding or bom,
                errors="surrogateescape",
                newline="" if keep_returns else "\n",
            )
        except LookupError:
            self._raw.close()
            raise ImportFileError(
                f"There is no encoding {encoding!r}.", hint="utf-8, gb18030 and latin-1 are some."
            ) from None

    def __enter__(self) -> "OpenedFile":
        return self

    def __exit__(self, *_: object) -> None:
        self._raw.close()

    def position(self) -> int:
        """How many of `size` bytes were read."""
        return self._raw.tell()

    def lines(self) -> Iterator[str]:
        """The lines with their ends. Raises ImportFileError for a line beyond all bounds."""
        number = 0
        with self._named_errors():
            while line := self.text.readline(LONGEST_LINE):
                number += 1
                if len(line) == LONGEST_LINE:
                    raise ImportFileError(
                        f"Line {number} of {self._path.name} is longer than {LONGEST_LINE} "
                        "characters."
                    )
                yield line

    def read(self, characters: int) -> str:
        """The next characters; empty at the end."""
        with self._named_errors():
            return self.text.read(characters)

    def _named_errors(self) -> "_NamedErrors":
        return _NamedErrors(self._path)


def _inflating(raw: IO[bytes]) -> Any:
    return igzip.IGzipFile(fileobj=raw, mode="rb")  # type: ignore[no-untyped-call]


class _NamedErrors:
    """Turns what reading can raise into an error that names the file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, UnicodeError):
            raise ImportFileError(
                f"{self._path.name} is not in the encoding: {error}.", hint="Give --encoding."
            ) from None
        if isinstance(error, OSError | EOFError | zlib.error | igzip_lib.IsalError):
            raise ImportFileError(
                f"{self._path.name} cannot be read to its end: {error}."
            ) from None
