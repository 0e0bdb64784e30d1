"""A question after something was put into it, and where that was: errors point into the question
as it was written."""

import msgspec


class Rewritten(msgspec.Struct, frozen=True):
    """A question as it is asked, and what was changed: start, length before, length after."""

    sql: str
    changes: tuple[tuple[int, int, int], ...] = ()

    def place(self, position: int | None) -> int | None:
        """Where in the question as it was written a place of this one lies."""
        if position is None:
            return None
        moved = 0
        for start, before, after in self.changes:
            if position < start + moved:
                break
            if position < start + moved + after:
                return start
            moved += after - before
        return position - moved
