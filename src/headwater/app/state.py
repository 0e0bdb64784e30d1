"""The state of a data folder: its database, brought up to date, and its first owner."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from headwater.access import heads, start
from headwater.access.audit import Change
from headwater.access.changes import Changes, Contributor
from headwater.access.model import system
from headwater.cleaning import store as cleaning
from headwater.cleaning.model import PART as CLEANING
from headwater.databases.migrate import migrate
from headwater.databases.sql import sqlite_database
from headwater.functions import making
from headwater.functions import store as functions
from headwater.functions.model import PART as FUNCTIONS
from headwater.kit import ids
from headwater.kit.clock import Clock
from headwater.kit.logging import logger
from headwater.plans import store as plans
from headwater.plans.model import PART as PLANS
from headwater.settings import Settings
from headwater.syncing import store as syncing
from headwater.syncing.model import PART as SYNCING
from headwater.transformations import store as transformations
from headwater.transformations.model import PART as TRANSFORMATIONS
from headwater.webhooks.model import PART as WEBHOOKS
from headwater.webhooks.model import with_senders
from headwater.webhooks.store import senders
from headwater.workspaces import snapshot, store


def _handlers(connection: Connection) -> object | None:
    """What makes events of webhooks: functions, and presets of senders."""
    return with_senders(making.handlers(connection), senders(connection))


CONTRIBUTORS: Final[Mapping[str, Contributor]] = {
    CLEANING: cleaning.published,
    PLANS: plans.published,
    TRANSFORMATIONS: transformations.published,
    FUNCTIONS: functions.published,
    WEBHOOKS: _handlers,
    SYNCING: syncing.published,
}
"""What features add to the published configuration, by the names that headwater.governing has."""

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
            database,
            clock,
            partial(snapshot.publish, folder),
            partial(heads.keep, folder),
            CONTRIBUTORS,
        )
        _notice_what_was_cut_off(folder, changes)
        if start.is_first(changes):
            # The file comes first: nobody gets in by a token that was made and then lost.
            secret = settings.admin_token or ids.api_token()
            _keep(folder / TOKEN_FILE, secret)
            start.begin(changes, admin_token=secret)
        changes.publish()
        try:
            yield changes
        finally:
            changes.close()
    finally:
        database.close()


def _notice_what_was_cut_off(folder: Path, changes: Changes) -> None:
    """Before anything is added to the audit trail: whether its end is there as it was kept."""
    with changes.reading() as connection:
        lacked = heads.keep_lacked(folder, connection)
        workspaces = store.workspaces(connection)
    if lacked is None:
        return
    logger("access").error("audit.cut_off", number=lacked.number, hash=lacked.hash)
    with changes.change(system("")) as step:
        for workspace in workspaces:
            change = Change("Audit Trail Cut Off", "Audit Trail", str(lacked.number), before=lacked)
            step.record(change, workspace_id=workspace.id)


def _keep(path: Path, secret: str) -> None:
    """Keep the token where the commands on this machine find it, readable by its owner alone."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(f"{secret}\n")
        file.flush()
        os.fsync(file.fileno())
