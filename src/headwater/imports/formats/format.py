"""What every format of files has in common: rows in, rows out."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

import msgspec

from headwater.imports.model import FileRules, Row

Record = Mapping[str, Any]
"""A row as an object: names and JSON values."""


class Rows(Protocol):
    """The rows of an opened file."""

    @property
    def header(self) -> Sequence[str] | None:
        """The columns' names, where `Row.fields` holds texts by position."""
        ...

    @property
    def names(self) -> Sequence[str] | None:
        """The columns' names, where the file says them before its rows."""
        ...

    def __iter__(self) -> Iterator[Row]: ...

    def share_read(self) -> float:
        """How much was read, from 0 to 1."""
        ...


class Writer(Protocol):
    """Takes the rows of a new file."""

    def add(self, record: Record) -> None: ...


Open = Callable[[Path, FileRules], AbstractContextManager[Rows]]
"""Raises ImportFileError for a file that cannot be read."""
Create = Callable[[Path, "Sequence[Column]"], AbstractContextManager[Writer]]
"""What is written appears under the path when the context is left without an error."""


class Column(msgspec.Struct, frozen=True):
    """A column of a table to be written: its name, and what its values are: "integer", "number",
    "boolean", "text", or "json" for lists, objects and values of several kinds."""

    name: str
    kind: str


class Format(msgspec.Struct, frozen=True):
    """A format of files."""

    open: Open
    create: Create


def cell(value: Any) -> str:
    """A value as a text of a table: JSON where it is no scalar, empty for null."""
    if value is None:
        return ""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
