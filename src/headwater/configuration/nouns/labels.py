"""Labels, which narrow what permissions are given on: `labels/KEY_VALUE.yaml`."""

from collections.abc import Sequence
from typing import Annotated
from urllib.parse import quote

import msgspec
from msgspec import Meta

from headwater.configuration.listing import every
from headwater.configuration.model import Api, Document, Noun, Remote

_Text = Annotated[str, Meta(min_length=1, max_length=500)]


class LabelFile(msgspec.Struct, forbid_unknown_fields=True):
    """What a file says of a label."""

    key: _Text
    value: _Text
    description: Annotated[str, Meta(max_length=500)] = ""


def named(label: Document) -> str:
    """A label as other files name it.

    >>> named({"key": "environment", "value": "production"})
    'environment:production'
    """
    return f"{label['key']}:{label['value']}"


def parsed(text: str) -> Document:
    """The label that other files name so."""
    key, _, value = text.partition(":")
    return {"key": key, "value": value}


def _pull(api: Api) -> Sequence[Remote]:
    return [
        Remote(
            named(each),
            {
                "key": each["key"],
                "value": each["value"],
                "description": each.get("description") or "",
            },
        )
        for each in every(api, "/api/labels", "labels")
    ]


def _create(api: Api, document: Document) -> None:
    api("POST", "/api/labels", {"label": dict(document)})


def _path(label: Document) -> str:
    return f"/api/labels/{quote(label['key'], '')}/{quote(label['value'], '')}"


def _change(api: Api, remote: Remote, document: Document) -> None:
    api("PATCH", _path(remote.document), {"description": document["description"]})


def _delete(api: Api, remote: Remote) -> None:
    api("DELETE", _path(remote.document))


NOUN = Noun(
    kind="label",
    folder="labels",
    shape=LabelFile,
    key=named,
    pull=_pull,
    create=_create,
    change=_change,
    delete=_delete,
)
