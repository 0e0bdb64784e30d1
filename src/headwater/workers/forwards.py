"""What tracking plans send to other sources, brought there: once each, whatever is killed when.

The events and how far the stream is read are appended as one entry. In their new source they are
events like all others: accepted, led through its program, loaded or kept aside.
"""

from typing import Final

from headwater.kit.clock import hour_of
from headwater.ports import (
    FORWARDS,
    Entry,
    Log,
    LogWriter,
    Outcome,
    Owner,
    Stream,
    Tally,
    add_tallies,
)

_READ_BYTES: Final = 8_000_000
_MOST: Final = 5_000


class ForwardWorker:
    """The one writer of the collected stream's partition of forwards. For one thread."""

    name = "forwards"

    def __init__(self, log: Log) -> None:
        self._log = log
        self._writer: LogWriter | None = None
        self._positions: dict[str, int] = {}

    def run_once(self) -> int:
        """Bring the next events to their sources. Returns how many they were."""
        if self._writer is None:
            self._writer = self._log.writer(Owner.COLLECTOR, FORWARDS)
            self._positions = dict(self._writer.consumed(Stream.FORWARDED))
        forwarded = self._log.read(
            Stream.FORWARDED, self._positions, max_bytes=_READ_BYTES, max_records=_MOST
        )
        if not forwarded:
            return 0
        records = [each.record for each in forwarded]
        tallies = add_tallies(
            Tally(each.source_id, hour_of(each.received_at), Outcome.ACCEPTED, "", each.count)
            for each in records
        )
        positions = self._positions | {each.partition: each.position for each in forwarded}
        try:
            self._writer.append(
                Entry({Stream.COLLECTED: records}, tallies, {Stream.FORWARDED: positions})
            )
        except BaseException:
            self.close()  # whether it was appended, the log tells when it is opened anew
            raise
        self._positions = positions
        self._log.acknowledge(FORWARDS, Stream.FORWARDED, positions)
        return len(records)

    def close(self) -> None:
        """Let go of the partition."""
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.close()
