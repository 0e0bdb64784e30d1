"""Running a look's statements within their time."""

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import duckdb

from headwater.errors import QueryLimitError
from headwater.queries.looks import LONGEST_SECONDS
from headwater.warehouses.duckdb.warehouse import DuckDBWarehouse

Values = Mapping[str, object] | Sequence[object]


class Looker:
    """One look at one moment of a warehouse: its statements share a snapshot and a deadline."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection, seconds: float) -> None:
        self._cursor = cursor
        self._ends = time.monotonic() + seconds

    def rows(self, sql: str, values: Values = ()) -> list[dict[str, object]]:
        """The rows of a statement. Raises QueryLimitError when the time is over."""
        with self._within_time():
            result = self._cursor.execute(sql, values)
            names = [column[0] for column in result.description or ()]
            return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

    def remaining(self) -> float:
        """The seconds that are left."""
        return self._ends - time.monotonic()

    @contextmanager
    def _within_time(self) -> Iterator[None]:
        if self.remaining() <= 0:
            raise over()
        timer = threading.Timer(self.remaining(), self._interrupt)
        timer.daemon = True
        timer.start()
        try:
            yield
        except duckdb.InterruptException:
            raise over() from None
        finally:
            timer.cancel()

    def _interrupt(self) -> None:
        self._cursor.interrupt()


def over() -> QueryLimitError:
    """The refusal of a look that took too long."""
    return QueryLimitError("The look took too long.", hint="Narrow it: a shorter time, one source.")


@contextmanager
def looking(warehouse: DuckDBWarehouse, *, seconds: float = LONGEST_SECONDS) -> Iterator[Looker]:
    """A look at a warehouse as it is at this moment."""
    with warehouse.reading() as cursor:
        cursor.execute("BEGIN TRANSACTION READ ONLY")
        try:
            yield Looker(cursor, seconds)
        finally:
            cursor.execute("ROLLBACK")
