"""Opens the text of a file to be imported, and says its format and what tells it from others."""

import io
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final

import xxhash

from headwater.errors import ImportFileError
from headwater.imports.encodings import LOOKED_AT, encoding_of
from headwater.imports.model import FORMATS
from headwater.imports.packed import PACKED, Packed, inner_name, named_errors

LONGEST_LINE: Final = 16_000_000
_CHUNK = 1 << 20
_SUFFIXES: Final = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".xml": "xml",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".xlsx": "xlsx",
    ".xlsm": "xlsx",
}


def format_of(path: Path, asked: str = "", member: str = "") -> str:
    """The format of a file: as asked, or by its name. Raises ImportFileError for one not read."""
    name = PurePosixPath(inner_name(path, member) if not asked else path.name)
    found = asked or _SUFFIXES.get(name.suffix.lower(), "")
    if found in FORMATS:
        return found
    raise ImportFileError(
        f"The format {asked} is not read."
        if asked
        else f"The name of {path.name} does not say its format.",
        hint=f"Give --format. The formats read are {', '.join(FORMATS)}, also packed as "
        f"{', '.join(PACKED)}.",
    )


def digest(path: Path) -> str:
    """32 hexadecimal digits of the file's bytes. Raises ImportFileError."""
    made = xxhash.xxh3_128()
    with named_errors(path), path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            made.update(chunk)
    return made.hexdigest()


class OpenedFile:
    """A file's text, unpacked and decoded while it is read. Use it as a context manager.

    Bytes that are not of the encoding become lone surrogates, so that their row can be named.
    Raises ImportFileError for a file or an encoding that cannot be read.
    """

    def __init__(
        self, path: Path, *, encoding: str = "", member: str = "", keep_returns: bool = False
    ) -> None:
        self._path = path
        self._packed = Packed(path, member=member)
        self.size = self._packed.size
        stream = self._packed.stream
        try:
            with named_errors(path):
                self.encoding = encoding or encoding_of(stream.peek(LOOKED_AT))
                self.text = io.TextIOWrapper(
                    stream,
                    self.encoding,
                    errors="surrogateescape",
                    newline="" if keep_returns else "\n",
                )
        except LookupError:
            self._packed.close()
            raise ImportFileError(
                f"There is no encoding {encoding!r}.", hint="utf-8, gb18030 and latin-1 are some."
            ) from None
        except BaseException:
            self._packed.close()
            raise

    def __enter__(self) -> "OpenedFile":
        return self

    def __exit__(self, *_: object) -> None:
        self._packed.close()

    def position(self) -> int:
        """How many of `size` bytes were read."""
        return self._packed.position()

    def share_read(self) -> float:
        """How much of the file was read, from 0 to 1."""
        return self.position() / self.size if self.size else 1.0

    def lines(self) -> Iterator[str]:
        """The lines with their ends. Raises ImportFileError for a line beyond all bounds."""
        number = 0
        with named_errors(self._path):
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
        with named_errors(self._path):
            return self.text.read(characters)
