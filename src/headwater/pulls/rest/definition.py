"""A REST pull: the API, its resources, and what becomes of their records."""

from typing import Annotated, Any, Literal

import msgspec
import xxhash
from msgspec import Meta

from headwater.errors import PullError
from headwater.imports import definition_file
from headwater.imports.model import (
    ColumnRule,
    Condition,
    EventRule,
    FileMapping,
    FileRules,
    RowRule,
)
from headwater.pulls.rest.auth_rules import Auth, NoAuth, OAuth2
from headwater.pulls.rest.paging_rules import NoPaging, Offset, PageNumber, Paging, Token

Scalar = str | int | float | bool


class Cursor(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What grows with each change: `{cursor}` in `params`, `path` and `body` is its last value."""

    member: str
    """Where an entry has it."""
    start: str | int = ""
    """What the first run reads from. Empty: parameters with `{cursor}` are left out."""
    format: Literal["as_it_is", "iso", "seconds", "milliseconds"] = "as_it_is"
    """How the API wants it written."""
    overlap_seconds: Annotated[float, Meta(ge=0, le=86_400 * 400)] = 0
    """How far before the last value a run begins, for what the API shows late."""
    oldest_days: Annotated[int, Meta(ge=0, le=10_000)] = 0
    """A run asks for nothing older."""
    ascending: bool = False
    """Entries come in its order, so that a run that was cut short goes on in their midst."""


class Listing(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Requests that list entries."""

    path: str
    method: Literal["GET", "POST"] = "GET"
    params: dict[str, Scalar | list[Scalar]] = {}
    body: dict[str, Any] = {}
    data: str = ""
    """Where an answer has its entries; empty: the answer is the array, or the one entry."""
    record: str = ""
    """Where an entry has the record, when the entry is not the record."""
    each: str = ""
    """An array in each entry whose objects are the records, with the entry's members."""
    paging: Paging = NoPaging()
    cursor: Cursor | None = None
    newest_first: bool = False
    """Of several entries about one record the first counts."""
    deleted_when: Condition = {}
    """Which entries are about a record that is deleted."""
    restart_after: Annotated[int, Meta(ge=0)] = 0
    """After so many entries the listing begins anew at the cursor, where an API gives no more."""


class Feed(Listing, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A listing of changes, which is read in place of the whole once that was read."""

    days: Annotated[float, Meta(gt=0)] = 3650
    """How long the API keeps changes: after a longer pause the whole is read again."""


class Resource(Listing, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A kind of thing that the API lists, and the mapping of its records."""

    name: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,40}$")]
    key: Annotated[tuple[str, ...], Meta(min_length=1)]
    """The members that tell records apart; `parent.…` those of the parent."""
    parent: str = ""
    """A resource before this one: the path, which names `{parent.…}`, is read for each of it."""
    members: dict[str, str] | tuple[str, ...] = ()
    """What of a record counts: only a change in these is one. Empty: all of it."""
    deletes: bool = True
    """Whether records that a whole listing has no more make events."""
    deletions: Listing | None = None
    """A listing of records that are deleted."""
    feed: Feed | None = None
    columns: dict[str, str | ColumnRule] = {}
    skip: tuple[RowRule, ...] = ()
    reject: tuple[RowRule, ...] = ()
    events: tuple[EventRule, ...] = ()

    @property
    def mapping(self) -> FileMapping:
        return FileMapping(FileRules(), self.columns, self.skip, self.reject, self.events)


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a run may take."""

    requests_per_second: Annotated[float, Meta(ge=0, le=1000)] = 0
    """0: as fast as the API answers."""
    remaining_header: str = ""
    """The header that says how many requests are left."""
    reset_header: str = ""
    """The header that says when there are more: in so many seconds, or at an epoch."""
    limited_when: Condition | list[Condition] = []
    """Answers that mean: too many requests; 429 always does."""
    retries: Annotated[int, Meta(ge=0, le=20)] = 6
    longest_wait_seconds: Annotated[float, Meta(ge=0, le=86_400)] = 900
    """An API that asks for a longer wait ends the run; the next one goes on."""
    timeout_seconds: Annotated[float, Meta(gt=0, le=3600)] = 120
    """Of one answer, until its last byte."""
    max_bytes: Annotated[int, Meta(gt=0, le=1_000_000_000)] = 50_000_000
    """Of one answer, unpacked."""
    max_pages: Annotated[int, Meta(gt=0, le=10_000_000)] = 100_000
    """Of one listing in one run."""
    max_minutes: Annotated[float, Meta(gt=0, le=10_080)] = 720
    """Of one run; the next one goes on."""


class Api(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The API, and how it is asked."""

    base_url: str
    name: str = ""
    """Tells this pull from another of the same address into the same source."""
    headers: dict[str, str] = {}
    params: dict[str, Scalar] = {}
    """Parameters of every request."""
    auth: Auth = NoAuth()
    limits: Limits = Limits()
    expired_when: Condition | list[Condition] = []
    """Answers that mean: the credentials are good no more; 401 always does."""


class RestDefinition(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A pull file of a REST API."""

    rest: Api
    resources: Annotated[tuple[Resource, ...], Meta(min_length=1, max_length=50)]

    def id_in(self, source_id: str) -> str:
        """The same for the same API and name into the same source, whatever the resources."""
        told = [self.rest.base_url, self.rest.name, source_id]
        return xxhash.xxh3_128_hexdigest(msgspec.json.encode(told))

    def names(self) -> list[str]:
        """The `${NAME}`s in it, in their order."""
        return definition_file.names_in(msgspec.json.encode(self).decode())


def rest_definition(raw: dict[str, Any]) -> RestDefinition:
    """The definition that a file's content says; what `defaults` says holds for each resource.

    Raises msgspec.ValidationError, and PullError for what fits its kind and makes no sense.
    """
    defaults = raw.get("defaults") or {}
    resources = raw.get("resources") or []
    if isinstance(defaults, dict) and isinstance(resources, list):
        merged = [_merged(defaults, each) if isinstance(each, dict) else each for each in resources]
        raw = {name: value for name, value in raw.items() if name != "defaults"}
        raw["resources"] = merged
    definition = msgspec.convert(raw, RestDefinition)
    _check(definition)
    return definition


def _merged(defaults: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    merged = {**defaults, **given}
    if isinstance(defaults.get("params"), dict) and isinstance(given.get("params"), dict):
        merged["params"] = {**defaults["params"], **given["params"]}
    return merged


def _check(definition: RestDefinition) -> None:
    api = definition.rest
    if not api.base_url.startswith(("https://", "http://", "${")):
        raise PullError("`rest.base_url` must begin with https:// or http://.")
    if isinstance(api.auth, OAuth2):
        if api.auth.grant == "refresh_token" and not api.auth.refresh_token:
            raise PullError("`rest.auth.refresh_token` is missing.")
        if not api.auth.token_url.startswith(("https://", "http://", "${")):
            raise PullError("`rest.auth.token_url` must begin with https:// or http://.")
    before: set[str] = set()
    for resource in definition.resources:
        _check_resource(resource, before)
        before.add(resource.name)


def _check_resource(resource: Resource, before: set[str]) -> None:
    at = f"`resources.{resource.name}`"
    if resource.name in before:
        raise PullError(f"{at} is there twice.")
    if resource.parent and resource.parent not in before:
        raise PullError(f"{at} names the parent {resource.parent!r}, which is not before it.")
    if not resource.events:
        raise PullError(f"{at} makes no event.", hint="Give it `events`.")
    definition_file.require_apart(resource.events, PullError)
    if resource.feed is not None and (resource.feed.cursor is None or resource.parent):
        raise PullError(f"{at}: `feed` needs a `cursor`, and a resource without `parent`.")
    for listing in (resource, resource.deletions, resource.feed):
        if listing is not None:
            _check_listing(listing, at)


def _check_listing(listing: Listing, at: str) -> None:
    if not listing.path.startswith("/"):
        raise PullError(f"{at}: `path` must begin with `/`: {listing.path!r}.")
    if listing.restart_after and not (listing.cursor and listing.cursor.ascending):
        raise PullError(f"{at}: `restart_after` needs a `cursor` that is `ascending`.")
    paging = listing.paging
    is_in_body = isinstance(paging, PageNumber | Offset | Token) and paging.where == "body"
    if is_in_body and listing.method != "POST":
        raise PullError(f"{at}: paging in the body needs `method: POST`.")
    if isinstance(paging, Token) and paging.is_kept and listing.cursor is not None:
        raise PullError(f"{at}: a paging cursor that is `kept` leaves no `cursor` to keep.")
