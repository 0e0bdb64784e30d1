"""Duplicates: what is remembered of an event, and how it is found again.

An event is told by its source and messageId: 128 bits of xxh3 over both. With a thousand million
ids remembered, the chance that any two different ones share their hash is below 1 in 10^20.
"""

import struct
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt
import xxhash

from headwater.pipeline.event import Event

BYTES_PER_ID: Final = 16

Words = npt.NDArray[np.uint64]

_IN_A_BUCKET: Final = 16
_SPAN: Final = struct.Struct("<qq")


class Ids(msgspec.Struct, frozen=True):
    """Hashed ids as two columns: the upper and the lower 64 bits."""

    upper: Words
    lower: Words

    def __len__(self) -> int:
        return len(self.upper)


class Marks(msgspec.Struct, frozen=True):
    """The ids first seen in an entry of the log, received from `oldest` to `newest`."""

    digests: Sequence[bytes]
    oldest: int
    newest: int


def digests(events: Iterable[Event]) -> list[bytes]:
    """The hashed ids of events, in their order."""
    hashed = xxhash.xxh3_128_digest
    return [
        hashed(f"{event.receipt.source_id}\0{event.message_id}{event.receipt.replay}".encode())
        for event in events
    ]


def columns(hashed: Iterable[bytes]) -> Ids:
    """The two columns of hashed ids."""
    words = np.frombuffer(b"".join(hashed), ">u8").reshape(-1, 2)
    return Ids(words[:, 0].astype(np.uint64), words[:, 1].astype(np.uint64))


def ordered(ids: Ids) -> Ids:
    """The same ids in rising order, each once."""
    order = np.lexsort((ids.lower, ids.upper))
    upper, lower = ids.upper[order], ids.lower[order]
    if len(upper) > 1:
        is_first = np.ones(len(upper), np.bool_)
        is_first[1:] = (upper[1:] != upper[:-1]) | (lower[1:] != lower[:-1])
        upper, lower = upper[is_first], lower[is_first]
    return Ids(upper, lower)


class Run(msgspec.Struct, frozen=True):
    """Ids in rising order, with a table of where those of each bucket begin: the ids that share
    their first bits. A lookup then reads a place or two of a run, not twenty."""

    ids: Ids
    starts: npt.NDArray[np.uint32]
    shift: int

    def __len__(self) -> int:
        return len(self.ids)


def indexed(ids: Ids) -> Run:
    """A run of ids that are in rising order. Its table takes up to half a byte for each of them."""
    bits = max((len(ids) // _IN_A_BUCKET).bit_length(), 1)
    shift = 64 - bits
    firsts = np.arange(1, 2**bits, dtype=np.uint64) << np.uint64(shift)
    starts = np.concatenate([[0], np.searchsorted(ids.upper, firsts), [len(ids)]])
    return Run(ids, starts.astype(np.uint32), shift)


def contained(run: Run, asked: Ids) -> npt.NDArray[np.bool_]:
    """Which of the asked ids are in a run. Fastest when the asked are in order."""
    found = np.zeros(len(asked), np.bool_)
    if not len(run):
        return found
    upper, lower = run.ids.upper, run.ids.lower
    places = _first_places(run, asked.upper)
    pending = np.flatnonzero(places < len(run))
    while len(pending):
        at = places[pending]
        same = upper[at] == asked.upper[pending]
        pending, at = pending[same], at[same]
        hit = lower[at] == asked.lower[pending]
        found[pending[hit]] = True
        pending = pending[~hit]  # another id with the same upper half may follow
        places[pending] += 1
        pending = pending[places[pending] < len(run)]
    return found


def _first_places(run: Run, asked: Words) -> npt.NDArray[np.int64]:
    """Where each of the asked upper halves stands in the run, or would stand: by halving."""
    bucket = (asked >> np.uint64(run.shift)).astype(np.int64)
    low = run.starts[bucket].astype(np.int64)
    high = run.starts[bucket + 1].astype(np.int64)
    upper, last = run.ids.upper, len(run) - 1
    for _ in range(int((high - low).max(initial=0)).bit_length()):
        middle = (low + high) >> 1
        is_before = (upper[np.minimum(middle, last)] < asked) & (low < high)
        low = np.where(is_before, middle + 1, low)
        high = np.where(is_before, high, middle)
    return low


def encode_marks(marks: Marks) -> bytes:
    """The note that stands beside the accepted events in the log."""
    return _SPAN.pack(marks.oldest, marks.newest) + b"".join(marks.digests)


def decode_marks(note: bytes) -> Marks:
    """What `encode_marks` wrote."""
    oldest, newest = _SPAN.unpack_from(note)
    starts = range(_SPAN.size, len(note), BYTES_PER_ID)
    return Marks([note[start : start + BYTES_PER_ID] for start in starts], oldest, newest)
