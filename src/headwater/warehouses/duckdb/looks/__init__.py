"""The looks that DuckDB answers, by name: see headwater.queries.looks."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from headwater.debugger.model import WHEREABOUTS, WhereaboutsLook
from headwater.delivery.model import DELIVERY, DeliveryLook
from headwater.errors import BadRequestError
from headwater.plans.violations import model as violations_model
from headwater.quarantine.model import (
    COUNTS,
    DECIDE,
    KEPT,
    CountsLook,
    DecideLook,
    KeptLook,
)
from headwater.queries.looks import unknown
from headwater.replays.model import PRESENT, PresentLook
from headwater.schemas.model import EVENTS_SEEN, SAMPLE, EventsSeenLook, SampleLook
from headwater.search.model import EVENT, EVENTS, EventLook, EventsLook
from headwater.syncing.looks import (
    OVERVIEW,
    STATEMENTS,
    OverviewLook,
    StatementsLook,
    WhatIfLook,
)
from headwater.syncing.looks import WHAT_IF as MERGED_WHAT_IF
from headwater.usage.model import PEOPLE, PeopleLook
from headwater.volumes.model import LAST_EVENTS, VOLUMES, LastLook, VolumesLook
from headwater.warehouses.duckdb.looks import (
    catalogue,
    delivery,
    events,
    merged,
    people,
    present,
    quarantine,
    schemas,
    violations,
    volumes,
    whereabouts,
)
from headwater.warehouses.duckdb.warehouse import DuckDBWarehouse
from headwater.whatif.model import CATALOGUE, CatalogueLook

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
    violations_model.COUNTS: (violations_model.CountsLook, violations.counts),
    violations_model.SAMPLES: (violations_model.SamplesLook, violations.samples),
    WHEREABOUTS: (WhereaboutsLook, whereabouts.whereabouts),
    LAST_EVENTS: (LastLook, volumes.last_events),
    DELIVERY: (DeliveryLook, delivery.delivery),
    PEOPLE: (PeopleLook, people.people),
    PRESENT: (PresentLook, present.present),
    OVERVIEW: (OverviewLook, merged.overview),
    STATEMENTS: (StatementsLook, merged.statements),
    MERGED_WHAT_IF: (WhatIfLook, merged.what_if),
    CATALOGUE: (CatalogueLook, catalogue.catalogue),
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
