"""The state as it would be: changes that are made, seen, and taken back."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from sqlalchemy import Connection

from headwater.access.audit import Change
from headwater.access.changes import Changes, Contributor
from headwater.access.model import Principal
from headwater.kit.clock import Clock


class OneTransaction:
    """A database whose transactions are all parts of one, which its owner takes back."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._one_at_a_time = threading.Lock()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        with self._one_at_a_time:
            yield self._connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        with self._one_at_a_time, self._connection.begin_nested():
            yield self._connection

    def close(self) -> None: ...


class Supposed(Changes):
    """The gate to a state as it would be. Nothing is published, nor noted of what was read."""

    def __init__(
        self, connection: Connection, clock: Clock, contributors: Mapping[str, Contributor]
    ) -> None:
        super().__init__(
            OneTransaction(connection), clock, lambda _: None, contributors=contributors
        )

    def record_read(self, by: Principal, what: str, subject_id: str) -> None: ...

    def record_soon(self, by: Principal, change: Change) -> None: ...


class _TakenBackError(Exception):
    """Ends a transaction without keeping it."""


@contextmanager
def supposing(changes: Changes) -> Iterator[Supposed]:
    """A gate to the state as it is now: what is changed through it is seen through it, and taken
    back at the end. Until then nobody else changes anything: be quick."""
    try:
        with changes.alone() as connection:
            yield Supposed(connection, changes.clock, changes.contributors)
            raise _TakenBackError
    except _TakenBackError:
        return
