"""The looks that DuckDB answers, by name: see headwater.queries.looks."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from headwater.errors import BadRequestError
from headwater.quarantine.model import CountsLook, DecideLook, KeptLook
from headwater.quarantine.reading import COUNTS, DECIDE, KEPT
from headwater.queries.looks import unknown
from headwater.schemas.model import EventsSeenLook, SampleLook
from headwater.schemas.reading import EVENTS_SEEN, SAMPLE
from headwater.search.events import EVENT, EVENTS
from headwater.search.model import EventLook, EventsLook
from headwater.volumes.model import LastLook, VolumesLook
from headwater.volumes.reading import LAST_EVENTS, VOLUMES
from headwater.warehouses.duckdb.looks import events, quarantine, schemas, volumes
from headwater.warehouses.duckdb.warehouse import DuckDBWarehouse

_Look = tuple[type[Any], Callable[[DuckDBWarehouse, Any], object]]

LOOKS: Final[Mapping[str, _Look]] = {
    EVENTS: (EventsLook, events.events),
    EVENT: (EventLook, events.event),
    VOLUMES: (VolumesLook, volumes.volumes),
    EVENTS_SEEN: (EventsSeenLook, schemas.events_seen),
    SAMPLE: (SampleLook, schemas.sample),
    KEPT: (KeptLook, quarantine.kept),
    COUNTS: (CountsLook, quarantine.counts),
    DECIDE: (DecideLook, quarantine.decide),
    LAST_EVENTS: (LastLook, volumes.last_events),
}


def look(warehouse: DuckDBWarehouse, name: str, wanted: bytes) -> bytes:
    """The JSON answer to a look. Raises BadRequestError, QueryLimitError and WarehouseError."""
    if name not in LOOKS:
        raise unknown(name)
    kind, answer = LOOKS[name]
    try:
        asked = msgspec.json.decode(wanted, type=kind)
    except msgspec.DecodeError as error:
        raise BadRequestError(f"The look {name} cannot be read: {error}.") from error
    return msgspec.json.encode(answer(warehouse, asked))
