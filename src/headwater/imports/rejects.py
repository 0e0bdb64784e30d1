"""The rows that made no event and should have, kept with their reasons."""

from pathlib import Path
from types import TracebackType
from typing import BinaryIO

import msgspec

from headwater.errors import ImportFileError
from headwater.imports.model import Row


class Rejects:
    """Writes rejected rows as JSON lines; makes its file with the first of them.

    Each line has `line` (where the row begins in its file), `reason` and `row` (its text).
    """

    def __init__(self, path: Path, *, is_kept: bool = False) -> None:
        """With `is_kept`, what earlier runs rejected stays."""
        self.path = path
        self._is_kept = is_kept
        self.count = 0
        self._file: BinaryIO | None = None

    def __enter__(self) -> "Rejects":
        if not self._is_kept:
            self.path.unlink(missing_ok=True)
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        if self._file is not None:
            self._file.close()

    def add(self, row: Row, reason: str) -> None:
        """Keep a row. Raises ImportFileError when it cannot be written."""
        self.count += 1
        try:
            if self._file is None:
                self._file = self.path.open("ab" if self._is_kept else "wb")
            self._file.write(
                msgspec.json.encode(
                    {"line": row.line, "reason": writable(reason), "row": writable(row.raw)}
                )
                + b"\n"
            )
        except OSError as error:
            raise ImportFileError(
                f"A rejected row cannot be kept in {self.path}: {error.strerror}.",
                hint="Say with --rejected where rejected rows go.",
            ) from None


def writable(text: str) -> str:
    """A text without what UTF-8 cannot hold."""
    return (
        text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        if not (text.isascii())
        else text
    )
