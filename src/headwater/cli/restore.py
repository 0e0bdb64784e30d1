"""`headwater restore`: a data folder from a backup."""

import os
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from headwater.cli.options import DataOptions, settings_of
from headwater.errors import NotFoundError
from headwater.kit.archive import unpack


def restore(
    file: Annotated[Path, Parameter(help="What `headwater backup` made.")],
    /,
    *,
    options: DataOptions | None = None,
) -> None:
    """Make a data folder from a backup. The folder must be new or empty."""
    os.umask(0o077)
    folder = settings_of(options).data_dir
    if not file.is_file():
        raise NotFoundError(f"There is no file {file}.")
    count = unpack(file, folder)
    print(f"{folder}: {count} files from {file}.")
    print("Check it with `headwater doctor`, then start it with `headwater serve`.")
