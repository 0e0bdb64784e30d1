"""The tracker's files as they are served: bytes, a hash for browsers to check, a tag for caches."""

import base64
import gzip
import hashlib
from functools import cache
from pathlib import Path
from typing import Final

import msgspec

_FOLDER: Final = Path(__file__).parent / "files"
_SCRIPT: Final = "text/javascript; charset=utf-8"
_TYPES: Final = "application/typescript; charset=utf-8"


class TrackerFile(msgspec.Struct, frozen=True):
    """One file. `integrity` is for the `integrity` attribute of a script, `etag` for caches."""

    body: bytes
    gzipped: bytes
    content_type: str
    integrity: str
    etag: str


@cache
def files() -> dict[str, TrackerFile]:
    """Every file by its name in the address."""
    return {
        path.name: _read(path)
        for path in sorted(_FOLDER.iterdir())
        if path.suffix in (".js", ".ts")
    }


def integrity(name: str = "analytics.min.js") -> str:
    """The hash of a file, as the `integrity` attribute takes it."""
    return files()[name].integrity


def _read(path: Path) -> TrackerFile:
    body = path.read_bytes()
    digest = hashlib.sha384(body).digest()
    return TrackerFile(
        body=body,
        gzipped=gzip.compress(body, 9, mtime=0),
        content_type=_TYPES if path.suffix == ".ts" else _SCRIPT,
        integrity="sha384-" + base64.b64encode(digest).decode(),
        etag=f'"{digest.hex()[:24]}"',
    )
