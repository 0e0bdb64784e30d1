"""How far an import got, kept in a small file beside the data."""

import os
from pathlib import Path

import msgspec

from headwater.errors import ImportFileError

FOLDER = "imports"


class ImportState(msgspec.Struct, kw_only=True):
    """What is known of one import: one file, by one mapping, into one source."""

    id: str
    file: str
    source: str
    version: str
    acknowledged: int = 0
    """How many of its events, counted in order, the server has on disk."""
    is_finished: bool = False
    rows: int = 0
    skipped: dict[str, int] = {}
    rejected: int = 0


def state_path(data_dir: Path, import_id: str) -> Path:
    """Where the state of an import is kept."""
    return data_dir / FOLDER / f"{import_id}.json"


def load_state(path: Path) -> ImportState | None:
    """The state kept in a file; None where there is none that can be read."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=ImportState)
    except (OSError, msgspec.DecodeError):
        return None


def save_state(path: Path, state: ImportState) -> None:
    """Replace the state, durably and in one step. Raises ImportFileError."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as file:
            file.write(msgspec.json.format(msgspec.json.encode(state)))
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        raise ImportFileError(
            f"The import's progress cannot be kept in {path}: {error.strerror}.",
            hint="Name a data folder that can be written with --data-dir.",
        ) from None
