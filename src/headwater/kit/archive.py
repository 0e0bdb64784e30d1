"""A folder as one file, and back."""

import os
import shutil
import tarfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from headwater.errors import BadRequestError, ConflictError

_CHUNK = 1 << 20


def pack(folder: Path, file: Path, *, leave_out: frozenset[str]) -> int:
    """Copy the regular files of a folder into a gzipped tar file that appears when complete.

    `leave_out` names entries of the folder itself. Nothing may write in the folder meanwhile.
    Returns the number of files. Raises ConflictError when the file exists or lies in the folder.
    """
    if file.resolve().is_relative_to(folder.resolve()):
        raise ConflictError(f"{file} lies in the folder itself.", hint="Name a file outside of it.")
    if file.exists():
        raise ConflictError(f"{file} exists.", hint="Name a file that does not exist yet.")
    temporary = file.with_name(f".{file.name}.{os.getpid()}")
    count = 0
    try:
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as to:
            with tarfile.open(fileobj=to, mode="w:gz", compresslevel=1) as tar:
                for path in _files(folder, leave_out):
                    tar.add(path, str(path.relative_to(folder)), recursive=False)
                    count += 1
            to.flush()
            os.fsync(to.fileno())
        temporary.replace(file)
    finally:
        temporary.unlink(missing_ok=True)
    return count


def unpack(file: Path, folder: Path) -> int:
    """Make a folder of what `pack` made. Returns the number of files.

    The folder appears when complete, readable by its owner alone. Raises ConflictError when it
    exists and is not empty, and BadRequestError for a file that is damaged or something else.
    """
    if folder.exists() and any(folder.iterdir()):
        raise ConflictError(
            f"{folder} is not empty.", hint="Restore into a new folder, and then move it."
        )
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = folder.with_name(f".{folder.name}.{os.getpid()}")
    count = 0
    try:
        with tarfile.open(file, "r:gz") as tar:
            for member in tar:
                _extract(tar, member, temporary)
                count += 1
        if folder.exists():
            folder.rmdir()
        temporary.replace(folder)
    except (tarfile.TarError, EOFError, OSError) as error:
        raise BadRequestError(
            f"{file} cannot be restored: {error}.", hint="Is it a whole backup of Headwater?"
        ) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return count


def _files(folder: Path, leave_out: frozenset[str]) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.relative_to(folder).parts[0] not in leave_out:
            yield path


def _extract(tar: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> None:
    name = PurePosixPath(member.name)
    if not member.isreg() or name.is_absolute() or ".." in name.parts:
        raise tarfile.TarError(f"{member.name!r} is no file of a data folder")
    source = tar.extractfile(member)
    if source is None:
        raise tarfile.TarError(f"{member.name!r} has no content")
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as to:
        shutil.copyfileobj(source, to, _CHUNK)
        to.flush()
        os.fsync(to.fileno())
