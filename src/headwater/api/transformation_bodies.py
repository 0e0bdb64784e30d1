"""What the routes of transformations take and answer."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

import msgspec
from msgspec import UNSET, Meta, UnsetType

from headwater.api.pages import PaginationOutput
from headwater.cleaning.counts import Touched
from headwater.transformations.model import (
    FqlDefinedProperty,
    HashProperties,
    Operation,
    PropertyRename,
    PropertyValueTransformation,
)
from headwater.whatif.trial import Comparison

_MOST_TRIED: Final = 10_000

Condition = Annotated[
    str, Meta(max_length=5_000, description="FQL: the events it is for; empty is all.")
]
AllowedNames = Annotated[list[str], Meta(max_length=1_000)]
Destination = Annotated[
    str, Meta(description="Refused: transformations of one destination need destinations.")
]


class _Changes(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    drop: bool | UnsetType = UNSET
    new_event_name: Annotated[str, Meta(max_length=1_000)] | UnsetType = UNSET
    property_renames: list[PropertyRename] | UnsetType = UNSET
    property_value_transformations: list[PropertyValueTransformation] | UnsetType = UNSET
    fql_defined_properties: list[FqlDefinedProperty] | UnsetType = UNSET
    allow_properties: AllowedNames | UnsetType | None = UNSET
    hash_properties_configuration: HashProperties | UnsetType | None = UNSET
    operations: list[Operation] | UnsetType = UNSET


class CreateTransformation(_Changes, frozen=True, rename="camel", kw_only=True):
    """A transformation. `operations` are our own further kinds."""

    name: str
    source_id: str
    enabled: bool
    condition: Condition = msgspec.field(name="if")
    destination_metadata_id: Destination | UnsetType = UNSET


class ChangeTransformation(_Changes, frozen=True, rename="camel", kw_only=True):
    """What to change; what is left out stays."""

    name: str | UnsetType = UNSET
    source_id: str | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET
    condition: Condition | UnsetType = msgspec.field(name="if", default=UNSET)
    destination_metadata_id: Destination | UnsetType = UNSET


class TransformationV1(_Changes, frozen=True, rename="camel", kw_only=True):
    """A transformation, and how many events it altered or left out."""

    id: str
    name: str
    source_id: str
    enabled: bool
    condition: str = msgspec.field(name="if")
    touched: Touched


class Transformations(msgspec.Struct, frozen=True):
    transformations: list[TransformationV1]
    pagination: PaginationOutput


class OneTransformation(msgspec.Struct, frozen=True):
    transformation: TransformationV1


class OperationKind(msgspec.Struct, frozen=True):
    """One of our kinds of operation, the JSON Schema of its settings, and an example."""

    kind: str
    about: str
    settings: Mapping[str, Any]
    example: Mapping[str, Any]


class OperationKinds(msgspec.Struct, frozen=True):
    kinds: list[OperationKind]


class TryTransformation(msgspec.Struct, frozen=True, rename="camel"):
    """One to try, new or with changes, on given events or on its source's last ones."""

    transformation_id: Annotated[
        str, Meta(description="One that there is; empty for a new one.")
    ] = ""
    transformation: ChangeTransformation = ChangeTransformation()
    events: Annotated[
        list[dict[str, Any]], Meta(max_length=100, description="Events; none are the last ones.")
    ] = msgspec.field(default_factory=list)
    count: Annotated[
        int, Meta(ge=1, le=_MOST_TRIED, description="How many of the last events to take.")
    ] = 1000
    samples: Annotated[int, Meta(ge=0, le=200, description="The most events to show.")] = 20


class TriedTransformation(msgspec.Struct, frozen=True):
    """What it would do: against the same without it."""

    trial: Comparison
