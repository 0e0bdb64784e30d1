"""What else is kept of a source: its free settings, sealed, and what its schema admits."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Annotated, Any, Final

import msgspec
from msgspec import UNSET, Meta, UnsetType
from sqlalchemy import Connection, Row, insert, select, update

from headwater.errors import InvalidError
from headwater.kit.vault import Vault
from headwater.workspaces.store import raise_version
from headwater.workspaces.tables import SOURCE_SETTINGS, SOURCES

_SourceId = Annotated[str, Meta(max_length=100)]
_TARGETS: Final = {
    "forwarding_violations_to": "forwardingViolationsTo",
    "forwarding_blocked_events_to": "forwardingBlockedEventsTo",
}


class _AnyCase(StrEnum):
    """Segment's own documents write `Block`, so any letter case is taken."""

    @classmethod
    def _missing_(cls, value: object) -> "_AnyCase | None":
        text = str(value)
        return cls(text.upper()) if text != text.upper() else None


class EventOnViolations(_AnyCase):
    """What becomes of an event that violates the schema that all events have in common."""

    ALLOW = "ALLOW"
    BLOCK = "BLOCK"
    OMIT_PROPERTIES = "OMIT_PROPERTIES"


class TraitsOnViolations(_AnyCase):
    """The same, of an identify or group call."""

    ALLOW = "ALLOW"
    BLOCK = "BLOCK"
    OMIT_TRAITS = "OMIT_TRAITS"


class TrackSourceSettingsV1(msgspec.Struct, frozen=True, rename="camel"):
    """What becomes of track events that the tracking plan does not admit."""

    allow_unplanned_events: bool | UnsetType = UNSET
    allow_unplanned_event_properties: bool | UnsetType = UNSET
    allow_event_on_violations: bool | UnsetType = UNSET
    allow_properties_on_violations: bool | UnsetType = UNSET
    common_event_on_violations: EventOnViolations | UnsetType = UNSET


class IdentifySourceSettingsV1(msgspec.Struct, frozen=True, rename="camel"):
    """What becomes of traits that the tracking plan does not admit."""

    allow_unplanned_traits: bool | UnsetType = UNSET
    allow_traits_on_violations: bool | UnsetType = UNSET
    common_event_on_violations: TraitsOnViolations | UnsetType = UNSET


class GroupSourceSettingsV1(msgspec.Struct, frozen=True, rename="camel"):
    """What becomes of a group's traits that the tracking plan does not admit."""

    allow_unplanned_traits: bool | UnsetType = UNSET
    allow_traits_on_violations: bool | UnsetType = UNSET
    common_event_on_violations: TraitsOnViolations | UnsetType = UNSET


class SourceSettingsOutputV1(msgspec.Struct, frozen=True, rename="camel"):
    """A source's schema settings. An event that is forwarded goes to the source named."""

    track: TrackSourceSettingsV1 | UnsetType = UNSET
    identify: IdentifySourceSettingsV1 | UnsetType = UNSET
    group: GroupSourceSettingsV1 | UnsetType = UNSET
    forwarding_violations_to: _SourceId | UnsetType = UNSET
    forwarding_blocked_events_to: _SourceId | UnsetType = UNSET


DEFAULT: Final = SourceSettingsOutputV1(
    track=TrackSourceSettingsV1(True, True, True, True, EventOnViolations.ALLOW),
    identify=IdentifySourceSettingsV1(True, True, TraitsOnViolations.ALLOW),
    group=GroupSourceSettingsV1(True, True, TraitsOnViolations.ALLOW),
)
"""Nothing is blocked."""


def settings(
    connection: Connection, vault: Vault, source_ids: Iterable[str]
) -> Mapping[str, dict[str, Any]]:
    """The free settings of these sources, secrets and all; of those that have any."""
    wanted = set(source_ids)
    rows = connection.execute(select(SOURCE_SETTINGS).where(SOURCE_SETTINGS.c.settings != ""))
    return {
        row.source_id: msgspec.json.decode(vault.open(row.settings), type=dict[str, Any])
        for row in rows
        if row.source_id in wanted
    }


def keep_settings(
    connection: Connection, vault: Vault, source_id: str, given: Mapping[str, Any]
) -> None:
    """Replace the free settings of a source."""
    _keep(connection, source_id, settings=vault.seal(msgspec.json.encode(given)) if given else "")


def written_slugs(connection: Connection) -> Mapping[str, str]:
    """The slugs of sources as clients wrote them, where that is not how the schema is named.

    Terraform takes `my_shop` for a change of `my-shop`, and would apply it for ever.
    """
    statement = select(SOURCE_SETTINGS).where(SOURCE_SETTINGS.c.slug != "")
    return {row.source_id: row.slug for row in connection.execute(statement)}


def keep_written_slug(connection: Connection, source_id: str, slug: str) -> None:
    """Remember how a client wrote a source's slug."""
    _keep(connection, source_id, slug=slug)


def schema_settings(connection: Connection, source_id: str) -> SourceSettingsOutputV1:
    """What the source's schema admits."""
    row = _row(connection, source_id)
    if row is None or not row.schema_settings:
        return DEFAULT
    return msgspec.json.decode(row.schema_settings, type=SourceSettingsOutputV1)


def update_schema_settings(
    connection: Connection, workspace_id: str, source_id: str, given: SourceSettingsOutputV1
) -> SourceSettingsOutputV1:
    """Change what is given; an empty source to forward to switches that off.

    Raises InvalidError where a source to forward to is not one of the workspace's others.
    """
    before = schema_settings(connection, source_id)
    targets = {field: getattr(given, field) for field in _TARGETS}
    for field, target in targets.items():
        if target:
            _require_other_source(connection, workspace_id, source_id, target, _TARGETS[field])
    after = msgspec.structs.replace(
        before,
        track=_overlaid(before.track, given.track),
        identify=_overlaid(before.identify, given.identify),
        group=_overlaid(before.group, given.group),
        **{field: target or UNSET for field, target in targets.items() if target is not UNSET},
    )
    _keep(connection, source_id, schema_settings=msgspec.json.encode(after).decode())
    raise_version(connection)
    return after


def _overlaid(before: Any, given: Any) -> Any:
    if given is UNSET:
        return before
    values = msgspec.structs.asdict(given)
    return msgspec.structs.replace(
        before, **{name: value for name, value in values.items() if value is not UNSET}
    )


def _require_other_source(
    connection: Connection, workspace_id: str, source_id: str, wanted: str, field: str
) -> None:
    statement = select(SOURCES.c.id).where(
        SOURCES.c.workspace_id == workspace_id, SOURCES.c.id == wanted
    )
    if wanted == source_id or connection.execute(statement).first() is None:
        raise InvalidError(f"{field}: is no other source of the workspace.", field=field)


def _row(connection: Connection, source_id: str) -> Row[tuple[object, ...]] | None:
    statement = select(SOURCE_SETTINGS).where(SOURCE_SETTINGS.c.source_id == source_id)
    return connection.execute(statement).first()


def _keep(connection: Connection, source_id: str, **values: str) -> None:
    if _row(connection, source_id) is None:
        nothing = {"settings": "", "schema_settings": "", "slug": ""}
        connection.execute(
            insert(SOURCE_SETTINGS).values(**{"source_id": source_id, **nothing, **values})
        )
        return
    connection.execute(
        update(SOURCE_SETTINGS).where(SOURCE_SETTINGS.c.source_id == source_id).values(**values)
    )
