"""The newest end of the audit trail, kept in a file beside the database.

An end that the trail turns out to lack is kept for good in a second file, so that entries which
come after do not cover up that some were cut off.
"""

import os
from pathlib import Path
from typing import Final

import msgspec
from sqlalchemy import Connection

from headwater.access import audit
from headwater.access.audit import Head

FILE_NAME: Final = "audit-head.json"
LACKED_FILE_NAME: Final = "audit-head-lacked.json"


def keep(folder: Path, head: Head) -> None:
    """Replace the end that is kept. A crash before it leaves an older one, which fits too."""
    _write(folder / FILE_NAME, head)


def kept(folder: Path) -> Head | None:
    """The end that the trail must have: one that it lacked before, or else the one kept last.

    None where there is none, or none that can be read.
    """
    return _read(folder / LACKED_FILE_NAME) or _read(folder / FILE_NAME)


def keep_lacked(folder: Path, connection: Connection) -> Head | None:
    """Keep for good the end that was kept last, if the trail lacks it. Returns it, the first time.

    To be called before anything is added to the trail.
    """
    last = _read(folder / FILE_NAME)
    if last is None or audit.has(connection, last) or _read(folder / LACKED_FILE_NAME):
        return None
    _write(folder / LACKED_FILE_NAME, last)
    return last


def _write(path: Path, head: Head) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_bytes(msgspec.json.encode(head))
    temporary.replace(path)


def _read(path: Path) -> Head | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Head)
    except (FileNotFoundError, msgspec.DecodeError):
        return None
