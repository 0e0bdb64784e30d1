"""Transformations: `transformations/NAME.yaml`. A source is named by its slug.

The key of a hash is no part of a file: it is set over the API, and stays.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from headwater.configuration.listing import every
from headwater.configuration.model import Api, Document, Noun, Remote

_PATH = "/api/transformations"
_LISTS = (
    "propertyRenames",
    "propertyValueTransformations",
    "fqlDefinedProperties",
    "operations",
)


class TransformationFile(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, rename="camel"):
    """What a file says of a transformation. `source` is a slug; the rest is as in the API."""

    name: Annotated[str, Meta(min_length=1, max_length=200)]
    source: Annotated[str, Meta(min_length=1, max_length=200)]
    enabled: bool = True
    condition: str = msgspec.field(name="if", default="")
    drop: bool = False
    new_event_name: str = ""
    property_renames: list[dict[str, str]] = []
    property_value_transformations: list[dict[str, Any]] = []
    fql_defined_properties: list[dict[str, str]] = []
    operations: list[dict[str, Any]] = []
    allow_properties: list[str] | None = None
    hash_properties_configuration: dict[str, Any] | None = None


def _slugs(api: Api) -> dict[str, str]:
    """The slugs of the sources, by their ids."""
    return {each["id"]: each["slug"] for each in every(api, "/api/sources", "sources")}


def _pull(api: Api) -> Sequence[Remote]:
    slugs = _slugs(api)
    return [
        Remote(each["id"], _document(each, slugs)) for each in every(api, _PATH, "transformations")
    ]


def _document(found: Document, slugs: Mapping[str, str]) -> Document:
    hashing = found.get("hashPropertiesConfiguration")
    return {
        "name": found["name"],
        "source": slugs[found["sourceId"]],
        "enabled": found["enabled"],
        "if": found["if"],
        "drop": found["drop"],
        "newEventName": found.get("newEventName", ""),
        **{name: found.get(name, []) for name in _LISTS},
        "allowProperties": found.get("allowProperties"),
        "hashPropertiesConfiguration": None
        if hashing is None
        else {name: value for name, value in hashing.items() if name != "key"},
    }


def _body(api: Api, document: Document) -> Document:
    """The API's transformation of a document."""
    ids = {slug: source_id for source_id, slug in _slugs(api).items()}
    body = {name: value for name, value in document.items() if name != "source"}
    return {**body, "sourceId": ids.get(document["source"], document["source"])}


def _create(api: Api, document: Document) -> None:
    api("POST", _PATH, _body(api, document))


def _change(api: Api, remote: Remote, document: Document) -> None:
    api("PATCH", f"{_PATH}/{remote.id}", _body(api, document))


def _delete(api: Api, remote: Remote) -> None:
    api("DELETE", f"{_PATH}/{remote.id}")


NOUN = Noun(
    kind="transformation",
    folder="transformations",
    shape=TransformationFile,
    key=lambda document: str(document["name"]),
    pull=_pull,
    create=_create,
    change=_change,
    delete=_delete,
)
