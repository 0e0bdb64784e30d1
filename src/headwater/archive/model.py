"""What the archive is made of."""

from typing import Final

import msgspec

CONSUMER: Final = "archive"
"""The name by which the archive acknowledges what it has read of the log."""

OFF: Final = "off"
ON: Final = "on"
"""The settings that are no addresses: none is kept, or one in the data folder."""

MICROSECONDS_PER_DAY: Final = 86_400_000_000


class ArchiveFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file: requests of one source, received on one day (UTC), collected in one partition.

    Its rows are in the order of their receipt. `received_bytes` are those of the bodies as they
    came, `bytes` those of the file; `removed_at` is None while it belongs to the archive.
    """

    path: str
    source_id: str
    day: int
    partition: str
    first_position: int
    last_position: int
    first_at: int
    last_at: int
    requests: int
    events: int
    received_bytes: int
    bytes: int
    removed_at: int | None = None


class ArchiveSize(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How much an archive holds, and of which time."""

    files: int = 0
    requests: int = 0
    events: int = 0
    received_bytes: int = 0
    bytes: int = 0
    first_at: int | None = None
    last_at: int | None = None
