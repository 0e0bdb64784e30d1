"""Rows of a text file, read as its lines or characters come."""

from collections.abc import Iterator, Sequence

from headwater.imports.model import Row
from headwater.imports.opening import OpenedFile


class TextRows:
    """Rows over an opened text."""

    def __init__(
        self, opened: OpenedFile, rows: Iterator[Row], header: Sequence[str] | None = None
    ) -> None:
        self.header = header
        self.names: Sequence[str] | None = header
        self._opened = opened
        self._rows = rows

    def __iter__(self) -> Iterator[Row]:
        return self._rows

    def share_read(self) -> float:
        return self._opened.share_read()
