"""The one gate for changes of the configuration: made, recorded in the audit trail, published.

A noun's operations are functions of their own (`sources.py`, `users.py`, …) that go through it:

    with changes.change(by) as step:
        made = store.create_source(step.connection, by.workspace_id, …, now=step.now)
        step.record(created("Source", made.id, made, name=made.name))
    return made
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager

import msgspec
from sqlalchemy import Connection

from headwater.access import audit
from headwater.access.audit import Change, Head
from headwater.access.model import Principal
from headwater.access.reads import Reads
from headwater.kit.clock import Clock
from headwater.ports import Database
from headwater.workspaces import store
from headwater.workspaces.model import Configuration

Contributor = Callable[[Connection], object]
"""A feature's part of the published configuration, encodable; None where nothing is set."""


class Step:
    """A change under way: the transaction that it is made in, its moment, and what it did."""

    def __init__(self, connection: Connection, by: Principal, now: int) -> None:
        self.connection = connection
        self.now = now
        self.recorded: list[audit.Entry] = []
        self._by = by

    def record(self, change: Change, *, workspace_id: str | None = None) -> None:
        """Put into the audit trail what was done; of the caller's workspace, if none is named."""
        entry = audit.record(
            self.connection,
            change,
            actor=self._by.actor,
            actor_name=self._by.name,
            workspace_id=self._by.workspace_id if workspace_id is None else workspace_id,
            now=self.now,
        )
        self.recorded.append(entry)


class Changes:
    """Reads and changes the state on behalf of principals, for several threads.

    `publish` is called with the configuration that a change left, in the order of the changes;
    `keep_head` with the newest end of the audit trail, to keep it where the database is not.
    `contributors` add the parts of the configuration that are features' own, by their names.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        publish: Callable[[Configuration], None],
        keep_head: Callable[[Head], None] = lambda _: None,
        contributors: Mapping[str, Contributor] = {},
    ) -> None:
        self.clock = clock
        self.contributors = contributors
        self._database = database
        self._publish = publish
        self._keep_head = keep_head
        self._one_at_a_time = threading.Lock()
        self._reads = Reads(self._record_reads)

    def reading(self) -> AbstractContextManager[Connection]:
        """A transaction that sees one moment and changes nothing."""
        return self._database.reading()

    @contextmanager
    def change(self, by: Principal) -> Iterator[Step]:
        """A transaction in which `by` changes something, and says so by `step.record`.

        Left without an error, it is committed, and the configuration published if it changed.
        """
        with self._one_at_a_time:
            with self._database.writing() as connection:
                version = store.version(connection)
                step = Step(connection, by, self.clock.now())
                yield step
                is_new = store.version(connection) != version
                configuration = self._configuration(connection) if is_new else None
            if step.recorded:
                self._keep_head(step.recorded[-1].head)
            if configuration is not None:
                self._publish(configuration)

    @contextmanager
    def alone(self) -> Iterator[Connection]:
        """A transaction beside which nobody changes anything: see headwater.access.supposing."""
        with self._one_at_a_time, self._database.writing() as connection:
            yield connection

    @contextmanager
    def noting(self) -> Iterator[Connection]:
        """A transaction for what is no change of the configuration: last uses, failed attempts."""
        with self._database.writing() as connection:
            yield connection

    def record_read(self, by: Principal, what: str, subject_id: str) -> None:
        """Put into the audit trail that personal data was read: which, and whose (or the question).

        Returns at once; what many calls note is written together, without delay.
        """
        self._reads.note(by, what, subject_id)

    def record_soon(self, by: Principal, change: Change) -> None:
        """Put an entry into the audit trail, of the caller's workspace, without waiting for it."""
        self._reads.note_entry(by, change)

    def publish(self) -> Configuration:
        """Publish the configuration as it is: a crash may have come between change and publish."""
        with self._one_at_a_time, self._database.reading() as connection:
            configuration = self._configuration(connection)
            self._publish(configuration)
            head = audit.head(connection)
        if head is not None:
            self._keep_head(head)
        return configuration

    def configuration(self) -> Configuration:
        """The configuration as it would be published now."""
        with self._database.reading() as connection:
            return self._configuration(connection)

    def close(self) -> None:
        """Write what is still to be written of the audit trail."""
        self._reads.close()

    def _configuration(self, connection: Connection) -> Configuration:
        parts = {name: made(connection) for name, made in self.contributors.items()}
        return msgspec.structs.replace(
            store.configuration(connection),
            parts={
                name: msgspec.Raw(msgspec.json.encode(part))
                for name, part in parts.items()
                if part is not None
            },
        )

    def _record_reads(self, by: Principal, change: Change) -> None:
        with self.change(by) as step:
            step.record(change)
