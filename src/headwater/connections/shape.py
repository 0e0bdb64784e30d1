"""Of which members and types the records are that a connection reads, and what changed. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from headwater.connections.model import Drift

MOST_MEMBERS: Final = 500
MOST_RECORDS: Final = 5_000
"""So many records of a run are looked at."""
ENOUGH_RECORDS: Final = 20
"""Where fewer were read, a member that none of them has may only be seldom."""
_DEEPEST: Final = 3

Shape = Mapping[str, Sequence[str]]
"""The types that were seen, in alphabetical order, by the member's path."""


class Observed:
    """What was seen of the records of a run."""

    def __init__(self) -> None:
        self.records = 0
        self._types: dict[str, set[str]] = {}

    def look(self, record: Mapping[str, Any]) -> None:
        """Look at a record. Nothing is learnt of null."""
        if self.records < MOST_RECORDS:
            self.records += 1
            self._look(record, "", 1)

    def _look(self, record: Mapping[str, Any], before: str, depth: int) -> None:
        for name, value in record.items():
            if name[:1] == "$" or value is None:
                continue
            path = f"{before}{name}"
            if isinstance(value, dict) and value and depth < _DEEPEST:
                self._look(value, f"{path}.", depth + 1)
            elif path in self._types or len(self._types) < MOST_MEMBERS:
                self._types.setdefault(path, set()).add(_type(value))

    @property
    def shape(self) -> Shape:
        return {path: sorted(types) for path, types in sorted(self._types.items())}


class Difference:
    """How a shape differs from what was known: the drifts, and what is known then."""

    def __init__(self, known: Shape, seen: Shape, records: int) -> None:
        self.drifts: list[tuple[Drift, str, Sequence[str], Sequence[str]]] = []
        after = {path: list(types) for path, types in known.items()}
        for path, types in seen.items():
            before = known.get(path)
            if before is None:
                after[path] = list(types)
                if known:
                    self.drifts.append((Drift.APPEARED, path, (), types))
            elif new := set(types) - set(before):
                after[path] = sorted(new | set(before))
                self.drifts.append((Drift.CHANGED, path, before, types))
        if records >= ENOUGH_RECORDS:
            for path in known.keys() - seen.keys():
                self.drifts.append((Drift.VANISHED, path, after.pop(path), ()))
        self.drifts.sort(key=lambda each: (each[1], each[0]))
        self.shape: Shape = after


def _type(value: object) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "text"
    return "object" if isinstance(value, dict) else "list"
