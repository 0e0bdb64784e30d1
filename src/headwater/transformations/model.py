"""What a transformation is, and the part of the published configuration that has them."""

from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

PART: Final = "transformations"
"""The transformations' name in the published configuration."""

MOST: Final = 500
"""So many a workspace may have."""
LONGEST_NAME: Final = 200
LONGEST_CONDITION: Final = 5_000
LARGEST_DEFINITION: Final = 100_000
"""Bytes of JSON."""

Path = Annotated[str, Meta(min_length=1, max_length=500, extra_json_schema={"format": "path"})]
Paths = Annotated[tuple[Path, ...], Meta(max_length=200)]


class PropertyRename(msgspec.Struct, frozen=True, rename="camel"):
    """A member that gets another name. Without `properties.`, `traits.` or `context.` in front, a
    name is one of the event's properties or traits."""

    old_name: Path
    new_name: Path


class PropertyValueTransformation(msgspec.Struct, frozen=True, rename="camel"):
    """A text that takes the place of the values of members that are there."""

    property_paths: Paths
    property_value: str


class FqlDefinedProperty(msgspec.Struct, frozen=True, rename="camel"):
    """A property that becomes what an FQL expression is of the event."""

    fql: Annotated[str, Meta(min_length=1, max_length=LONGEST_CONDITION)]
    property_name: Path


class HashProperties(msgspec.Struct, frozen=True, rename="camel"):
    """Members that become their hash: an HMAC by `key`, if there is one. The key is kept sealed."""

    algorithm: Annotated[str, Meta(max_length=50)]
    paths: Paths
    key: Annotated[str, Meta(max_length=1_000)] = ""
    encoding: Literal["HEX", "BASE16", "BASE64", "BASE64URL"] = "HEX"


class Operation(msgspec.Struct, frozen=True):
    """One of our further kinds, and what is set of it."""

    kind: Annotated[str, Meta(min_length=1, max_length=100)]
    settings: dict[str, Any] = {}


class Definition(msgspec.Struct, frozen=True):
    """What a transformation does to the events of a source that its condition admits.

    It is done in the order of these members; the key of `hash_properties` is not among them.
    """

    condition: Annotated[str, Meta(max_length=LONGEST_CONDITION)] = ""
    drop: bool = False
    property_renames: tuple[PropertyRename, ...] = ()
    property_value_transformations: tuple[PropertyValueTransformation, ...] = ()
    fql_defined_properties: tuple[FqlDefinedProperty, ...] = ()
    operations: tuple[Operation, ...] = ()
    hash_properties: HashProperties | None = None
    allow_properties: tuple[str, ...] | None = None
    new_event_name: Annotated[str, Meta(max_length=1_000)] = ""


class Secrets(msgspec.Struct, frozen=True):
    """What hashing needs: the key that was given, and the salt that was made."""

    key: str = ""
    salt: str = ""


class Transformation(msgspec.Struct, frozen=True):
    """A transformation of a source's events. Those of a source are taken in the order of their
    making. `sealed` are its Secrets, as a vault gave them."""

    id: str
    name: str
    source_id: str
    enabled: bool = True
    definition: Definition = Definition()
    sealed: str = ""
    created_at: int = 0
    updated_at: int = 0


class Ready(msgspec.Struct, frozen=True):
    """A transformation as it is published, and its secrets once they are opened."""

    transformation: Transformation
    secrets: Secrets | None = None


class Published(msgspec.Struct, frozen=True):
    """All transformations that are on, by source, in their order."""

    transformations: dict[str, tuple[Ready, ...]] = {}
