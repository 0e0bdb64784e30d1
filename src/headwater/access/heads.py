"""The newest end of the audit trail, kept in a file beside the database."""

import os
from pathlib import Path
from typing import Final

import msgspec

from headwater.access.audit import Head

FILE_NAME: Final = "audit-head.json"


def keep(folder: Path, head: Head) -> None:
    """Replace the end that is kept. A crash before it leaves an older one, which fits too."""
    temporary = folder / f".{FILE_NAME}.{os.getpid()}"
    temporary.write_bytes(msgspec.json.encode(head))
    temporary.replace(folder / FILE_NAME)


def kept(folder: Path) -> Head | None:
    """The end that was kept last; None where there is none, or none that can be read."""
    try:
        return msgspec.json.decode((folder / FILE_NAME).read_bytes(), type=Head)
    except (FileNotFoundError, msgspec.DecodeError):
        return None
