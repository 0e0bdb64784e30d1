"""How far each partition was read: kept when the server has the events on disk, and not before."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec

from headwater.errors import StreamError

FOLDER: Final = "streams"

Offsets = dict[str, int]
"""The next message to read, by `topic/partition`."""


@contextmanager
def claimed(data_dir: Path, stream_id: str) -> Iterator[None]:
    """The right to read a stream, for one at a time. Raises StreamError while another has it."""
    folder = data_dir / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{stream_id}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise StreamError(
                "Another program reads this stream into this source already.",
                hint="Stop it first: one reads all partitions.",
            ) from None
        yield


def load(data_dir: Path, stream_id: str) -> Offsets:
    """The offsets that were kept. Raises StreamError for a file that is damaged."""
    path = data_dir / FOLDER / f"{stream_id}.json"
    try:
        return msgspec.json.decode(path.read_bytes(), type=Offsets)
    except FileNotFoundError:
        return {}
    except (OSError, msgspec.DecodeError) as error:
        raise StreamError(
            f"{path} is damaged: {error}.",
            hint="Remove it to read the topics from their start: events keep their messageIds.",
        ) from None


def keep(data_dir: Path, stream_id: str, offsets: Offsets) -> None:
    """Keep the offsets, durably and in one step. Raises StreamError."""
    path = data_dir / FOLDER / f"{stream_id}.json"
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with partial.open("wb") as file:
            file.write(msgspec.json.encode(offsets))
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        raise StreamError(f"The offsets cannot be kept in {path}: {error.strerror}.") from None


def forget(data_dir: Path, stream_id: str) -> None:
    """Let the next run read from the start, as for a stream that was never read."""
    with claimed(data_dir, stream_id):
        (data_dir / FOLDER / f"{stream_id}.json").unlink(missing_ok=True)
