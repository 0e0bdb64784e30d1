"""Bringing a state database to the present schema."""

from pathlib import Path
from typing import Final

from sqlalchemy import Connection, column, inspect, select, table

from headwater.databases.sql import SqlDatabase
from headwater.errors import HeadwaterError

_SCRIPTS: Final = Path(__file__).with_name("migrations")
_VERSION: Final = table("alembic_version", column("version_num"))


def migrate(database: SqlDatabase) -> None:
    """Run the migrations that the database has not had, in one transaction.

    Raises HeadwaterError for a database that a newer Headwater has made.
    """
    with database.writing() as connection:
        if current_revision(connection) != newest_revision():
            upgrade(connection)


def newest_revision() -> str:
    """The last migration there is: their files are named by their revisions."""
    return max(path.name for path in (_SCRIPTS / "versions").glob("[0-9]*.py"))[:4]


def current_revision(connection: Connection) -> str | None:
    """The last migration that a database had; None for an empty one."""
    if not inspect(connection).has_table(_VERSION.name):
        return None
    revision: str | None = connection.scalar(select(_VERSION.c.version_num))
    return revision


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Run the migrations up to a revision. Raises HeadwaterError for a newer database."""
    # Alembic takes a third of a second and 11 MB: only where there is something to do.
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, revision)
    except CommandError as error:
        raise HeadwaterError(
            f"The state database cannot be brought to this version: {error}.",
            hint="It was made by a newer Headwater: install that one.",
        ) from error
