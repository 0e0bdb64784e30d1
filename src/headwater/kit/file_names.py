"""Names of files that come from elsewhere, as they may stand on this disk."""

from pathlib import PurePosixPath
from typing import Final

_LONGEST: Final = 120


def safe_name(name: str) -> str:
    """A file's name as it may stand on this disk, with its suffixes; never a path."""
    last = PurePosixPath(name.replace("\\", "/")).name
    kept = "".join(each for each in last if each.isprintable()).strip(" .") or "file"
    while len(kept.encode("utf-8", "replace")) > _LONGEST:
        kept = kept[1:]
    return kept.encode("utf-8", "replace").decode()
