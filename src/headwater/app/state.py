"""The state of a data folder: its database, brought up to date, and its first owner."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final

from headwater.access import heads, start
from headwater.access.changes import Changes
from headwater.databases.migrate import migrate
from headwater.databases.sql import sqlite_database
from headwater.kit.clock import Clock
from headwater.settings import Settings
from headwater.workspaces import snapshot

TOKEN_FILE: Final = "admin-token"  # noqa: S105


@contextmanager
def open_state(settings: Settings, clock: Clock) -> Iterator[Changes]:
    """The configuration of the settings' data folder, ready for changes.

    Makes the folder, the database, the default workspace and its first owner's token where they
    are missing, and publishes the configuration.
    """
    folder = settings.data_dir
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    database = sqlite_database(folder)
    try:
        migrate(database)
        changes = Changes(
            database, clock, partial(snapshot.publish, folder), partial(heads.keep, folder)
        )
        secret = start.begin(changes, admin_token=settings.admin_token)
        if secret is not None:
            _keep(folder / TOKEN_FILE, secret)
        changes.publish()
        try:
            yield changes
        finally:
            changes.close()
    finally:
        database.close()


def _keep(path: Path, secret: str) -> None:
    """Keep the token where the commands on this machine find it, readable by its owner alone."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(f"{secret}\n")
        file.flush()
        os.fsync(file.fileno())
