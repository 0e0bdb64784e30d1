"""Warehouses: `warehouses/KIND.yaml`. Every workspace has the embedded one, to be named."""

from collections.abc import Sequence
from typing import Annotated

import msgspec
from msgspec import Meta

from headwater.configuration.listing import every
from headwater.configuration.model import Api, Document, Noun, Remote
from headwater.errors import BadRequestError


class WarehouseFile(msgspec.Struct, forbid_unknown_fields=True):
    """What a file says of a warehouse."""

    type: Annotated[str, Meta(min_length=1, max_length=100)]
    name: Annotated[str, Meta(min_length=1, max_length=200)]


def _pull(api: Api) -> Sequence[Remote]:
    return [
        Remote(each["id"], {"type": each["metadata"]["slug"], "name": each["settings"]["name"]})
        for each in every(api, "/api/warehouses", "warehouses")
    ]


def _create(_: Api, document: Document) -> None:
    raise BadRequestError(
        f"type: there is no warehouse of the type {document['type']!r} here.",
        hint="Every workspace has the embedded one, and no other kind can be made.",
    )


def _change(api: Api, remote: Remote, document: Document) -> None:
    api("PATCH", f"/api/warehouses/{remote.id}", {"name": document["name"]})


NOUN = Noun(
    kind="warehouse",
    governs=False,
    folder="warehouses",
    shape=WarehouseFile,
    key=lambda document: str(document["type"]),
    pull=_pull,
    create=_create,
    change=_change,
)
