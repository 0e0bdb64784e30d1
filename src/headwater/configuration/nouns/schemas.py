"""What the schema of a source admits: `schemas/SLUG.yaml`. Sources are named by their slugs."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from headwater.configuration.listing import every
from headwater.configuration.model import Api, Document, Noun, Remote
from headwater.errors import BadRequestError
from headwater.workspaces.source_settings import (
    GroupSourceSettingsV1,
    IdentifySourceSettingsV1,
    TrackSourceSettingsV1,
)

_FORWARDED = ("forwardingViolationsTo", "forwardingBlockedEventsTo")


class SchemaFile(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    """What a file says of a source's schema; the members are the API's."""

    source: Annotated[str, Meta(min_length=1, max_length=200)]
    track: TrackSourceSettingsV1 | UnsetType = UNSET
    identify: IdentifySourceSettingsV1 | UnsetType = UNSET
    group: GroupSourceSettingsV1 | UnsetType = UNSET
    forwarding_violations_to: str | UnsetType = UNSET
    forwarding_blocked_events_to: str | UnsetType = UNSET


def _pull(api: Api) -> Sequence[Remote]:
    sources = list(every(api, "/api/sources", "sources"))
    slugs = {each["id"]: each["slug"] for each in sources}
    return [Remote(each["id"], _document(api, each, slugs)) for each in sources]


def _document(api: Api, source: Document, slugs: Mapping[str, str]) -> Document:
    settings = api("GET", f"/api/sources/{source['id']}/settings")["settings"]
    named = {name: slugs.get(settings[name], "") for name in _FORWARDED if name in settings}
    return {"source": source["slug"], **settings, **named}


def _create(api: Api, document: Document) -> None:
    slug = document["source"]
    for remote in _pull(api):
        if remote.document["source"] == slug:
            _change(api, remote, document)
            return
    raise BadRequestError(f"source: there is no source {slug!r}.", hint="Add a file for it.")


def _change(api: Api, remote: Remote, document: Document) -> None:
    ids = {each["slug"]: each["id"] for each in every(api, "/api/sources", "sources")}
    body: dict[str, Any] = {k: v for k, v in document.items() if k != "source"}
    for name in _FORWARDED:
        if body.get(name):
            if body[name] not in ids:
                raise BadRequestError(f"{name}: there is no source {body[name]!r}.")
            body[name] = ids[body[name]]
    api("PATCH", f"/api/sources/{remote.id}/settings", body)


def _source(document: Document) -> str:
    return str(document["source"])


NOUN = Noun(
    kind="schema",
    folder="schemas",
    shape=SchemaFile,
    key=_source,
    pull=_pull,
    create=_create,
    change=_change,
    touches=frozenset({"track", "identify", "group", *_FORWARDED}),
    source_slug=_source,
)
