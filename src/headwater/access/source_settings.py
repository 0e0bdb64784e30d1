"""A source's settings, as principals see and change them: never a secret, here or in the trail."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection

from headwater.access import sources
from headwater.access.audit import modified
from headwater.access.changes import Changes, Step
from headwater.access.model import Principal
from headwater.kit.vault import Vault
from headwater.workspaces import catalog, masks, source_settings
from headwater.workspaces.model import Source
from headwater.workspaces.source_settings import SourceSettingsOutputV1


@dataclass(frozen=True)
class GivenSettings:
    """Settings that somebody sent, and the vault that keeps them; and the slug as it was sent."""

    values: Mapping[str, Any]
    vault: Vault
    slug: str = ""

    def keep(self, step: Step, source: Source) -> None:
        """Change the source's settings by these, within a change. Raises InvalidError."""
        before, slug_before = _kept(step.connection, self.vault, source)
        secrets = secrets_of(source)
        after = masks.merged(before, self.values, secrets)
        slug = self.slug or slug_before
        if slug != slug_before:
            written = "" if slug == source.slug else slug
            source_settings.keep_written_slug(step.connection, source.id, written)
        if after != before:
            source_settings.keep_settings(step.connection, self.vault, source.id, after)
        if (slug, after) != (slug_before, before):
            was = ShownSettings(slug_before, masks.shown(before, secrets))
            shown = ShownSettings(slug, masks.shown(after, secrets))
            step.record(modified("Source Settings", source.id, was, shown, name=source.name))


class ShownSettings(msgspec.Struct, frozen=True):
    """What is shown of a source beside what the roles know of it."""

    slug: str
    values: Mapping[str, Any]


def shown(changes: Changes, vault: Vault, found: Sequence[Source]) -> Mapping[str, ShownSettings]:
    """The settings of sources that the caller was given, with masks in place of secrets."""
    with changes.reading() as connection:
        kept = source_settings.settings(connection, vault, [source.id for source in found])
        slugs = source_settings.written_slugs(connection)
    return {
        source.id: ShownSettings(
            slugs.get(source.id, source.slug),
            masks.shown(kept.get(source.id, {}), secrets_of(source)),
        )
        for source in found
    }


def schema(changes: Changes, by: Principal, source_id: str) -> SourceSettingsOutputV1:
    """What a source's schema admits. Raises NotFoundError."""
    sources.one(changes, by, source_id)
    with changes.reading() as connection:
        return source_settings.schema_settings(connection, source_id)


def update_schema(
    changes: Changes, by: Principal, source_id: str, given: SourceSettingsOutputV1
) -> SourceSettingsOutputV1:
    """Change what a source's schema admits.

    Raises NotFoundError, ForbiddenError and InvalidError.
    """
    with changes.change(by) as step:
        source = sources.changeable(step, by, source_id)
        before = source_settings.schema_settings(step.connection, source_id)
        after = source_settings.update_schema_settings(
            step.connection, by.workspace_id, source_id, given
        )
        if after != before:
            step.record(
                modified("Source Schema Settings", source_id, before, after, name=source.name)
            )
    return after


def secrets_of(source: Source) -> frozenset[str]:
    """The settings of the source's kind that are secrets."""
    options = catalog.SOURCES[source.type.value].options
    return frozenset(option.name for option in options if option.type == "password")


def _kept(connection: Connection, vault: Vault, source: Source) -> tuple[Mapping[str, Any], str]:
    """The settings of a source, secrets and all, and its slug as it was written."""
    settings = source_settings.settings(connection, vault, [source.id]).get(source.id, {})
    return settings, source_settings.written_slugs(connection).get(source.id, source.slug)
