"""`headwater backup`: a data folder at rest, in one file."""

import os
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from headwater.archive.model import OFF, ON
from headwater.cli.options import DataOptions, settings_of
from headwater.errors import ConflictError, NotFoundError
from headwater.kit.archive import pack
from headwater.kit.claim import Claim

_LEFT_OUT = frozenset({"run"})


def backup(
    file: Annotated[Path, Parameter(help="The file to make, such as monday.tar.gz.")],
    /,
    *,
    options: DataOptions | None = None,
) -> None:
    """Copy a data folder at rest into one file.

    The server must be stopped: a copy of files that are being written would not fit together.
    """
    os.umask(0o077)
    settings = settings_of(options)
    folder = settings.data_dir
    if not folder.is_dir():
        raise NotFoundError(f"There is no data folder {folder}.", hint="Name it with --data-dir.")
    try:
        claim = Claim(folder)
    except ConflictError as error:
        raise ConflictError(
            f"Headwater runs on {folder}: a copy of files being written would not fit together.",
            hint="Stop it, make the backup, and start it again; events wait at their senders.",
            code=error.code,
        ) from error
    with claim:
        count = pack(folder, file, leave_out=_LEFT_OUT)
    print(f"{file}: {count} files of {folder}, {file.stat().st_size:,} bytes.")
    if settings.archive not in (OFF, ON):
        print(f"The archive lies at {settings.archive} and is not in it.")
