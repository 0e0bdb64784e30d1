"""Which log the roles write and read."""

from typing import Final

from headwater.archive.model import CONSUMER, OFF
from headwater.logs.sqlite import SqliteLog
from headwater.ports import FORWARDS, LOADER, Log, Stream
from headwater.settings import Settings

_CONSUMERS: Final = {
    Stream.COLLECTED: ("pipeline",),
    Stream.RECEIVED: ("webhooks",),
    Stream.ACCEPTED: (LOADER,),
    Stream.QUARANTINED: (LOADER,),
    Stream.VIOLATIONS: (LOADER,),
    Stream.FORWARDED: (FORWARDS,),
}
"""Who must have read a stream before retention removes it, also before they first did."""


def open_log(settings: Settings) -> Log:
    """The durable log of the settings' data folder. What is to be archived stays until it is."""
    consumers: dict[Stream, tuple[str, ...]] = dict(_CONSUMERS)
    if settings.archive != OFF:
        consumers[Stream.COLLECTED] += (CONSUMER,)
    return SqliteLog(
        settings.data_dir / "log",
        segment_bytes=settings.log_segment_bytes,
        disk_reserve_bytes=settings.disk_reserve_bytes,
        consumers=consumers,
    )
