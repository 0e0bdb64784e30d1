"""The message ids that were seen: recent ones in memory, older ones in runs on disk.

The recent ones stand in the log beside their events (`Entry.marks`) until they are spilled into a
run; so whatever happens when, what is remembered is exactly what the log holds. An id is forgotten
no sooner than `days` after it was first seen, and at most a tenth of that later.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from headwater.pipeline.dedupe import Ids, Marks, columns, contained, ordered
from headwater.workers.runs import RunFile, merge_runs, open_runs, remove, write_run

SPILL_AT: Final = 262_144
"""Recent ids kept in memory: about 25 MB of them."""

_MERGED: Final = 4  # runs of like size that become one
_PERIODS: Final = 10
_DAY: Final = 86_400_000_000


class SeenIds:
    """What tells duplicates. For one thread; the folder belongs to it alone.

    `fresh` asks, `remember` adds what the log has committed since, `spill` moves the recent ids to
    disk (then, and only then, the log may forget its marks), `tidy` does a little upkeep.
    """

    def __init__(self, folder: Path, *, days: float, spill_at: int = SPILL_AT) -> None:
        """Open the folder, or make it. Raises SeenIdsError when a run in it is damaged."""
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._kept_for = round(days * _DAY)
        self._period = max(self._kept_for // _PERIODS, 1)
        self._spill_at = spill_at
        self._runs = open_runs(folder)
        self._recent: set[bytes] = set()
        self._oldest = 0
        self._newest = 0
        self._merging: tuple[list[RunFile], Iterator[RunFile | None]] | None = None

    def __len__(self) -> int:
        """How many ids are remembered."""
        return len(self._recent) + sum(map(len, self._runs))

    def fresh(self, digests: Sequence[bytes]) -> list[bool]:
        """Which of the hashed ids are new: not remembered, and the first of their like here."""
        if not digests:
            return []
        old = self._in_runs(digests)
        recent = self._recent
        here: set[bytes] = set()
        answers = []
        for digest, is_old in zip(digests, old, strict=True):
            is_new = not is_old and digest not in recent and digest not in here
            if is_new:
                here.add(digest)
            answers.append(is_new)
        return answers

    def _in_runs(self, digests: Sequence[bytes]) -> list[bool]:
        if not self._runs:
            return [False] * len(digests)
        asked = columns(digests)
        order = np.argsort(asked.upper)
        in_order = Ids(asked.upper[order], asked.lower[order])
        found = np.zeros(len(asked), np.bool_)
        for file in self._runs:
            found[order] |= contained(file.run, in_order)
        answers: list[bool] = found.tolist()
        return answers

    def remember(self, marks: Marks) -> None:
        """Add ids whose events the log has committed. Again is as good as once."""
        if not marks.digests:
            return
        if not self._recent:
            self._oldest, self._newest = marks.oldest, marks.newest
        self._recent.update(marks.digests)
        self._oldest = min(self._oldest, marks.oldest)
        self._newest = max(self._newest, marks.newest)

    def is_full(self, at: int) -> bool:
        """Whether to spill before ids of events received at `at` (microseconds) are added.

        So it is when the recent ids are many, or of an earlier period: they are forgotten together.
        """
        if len(self._recent) >= self._spill_at:
            return True
        return bool(self._recent) and self._period_of(self._oldest) != self._period_of(at)

    def spill(self) -> None:
        """Move the recent ids into a run, durably. Does nothing when there are none."""
        if not self._recent:
            return
        number = self._runs[-1].last + 1 if self._runs else 1
        ids = ordered(columns(self._recent))
        span = (self._oldest, self._newest)
        self._runs.append(write_run(self._folder, number, ids, span))
        self._recent = set()

    def tidy(self, now: int) -> bool:
        """Forget what is too old by `now` (microseconds), and merge a little.

        Returns whether there is more to merge. Takes some milliseconds at most.
        """
        if self._merging is None:
            self._forget(now)
            group = self._next_group()
            if group is None:
                return False
            self._merging = (group, merge_runs(group))
        group, steps = self._merging
        try:
            merged = next(steps)
        except BaseException:
            self._merging = None  # begun anew when there is room
            raise
        if merged is not None:
            start = self._runs.index(group[0])
            self._runs[start : start + len(group)] = [merged]
            remove(group)
            self._merging = None
        return True

    def _forget(self, now: int) -> None:
        old = [run for run in self._runs if run.newest < now - self._kept_for]
        if old:
            self._runs = [run for run in self._runs if run not in old]
            remove(old)

    def _next_group(self) -> list[RunFile] | None:
        """Adjacent runs to merge: all of a period that is over, or some of like size."""
        if not self._runs:
            return None
        current = self._period_of(self._runs[-1].newest)
        group: list[RunFile] = []
        for run in reversed(self._runs):
            if group and not self._belongs(run, group[0], current):
                if len(group) >= self._enough(group[0], current):
                    break
                group = []
            group.insert(0, run)
        return group if len(group) >= max(self._enough(group[0], current), 2) else None

    def _belongs(self, run: RunFile, other: RunFile, current: int) -> bool:
        period = self._period_of(run.newest)
        if period != self._period_of(other.newest):
            return False
        return period != current or self._tier(run) == self._tier(other)

    def _enough(self, run: RunFile, current: int) -> int:
        return _MERGED if self._period_of(run.newest) == current else 2

    def _tier(self, run: RunFile) -> int:
        tier, size = 0, self._spill_at * _MERGED
        while len(run) >= size:
            tier, size = tier + 1, size * _MERGED
        return tier

    def _period_of(self, moment: int) -> int:
        return moment // self._period
