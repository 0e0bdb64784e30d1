"""Files packed as people pack them."""

import bz2
import gzip
import io
import lzma
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import pyarrow as pa


def _zipped(path: Path) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(path, path.name)
    return made.getvalue()


def _zstd(path: Path) -> bytes:
    made = pa.BufferOutputStream()
    with pa.CompressedOutputStream(made, "zstd") as stream:
        stream.write(path.read_bytes())
    return bytes(made.getvalue().to_pybytes())


PACKINGS: Final[Mapping[str, Callable[[Path], bytes]]] = {
    ".gz": lambda path: gzip.compress(path.read_bytes(), 1),
    ".bz2": lambda path: bz2.compress(path.read_bytes(), 1),
    ".xz": lambda path: lzma.compress(path.read_bytes(), preset=0),
    ".zst": _zstd,
    ".zip": _zipped,
}
"""What a file is when it is packed, by the suffix that says how."""
