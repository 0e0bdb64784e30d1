"""Uploads on the disk: a folder for each, with what is known of it and the file itself.

`upload.json` is replaced whole, so that a stop at any moment leaves the one state or the other.
"""

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from headwater.errors import NotFoundError
from headwater.kit.file_names import safe_name
from headwater.uploads.model import Upload

FOLDER: Final = "uploads"
_RECORD: Final = "upload.json"
_ID: Final = re.compile(r"[1-9A-HJ-NP-Za-km-z]{22}")


class Folder:
    """The uploads of a data folder."""

    def __init__(self, data_dir: Path) -> None:
        self.root = data_dir / FOLDER

    def of(self, upload_id: str) -> Path:
        """An upload's own folder. Raises NotFoundError for what can be no id."""
        if not _ID.fullmatch(upload_id):
            raise NotFoundError(f"There is no upload {upload_id!r}.")
        return self.root / upload_id

    def path(self, upload: Upload) -> Path:
        """The file itself."""
        return self.of(upload.id) / "file" / safe_name(upload.file)

    def rejected(self, upload: Upload) -> Path:
        """Where its rejected rows are kept."""
        return self.of(upload.id) / "rejected.jsonl"

    def scratch(self, upload: Upload) -> Path:
        """Where packed files are unpacked."""
        folder = self.of(upload.id) / "scratch"
        folder.mkdir(exist_ok=True, mode=0o700)
        return folder

    def received(self, upload: Upload) -> int:
        """How many bytes of it are here."""
        try:
            return self.path(upload).stat().st_size
        except FileNotFoundError:
            return 0

    def make(self, upload: Upload) -> None:
        """A new upload, without a byte of its file."""
        self.path(upload).parent.mkdir(parents=True, mode=0o700)
        self.path(upload).touch(mode=0o600)
        self.keep(upload)

    def keep(self, upload: Upload) -> None:
        """Keep what is known now, durably."""
        path = self.of(upload.id) / _RECORD
        temporary = path.with_suffix(".partial")
        with temporary.open("wb") as file:
            file.write(msgspec.json.format(msgspec.json.encode(upload)))
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)

    def one(self, upload_id: str) -> Upload:
        """Raises NotFoundError."""
        try:
            return msgspec.json.decode(
                (self.of(upload_id) / _RECORD).read_bytes(), type=Upload, strict=False
            )
        except (OSError, msgspec.DecodeError):
            raise NotFoundError(f"There is no upload {upload_id!r}.") from None

    def all(self) -> Iterator[Upload]:
        """Every upload that can be read."""
        if not self.root.is_dir():
            return
        for folder in sorted(self.root.iterdir()):
            try:
                yield self.one(folder.name)
            except NotFoundError:
                continue

    def remove(self, upload_id: str) -> None:
        shutil.rmtree(self.of(upload_id), ignore_errors=True)

    def kept(self, upload: Upload, name: str) -> Path:
        """A file of what was found out, by its name."""
        return self.of(upload.id) / f"{name}.json"
