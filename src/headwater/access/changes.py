"""Every change to the configuration: made, recorded in the audit trail, and published."""

import threading
from collections.abc import Callable, Sequence
from typing import TypeVar

from sqlalchemy import Connection

from headwater.access import audit, tokens
from headwater.access.audit import Change
from headwater.access.model import Principal, Role, Token
from headwater.errors import UnauthorizedError
from headwater.kit.clock import Clock
from headwater.ports import Database
from headwater.workspaces import store
from headwater.workspaces.model import Configuration, Source, SourceType, Workspace

SYSTEM = "system"
"""The actor of what Headwater does itself, at its first start."""

_T = TypeVar("_T")


class Changes:
    """Reads and changes the configuration on behalf of principals, for several threads.

    Each change is one transaction together with its entry in the audit trail; `publish` is called
    with the configuration that it left, in the order of the changes.
    """

    def __init__(
        self, database: Database, clock: Clock, publish: Callable[[Configuration], None]
    ) -> None:
        self._database = database
        self._clock = clock
        self._publish = publish
        self._one_at_a_time = threading.Lock()

    def publish(self) -> Configuration:
        """Publish the configuration as it is: a crash may have come between change and publish."""
        with self._one_at_a_time, self._database.reading() as connection:
            configuration = store.configuration(connection)
            self._publish(configuration)
        return configuration

    def principal(self, secret: str) -> Principal:
        """Whose token this is. Raises UnauthorizedError."""
        with self._database.reading() as connection:
            found = tokens.principal(connection, secret)
        if found is None:
            raise UnauthorizedError(
                "The API token is not known.",
                hint="Use the one at DIR/admin-token, or the one that an owner gave you.",
            )
        return found

    def begin(self, *, admin_token: str) -> str | None:
        """Make the default workspace and its first owner's token, where there is none yet.

        Returns the token's secret when it was made now, and None later.
        """

        def make(connection: Connection) -> tuple[str | None, Sequence[tuple[str, Change]]]:
            if store.workspaces(connection):
                return None, ()
            now = self._clock.now()
            workspace = store.create_workspace(connection, name="Default", now=now)
            token, secret = tokens.create(
                connection,
                workspace.id,
                name="First owner",
                role=Role.OWNER,
                now=now,
                secret=admin_token,
            )
            return secret, (
                (workspace.id, _created("Workspace", workspace)),
                (workspace.id, _created("Token", token)),
            )

        return self._change(SYSTEM, make)

    def workspace(self, by: Principal) -> Workspace:
        """The caller's workspace."""
        with self._database.reading() as connection:
            return store.workspace(connection, by.workspace_id)

    def sources(self, by: Principal) -> list[Source]:
        """The workspace's sources, the oldest first."""
        with self._database.reading() as connection:
            return store.sources(connection, by.workspace_id)

    def source(self, by: Principal, source_id: str) -> Source:
        """One source. Raises NotFoundError."""
        with self._database.reading() as connection:
            return store.source(connection, by.workspace_id, source_id)

    def create_source(
        self,
        by: Principal,
        *,
        name: str,
        type: SourceType,  # noqa: A002 - the field's name
        slug: str = "",
        enabled: bool = True,
        allowed_origins: Sequence[str] = (),
    ) -> Source:
        """Make a source with a write key. Raises BadRequestError and ConflictError."""

        def make(connection: Connection) -> tuple[Source, Sequence[tuple[str, Change]]]:
            made = store.create_source(
                connection,
                by.workspace_id,
                name=name,
                type=type,
                slug=slug,
                enabled=enabled,
                allowed_origins=allowed_origins,
                now=self._clock.now(),
            )
            return made, ((by.workspace_id, _created("Source", made)),)

        return self._change(by.actor, make)

    def update_source(
        self,
        by: Principal,
        source_id: str,
        *,
        name: str | None = None,
        enabled: bool | None = None,
        allowed_origins: Sequence[str] | None = None,
    ) -> Source:
        """Change what is given. Raises NotFoundError and BadRequestError."""

        def make(connection: Connection) -> tuple[Source, Sequence[tuple[str, Change]]]:
            before = store.source(connection, by.workspace_id, source_id)
            after = store.update_source(
                connection,
                by.workspace_id,
                source_id,
                name=name,
                enabled=enabled,
                allowed_origins=allowed_origins,
            )
            if after == before:
                return after, ()
            return after, ((by.workspace_id, _modified("Source", before, after)),)

        return self._change(by.actor, make)

    def delete_source(self, by: Principal, source_id: str) -> None:
        """Remove a source; its events stay. Raises NotFoundError."""

        def make(connection: Connection) -> tuple[None, Sequence[tuple[str, Change]]]:
            before = store.source(connection, by.workspace_id, source_id)
            store.delete_source(connection, by.workspace_id, source_id)
            change = Change("Source Deleted", "Source", source_id, before=before)
            return None, ((by.workspace_id, change),)

        self._change(by.actor, make)

    def add_write_key(self, by: Principal, source_id: str) -> Source:
        """Give a source one more write key. Raises NotFoundError."""

        def make(connection: Connection) -> tuple[Source, Sequence[tuple[str, Change]]]:
            before = store.source(connection, by.workspace_id, source_id)
            after, _ = store.add_write_key(
                connection, by.workspace_id, source_id, now=self._clock.now()
            )
            return after, ((by.workspace_id, _modified("Source", before, after)),)

        return self._change(by.actor, make)

    def remove_write_key(self, by: Principal, source_id: str, write_key: str) -> None:
        """Take a write key from a source. Raises NotFoundError and ConflictError."""

        def make(connection: Connection) -> tuple[None, Sequence[tuple[str, Change]]]:
            before = store.source(connection, by.workspace_id, source_id)
            after = store.remove_write_key(connection, by.workspace_id, source_id, write_key)
            return None, ((by.workspace_id, _modified("Source", before, after)),)

        self._change(by.actor, make)

    def _change(
        self,
        actor: str,
        make: Callable[[Connection], tuple[_T, Sequence[tuple[str, Change]]]],
    ) -> _T:
        with self._one_at_a_time:
            with self._database.writing() as connection:
                result, changes = make(connection)
                for workspace_id, change in changes:
                    audit.record(
                        connection,
                        change,
                        actor=actor,
                        workspace_id=workspace_id,
                        now=self._clock.now(),
                    )
                configuration = store.configuration(connection)
            if changes:
                self._publish(configuration)
        return result


def _created(subject: str, after: Workspace | Source | Token) -> Change:
    return Change(f"{subject} Created", subject, after.id, after=after)


def _modified(subject: str, before: Source, after: Source) -> Change:
    return Change(f"{subject} Modified", subject, after.id, before=before, after=after)
