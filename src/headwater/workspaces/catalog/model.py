"""What the catalogue says of a kind: the fields and their names are the Public API's.

The identifier of a kind is a word, such as `website`; a source's type is the same word.
"""

import base64
from collections.abc import Mapping
from typing import Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

Status = Literal[
    "DEPRECATED",
    "PRIVATE_BETA",
    "PRIVATE_BUILDING",
    "PRIVATE_SUBMITTED",
    "PUBLIC",
    "PUBLIC_BETA",
    "UNAVAILABLE",
]


class LogosBeta(msgspec.Struct, frozen=True):
    """Pictures, as addresses that need no other host."""

    default: str
    mark: str | UnsetType = UNSET
    alt: str | UnsetType = UNSET


class IntegrationOptionBeta(msgspec.Struct, frozen=True, rename="camel"):
    """A setting of a kind. One of type `password` is kept sealed and never shown whole."""

    name: str
    type: str
    required: bool
    description: str | UnsetType = UNSET
    default_value: Any = UNSET
    label: str | UnsetType = UNSET


class SourceMetadataV1(msgspec.Struct, frozen=True, rename="camel"):
    """A kind of source."""

    id: str
    name: str
    slug: str
    description: str
    logos: LogosBeta
    options: tuple[IntegrationOptionBeta, ...]
    categories: tuple[str, ...]
    is_cloud_event_source: bool = False
    status: Status = "PUBLIC"
    partner_owned: bool = False

    def option(self, name: str) -> IntegrationOptionBeta | None:
        """The setting of this name; None where the kind has none."""
        return next((option for option in self.options if option.name == name), None)


class WarehouseMetadataV1(msgspec.Struct, frozen=True, rename="camel"):
    """A kind of warehouse."""

    id: str
    name: str
    slug: str
    description: str
    logos: LogosBeta
    options: tuple[IntegrationOptionBeta, ...]


class DestinationMetadataComponentV1(msgspec.Struct, frozen=True):
    """Where a destination's code runs."""

    type: Literal["ANDROID", "BROWSER", "IOS", "SERVER"]
    code: str
    owner: Literal["PARTNER", "SEGMENT"] | UnsetType = UNSET


class DestinationMetadataFeaturesV1(msgspec.Struct, frozen=True, rename="camel"):
    """What a destination can do beside taking events."""

    cloud_mode_instances: Literal["0", "1", "MULTIPLE", "NONE", "SINGLE"] | UnsetType = UNSET
    device_mode_instances: Literal["0", "1", "NONE", "SINGLE"] | UnsetType = UNSET
    replay: bool | UnsetType = UNSET
    browser_unbundling: bool | UnsetType = UNSET
    browser_unbundling_public: bool | UnsetType = UNSET


class DestinationMetadataMethodsV1(msgspec.Struct, frozen=True):
    """The types of event that a destination takes."""

    pageview: bool | UnsetType = UNSET
    identify: bool | UnsetType = UNSET
    alias: bool | UnsetType = UNSET
    track: bool | UnsetType = UNSET
    group: bool | UnsetType = UNSET


class DestinationMetadataPlatformsV1(msgspec.Struct, frozen=True, rename="camel"):
    """The kinds of source that a destination takes events of."""

    browser: bool | UnsetType = UNSET
    server: bool | UnsetType = UNSET
    mobile: bool | UnsetType = UNSET
    warehouse: bool | UnsetType = UNSET
    cloud_app_object: bool | UnsetType = UNSET
    linked_audiences: bool | UnsetType = UNSET


class DestinationMetadataActionFieldV1(msgspec.Struct, frozen=True, rename="camel"):
    """A field of an action, filled by a subscription's mapping."""

    id: str
    sort_order: int
    field_key: str
    label: str
    type: Literal[
        "BOOLEAN",
        "DATETIME",
        "HIDDEN",
        "INTEGER",
        "NUMBER",
        "OBJECT",
        "PASSWORD",
        "STRING",
        "TEXT",
    ]
    description: str
    required: bool
    multiple: bool
    dynamic: bool
    allow_null: bool
    placeholder: str | UnsetType = UNSET
    default_value: Any = UNSET
    choices: Any = UNSET
    hidden: bool | UnsetType = UNSET


class DestinationMetadataActionV1(msgspec.Struct, frozen=True, rename="camel"):
    """Something that a destination does with an event."""

    id: str
    slug: str
    name: str
    description: str
    platform: Literal["CLOUD", "MOBILE", "WEB"]
    hidden: bool
    default_trigger: str | None
    fields: tuple[DestinationMetadataActionFieldV1, ...]


class DestinationMetadataSubscriptionPresetV1(msgspec.Struct, frozen=True, rename="camel"):
    """A subscription that a destination is offered with."""

    action_id: str
    name: str
    fields: Mapping[str, Any]
    trigger: str


class DestinationMetadataV1(msgspec.Struct, frozen=True, rename="camel"):
    """A kind of destination."""

    id: str
    name: str
    description: str
    slug: str
    logos: LogosBeta
    options: tuple[IntegrationOptionBeta, ...]
    status: Status
    categories: tuple[str, ...]
    website: str
    components: tuple[DestinationMetadataComponentV1, ...]
    previous_names: tuple[str, ...]
    supported_features: DestinationMetadataFeaturesV1
    supported_methods: DestinationMetadataMethodsV1
    supported_platforms: DestinationMetadataPlatformsV1
    actions: tuple[DestinationMetadataActionV1, ...]
    presets: tuple[DestinationMetadataSubscriptionPresetV1, ...]
    partner_owned: bool | UnsetType = UNSET


def drawn(path: str) -> LogosBeta:
    """A logo drawn by an SVG path on a field of 24 by 24."""
    picture = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="#0b6e7f" '
        f'stroke-width="1.5" stroke-linecap="round" stroke-linejoin="round">'
        f'<path d="{path}"/></svg>'
    )
    return LogosBeta(f"data:image/svg+xml;base64,{base64.b64encode(picture.encode()).decode()}")
