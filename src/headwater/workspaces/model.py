"""What a workspace and a source are."""

from collections.abc import Mapping
from enum import StrEnum

import msgspec


class SourceType(StrEnum):
    """The kinds of source. Only client-side kinds get `context.ip` filled in by the server."""

    WEBSITE = "website"
    SERVER = "server"
    MOBILE = "mobile"
    WEBHOOK = "webhook"
    FILE = "file"
    DATABASE = "database"

    @property
    def is_client_side(self) -> bool:
        return self in (SourceType.WEBSITE, SourceType.MOBILE)


class Workspace(msgspec.Struct, frozen=True):
    """A tenant: whatever belongs to it says so by its id."""

    id: str
    name: str
    slug: str


class Label(msgspec.Struct, frozen=True, order=True):
    """What a source is marked with, such as `environment: production`."""

    key: str
    value: str


class Source(msgspec.Struct, frozen=True):
    """Where calls come from. `slug` names its schema in the warehouse and never changes.

    Web pages of other origins than the allowed ones are refused; none listed means any may send.
    """

    id: str
    workspace_id: str
    name: str
    slug: str
    type: SourceType
    write_keys: tuple[str, ...]
    enabled: bool
    created_at: int
    allowed_origins: tuple[str, ...] = ()
    labels: tuple[Label, ...] = ()


class Configuration(msgspec.Struct, frozen=True):
    """All configuration that the roles need, at one moment. `version` rises with each change.

    `parts` has a JSON document for each feature that governs events (cleaning rules, tracking
    plans, …) and has anything set; whoever needs one decodes it, by the feature's own model.
    """

    version: int
    workspaces: tuple[Workspace, ...]
    sources: tuple[Source, ...]
    parts: dict[str, msgspec.Raw] = {}

    def by_write_key(self) -> Mapping[str, Source]:
        """Every source by each of its write keys, disabled ones too."""
        return {key: source for source in self.sources for key in source.write_keys}

    def by_id(self) -> Mapping[str, Source]:
        return {source.id: source for source in self.sources}
