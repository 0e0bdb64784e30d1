"""The collected stream read from its end."""

from collections.abc import Iterator, Mapping
from typing import Final

from headwater.ports import Log, Positions, Stored, Stream
from headwater.spec.again import is_again

_STEP: Final = 128
_READ_BYTES: Final = 4_000_000


def backwards(
    log: Log, *, requests: int, size: int, ends: Positions | None = None, again: bool = False
) -> Iterator[Stored]:
    """Requests, the newest first, until about so many of a partition or bytes of all are read.

    They begin with the last of all, or at the positions given as `ends`. What replays sent again
    is left out, unless it is asked for.
    """
    ends = dict(log.ends(Stream.COLLECTED) if ends is None else ends)
    left = size
    for _ in range(-(-requests // _STEP)):
        ends = {name: end for name, end in ends.items() if end}
        if not ends or left <= 0:
            return
        starts = {name: max(0, end - _STEP) for name, end in ends.items()}
        window = list(_between(log, starts, ends))
        left -= sum(len(stored.record.body) for stored in window)
        yield from sorted(
            (each for each in window if again or not is_again(each.record.meta)),
            key=lambda each: (each.record.received_at, each.position),
            reverse=True,
        )
        ends = starts


def _between(log: Log, starts: Mapping[str, int], ends: Mapping[str, int]) -> Iterator[Stored]:
    """The requests after some positions, up to others."""
    after = dict(starts)
    while any(after[name] < end for name, end in ends.items()):
        records = log.read(
            Stream.COLLECTED, after, max_bytes=_READ_BYTES, max_records=_STEP * len(after)
        )
        if not records:
            return
        for stored in records:
            after[stored.partition] = stored.position
            if stored.position <= ends.get(stored.partition, 0):
                yield stored
