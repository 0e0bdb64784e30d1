"""What a function is, where it is connected, and the part of the published configuration."""

from enum import StrEnum
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from headwater.workspaces.model import Configuration

PART: Final = "functions"
"""The functions' name in the published configuration."""

MOST: Final = 500
"""So many functions a workspace may have, and so many connections."""
MOST_VERSIONS: Final = 200
"""So many versions of a function are kept; the live one always."""
LONGEST_NAME: Final = 200
LONGEST_TEXT: Final = 5_000
LARGEST_CODE: Final = 500_000
"""Characters."""
LARGEST_SETTINGS: Final = 64_000
"""Bytes of JSON."""


class ResourceType(StrEnum):
    """Where a function works. The values are the Public API's."""

    SOURCE = "SOURCE"
    """Makes events of what a webhook source receives."""
    DESTINATION = "DESTINATION"
    """Takes events out to another system."""
    INSERT_SOURCE = "INSERT_SOURCE"
    """Changes a source's events before they are accepted."""
    INSERT_DESTINATION = "INSERT_DESTINATION"
    """Changes events before they go to one destination."""
    INSERT_TRANSFORMATION = "INSERT_TRANSFORMATION"
    """As INSERT_SOURCE, by the name that it has beside transformations."""

    @property
    def is_insert(self) -> bool:
        """Whether it changes the events of a source."""
        return self in (ResourceType.INSERT_SOURCE, ResourceType.INSERT_TRANSFORMATION)

    @property
    def needs_destination(self) -> bool:
        """Whether it can only be connected to a destination."""
        return self in (ResourceType.DESTINATION, ResourceType.INSERT_DESTINATION)


class SettingType(StrEnum):
    """What a setting's value is."""

    ARRAY = "ARRAY"
    """A list of texts."""
    BOOLEAN = "BOOLEAN"
    STRING = "STRING"
    TEXT_MAP = "TEXT_MAP"
    """An object whose values are texts."""


class Setting(msgspec.Struct, frozen=True):
    """A setting that a function asks for: by `name` its code finds it. One that is `sensitive` is
    kept sealed and never shown."""

    name: Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[A-Za-z_$][\w$]*$")]
    label: Annotated[str, Meta(max_length=LONGEST_NAME)] = ""
    description: Annotated[str, Meta(max_length=LONGEST_TEXT)] = ""
    type: SettingType = SettingType.STRING
    required: bool = False
    sensitive: bool = False


Settings = Annotated[tuple[Setting, ...], Meta(max_length=100)]


class Function(msgspec.Struct, frozen=True):
    """A function as people keep it. `code` is that of its newest version; `live_version` is the
    id of the deployed one, empty before the first."""

    id: str
    resource_type: ResourceType
    display_name: str
    code: str = ""
    version_id: str = ""
    description: str = ""
    logo_url: str = ""
    settings: tuple[Setting, ...] = ()
    created_at: int = 0
    created_by: str = ""
    live_version: str = ""
    deployed_at: int = 0

    @property
    def is_latest_deployed(self) -> bool:
        """Whether what runs is what was saved last."""
        return bool(self.live_version) and self.live_version == self.version_id


class Version(msgspec.Struct, frozen=True):
    """Code that was saved of a function. `deployed_at` is 0 where it never was live."""

    id: str
    function_id: str
    number: int
    code: str
    author: str
    created_at: int
    deployed_at: int = 0
    is_live: bool = False


class Instance(msgspec.Struct, frozen=True):
    """A function connected to a source, with the values of its settings.

    `settings` are those that are not sensitive; `sealed` are the others, as a vault gave them.
    """

    id: str
    name: str
    function_id: str
    source_id: str
    enabled: bool = False
    settings: dict[str, Any] = {}
    sealed: str = ""
    created_at: int = 0
    updated_at: int = 0


class Ready(msgspec.Struct, frozen=True, omit_defaults=True):
    """A connected function as it is published. `secrets` are its sensitive settings once they are
    opened; None while they are sealed."""

    instance_id: str
    name: str
    function_id: str
    resource_type: ResourceType
    code: str
    settings: dict[str, Any] = {}
    sealed: str = ""
    secrets: dict[str, Any] | None = None

    @property
    def values(self) -> dict[str, Any]:
        """All settings, as the code gets them."""
        return {**self.settings, **(self.secrets or {})}


class Published(msgspec.Struct, frozen=True):
    """The connected functions that are on and deployed, by source: those that events go through in
    their order, and the one that makes events of what is received."""

    inserts: dict[str, tuple[Ready, ...]] = {}
    sources: dict[str, Ready] = {}


def published_in(configuration: Configuration) -> Published:
    """The functions of a published configuration."""
    part = configuration.parts.get(PART)
    return Published() if part is None else msgspec.json.decode(part, type=Published)
