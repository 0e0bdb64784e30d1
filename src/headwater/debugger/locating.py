"""Finding a messageId among what was collected: where a time says, and in the last while."""

from collections.abc import Collection, Mapping
from typing import Final

import msgspec
from isal import isal_zlib

from headwater.debugger.backwards import backwards
from headwater.debugger.unfolding import Passing, unfold
from headwater.pipeline.event import Limits
from headwater.pipeline.program import NO_PROGRAMS, Programs
from headwater.ports import Log, Stored, Stream
from headwater.spec.again import is_again
from headwater.workspaces.model import Source

_READ_BYTES: Final = 16_000_000
_LATELY: Final = 1_024
_AROUND: Final = 64
_EVERYTHING: Final = 1 << 62
_GZIP: Final = 31


class Copies(msgspec.Struct, frozen=True):
    """The collected events with a messageId, the first received first."""

    events: list[Passing]


def copies(
    log: Log,
    message_id: str,
    source_ids: Collection[str],
    sources: Mapping[str, Source],
    limits: Limits,
    received_at: int | None,
    programs: Programs = NO_PROGRAMS,
) -> Copies:
    """The events with a messageId among the requests about a time of receipt and the last ones."""
    records = {
        (stored.partition, stored.position): stored
        for stored in backwards(log, requests=_LATELY, size=_READ_BYTES)
    }
    ends = {} if received_at is None else log.ends(Stream.COLLECTED)
    for partition, end in ends.items():
        assert received_at is not None
        start = max(0, _before(log, partition, end, received_at) - _AROUND)
        for stored in _read(log, partition, start, 2 * _AROUND):
            if not is_again(stored.record.meta):
                records[partition, stored.position] = stored
    found = [
        event
        for stored in records.values()
        if stored.record.source_id in source_ids and _may_hold(stored, message_id)
        for event in unfold(stored, sources, limits, programs)
        if event.message_id == message_id
    ]
    return Copies(sorted(found, key=lambda each: (each.received_at, each.position)))


def _may_hold(stored: Stored, message_id: str) -> bool:
    """Whether a request need be unfolded: most are told by their bytes."""
    body = stored.record.body
    if body[:2] == b"\x1f\x8b":
        try:
            body = isal_zlib.decompress(body, _GZIP)
        except isal_zlib.error:  # type: ignore[misc]
            return True
    if b"\\" in message_id.encode() or not message_id.isascii():
        return True
    # An id that the pipeline made stands in no body, but then there is none.
    return message_id.encode() in body or b'"messageId"' not in body


def _before(log: Log, partition: str, end: int, received_at: int) -> int:
    """The position after which the first request received at that time or later stands.

    By halving, for positions rise with time (but for clocks that were put back).
    """
    low, high = 0, end
    while low < high:
        middle = (low + high) // 2
        [*found] = _read(log, partition, middle, 1)
        if not found:
            high = middle
        elif found[0].record.received_at < received_at:
            low = max(found[0].position, middle + 1)
        else:
            high = middle
    return low


def _read(log: Log, partition: str, after: int, most: int) -> list[Stored]:
    """The next records of one partition alone."""
    elsewhere = {name: _EVERYTHING for name in log.ends(Stream.COLLECTED) if name != partition}
    found = log.read(
        Stream.COLLECTED,
        {**elsewhere, partition: after},
        max_bytes=_READ_BYTES if most > 1 else 1,
        max_records=most * (len(elsewhere) + 1),
    )
    return [stored for stored in found if stored.partition == partition][:most]
