"""Cleaning rules: `rules/NAME.yaml`. Sources are named by their slugs."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from headwater.configuration.listing import every
from headwater.configuration.model import Api, Document, Noun, Remote

_Type = Literal["identify", "track", "page", "screen", "group", "alias"]


class RuleFile(msgspec.Struct, forbid_unknown_fields=True, rename={"kind_of_rule": "rule"}):
    """What a file says of a cleaning rule. `rule` is its kind; `sources` are slugs."""

    name: Annotated[str, Meta(min_length=1, max_length=200)]
    kind_of_rule: Annotated[str, Meta(min_length=1, max_length=100)]
    settings: dict[str, Any] = {}
    sources: list[str] = []
    types: list[_Type] = []
    events: list[str] = []
    condition: str = ""
    enabled: bool = True
    position: Annotated[int, Meta(ge=0, le=1_000_000)] = 0
    description: str = ""


def _slugs(api: Api) -> dict[str, str]:
    """The slugs of the sources, by their ids."""
    return {each["id"]: each["slug"] for each in every(api, "/api/sources", "sources")}


def _pull(api: Api) -> Sequence[Remote]:
    slugs = _slugs(api)
    return [
        Remote(each["id"], _document(each, slugs))
        for each in every(api, "/api/cleaning-rules", "cleaningRules")
    ]


def _document(rule: Document, slugs: Mapping[str, str]) -> Document:
    scope = rule["scope"]
    return {
        "name": rule["name"],
        "rule": rule["kind"],
        "settings": rule["settings"],
        # A source that was deleted since has no slug, and is kept as it is named.
        "sources": [slugs.get(each, each) for each in scope["sources"]],
        "types": list(scope["types"]),
        "events": list(scope["events"]),
        "condition": scope["condition"],
        "enabled": rule["enabled"],
        "position": rule["position"],
        "description": rule["description"],
    }


def _body(api: Api, document: Document) -> Document:
    """The API's rule of a document."""
    ids = (
        {slug: source_id for source_id, slug in _slugs(api).items()} if document["sources"] else {}
    )
    scope = {
        "sources": [ids.get(slug, slug) for slug in document["sources"]],
        "types": document["types"],
        "events": document["events"],
        "condition": document["condition"],
    }
    own = ("name", "settings", "enabled", "position", "description")
    return {
        **{name: document[name] for name in own},
        "kind": document["rule"],
        "scope": scope,
    }


def _create(api: Api, document: Document) -> None:
    api("POST", "/api/cleaning-rules", _body(api, document))


def _change(api: Api, remote: Remote, document: Document) -> None:
    api("PATCH", f"/api/cleaning-rules/{remote.id}", _body(api, document))


def _delete(api: Api, remote: Remote) -> None:
    api("DELETE", f"/api/cleaning-rules/{remote.id}")


NOUN = Noun(
    kind="cleaning-rule",
    folder="rules",
    shape=RuleFile,
    key=lambda document: str(document["name"]),
    pull=_pull,
    create=_create,
    change=_change,
    delete=_delete,
)
