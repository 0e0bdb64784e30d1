"""What webhook sources were sent, made into events: once each, whatever is killed when.

The events of some requests and how far the requests are read are appended as one entry.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

from headwater.kit.logging import logger
from headwater.ports import WEBHOOKS, Entry, Log, LogWriter, Owner, Record, Stored, Stream, Tally
from headwater.webhooks.model import Made, Maker
from headwater.webhooks.requests import records_of, request_of
from headwater.workspaces.model import Configuration

CONSUMER: Final = "webhooks"
_READ_BYTES: Final = 4_000_000
_MOST_REQUESTS: Final = 200
_log = logger("webhooks")


class WebhookWorker:
    """The one writer of the collected stream's partition of webhooks. For one thread."""

    name = "webhooks"

    def __init__(
        self,
        log: Log,
        configuration: Callable[[], Configuration | None],
        made_of: Maker,
    ) -> None:
        self._log = log
        self._configuration = configuration
        self._made_of = made_of
        self._writer: LogWriter | None = None
        self._positions: dict[str, int] = {}

    def run_once(self) -> int:
        """Make events of the next requests. Returns how many requests they were."""
        if self._writer is None:
            self._open()
        requests = self._log.read(
            Stream.RECEIVED,
            self._positions,
            max_bytes=_READ_BYTES,
            max_records=_MOST_REQUESTS,
        )
        configuration = self._configuration() if requests else None
        if configuration is None:
            return 0
        try:
            self._append(requests, configuration)
        except BaseException:
            self.close()  # whether it was appended, the log tells when it is opened anew
            raise
        return len(requests)

    def close(self) -> None:
        """Let go of the partition."""
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.close()

    def _open(self) -> None:
        self._writer = self._log.writer(Owner.COLLECTOR, WEBHOOKS)
        self._positions = dict(self._writer.consumed(Stream.RECEIVED))

    def _append(self, requests: Sequence[Stored], configuration: Configuration) -> None:
        records: list[Record] = []
        tallies: list[Tally] = []
        positions = dict(self._positions)
        for stored, made in zip(requests, self._made(requests, configuration), strict=True):
            more, counted = records_of(stored, made)
            records += more
            tallies += counted
            positions[stored.partition] = stored.position
        entry = Entry({Stream.COLLECTED: records}, tallies, {Stream.RECEIVED: positions})
        assert self._writer is not None
        self._writer.append(entry)
        self._positions = positions
        self._log.acknowledge(CONSUMER, Stream.RECEIVED, positions)

    def _made(self, requests: Sequence[Stored], configuration: Configuration) -> list[Made]:
        """What becomes of each request: those of one source are given to its handler together."""
        by_source: dict[str, list[int]] = {}
        for index, stored in enumerate(requests):
            by_source.setdefault(stored.record.source_id, []).append(index)
        made: list[Made] = [Made()] * len(requests)
        for source_id, indexes in by_source.items():
            asked = [request_of(requests[index].record) for index in indexes]
            for index, each in zip(
                indexes, self._of_source(configuration, source_id, asked), strict=True
            ):
                made[index] = each
        return made

    def _of_source(
        self, configuration: Configuration, source_id: str, requests: list[dict[str, Any]]
    ) -> list[Made]:
        try:
            return self._made_of(configuration, source_id, requests)
        except Exception as error:
            _log.exception("handler.failed", source=source_id)
            return [Made(failed=f"{type(error).__name__}: {error}"[:500])] * len(requests)
