"""What a look at a location finds around it: secrets, time, the network, a sign to stop."""

import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import httpx
import msgspec

from headwater.kit.clock import Clock, SystemClock
from headwater.locations.addresses import AddressPlace
from headwater.locations.buckets import BucketPlace
from headwater.locations.definition import Definition
from headwater.locations.folders import FolderPlace
from headwater.locations.model import Place, Stop


class Around(msgspec.Struct, frozen=True):
    """By default: the environment's variables, the machine's clock and network."""

    secrets: Mapping[str, str] = msgspec.field(default_factory=lambda: os.environ)
    """What `${NAME}` means."""
    stop: Stop = msgspec.field(default_factory=threading.Event)
    """Set, it ends the run; the next one goes on."""
    clock: Clock = msgspec.field(default_factory=SystemClock)
    transport: httpx.BaseTransport | None = None
    """How addresses are reached."""


@contextmanager
def opened(definition: Definition, around: Around) -> Iterator[Place]:
    """The place of a definition. Raises LocationError."""
    where = definition.opened(around.secrets)
    if definition.kind == "file":
        yield FolderPlace(where)
    elif definition.kind == "s3":
        yield BucketPlace(where, around.stop)
    else:
        place = AddressPlace(where, around.stop, around.transport)
        try:
            yield place
        finally:
            place.close()
