"""Sources: `sources/SLUG.yaml`. Write keys are no configuration: every server makes its own."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from headwater.configuration.listing import every
from headwater.configuration.model import Api, Document, Noun, Remote
from headwater.configuration.nouns import labels
from headwater.workspaces.masks import BULLET


class SourceFile(msgspec.Struct, forbid_unknown_fields=True):
    """What a file says of a source. `slug` names its schema in the warehouse and never changes."""

    slug: Annotated[str, Meta(min_length=1, max_length=200)]
    name: Annotated[str, Meta(min_length=1, max_length=200)]
    type: Literal["website", "server", "mobile", "webhook", "file", "database"] = "server"
    enabled: bool = True
    labels: list[Annotated[str, Meta(pattern=r"^[^:]+:.+$")]] = []
    settings: dict[str, Any] = {}


def slug_of(document: Document) -> str:
    return str(document["slug"])


def _pull(api: Api) -> Sequence[Remote]:
    return [Remote(each["id"], _document(each)) for each in every(api, "/api/sources", "sources")]


def _document(source: Document) -> Document:
    document = {
        "slug": source["slug"],
        "name": source["name"],
        "type": source["metadata"]["slug"],
        "enabled": source["enabled"],
        "labels": sorted(labels.named(each) for each in source["labels"]),
        "settings": source["settings"],
    }
    return _normal(document)


def _normal(document: Document) -> Document:
    """No allowed origins mean the same as none named; labels have no order."""
    settings = {k: v for k, v in document["settings"].items() if k != "allowedOrigins" or v}
    return {**document, "labels": sorted(document["labels"]), "settings": settings}


def _create(api: Api, document: Document) -> None:
    body = {
        "slug": document["slug"],
        "name": document["name"],
        "metadataId": document["type"],
        "enabled": document["enabled"],
        "settings": document["settings"],
    }
    made = api("POST", "/api/sources", body)["source"]
    if document["labels"]:
        _put_labels(api, made["id"], document)


def _change(api: Api, remote: Remote, document: Document) -> None:
    before = remote.document
    body = {name: document[name] for name in ("name", "enabled") if document[name] != before[name]}
    settings = _changed_settings(before["settings"], document["settings"])
    if body or settings:
        api("PATCH", f"/api/sources/{remote.id}", body | {"settings": settings})
    if document["labels"] != before["labels"]:
        _put_labels(api, remote.id, document)


def _changed_settings(before: Document, after: Document) -> dict[str, Any]:
    """What to send: what is new or other, and null for what goes."""
    changed = {name: value for name, value in after.items() if before.get(name) != value}
    # What the server masks and the file does not name is a secret that was set elsewhere.
    gone = {
        name for name, value in before.items() if name not in after and BULLET not in str(value)
    }
    return changed | dict.fromkeys(gone - {"allowedOrigins"}) | _no_origins(gone)


def _no_origins(gone: set[str]) -> dict[str, Any]:
    return {"allowedOrigins": []} if "allowedOrigins" in gone else {}


def _put_labels(api: Api, source_id: str, document: Document) -> None:
    wanted = [labels.parsed(each) for each in document["labels"]]
    api("PUT", f"/api/sources/{source_id}/labels", {"labels": wanted})


def _delete(api: Api, remote: Remote) -> None:
    api("DELETE", f"/api/sources/{remote.id}")


NOUN = Noun(
    kind="source",
    folder="sources",
    shape=SourceFile,
    key=slug_of,
    pull=_pull,
    create=_create,
    change=_change,
    delete=_delete,
    touches=frozenset({"enabled", "settings"}),
    source_slug=slug_of,
    normal=_normal,
)
