"""Saved queries: `queries/NAME.yaml`."""

from collections.abc import Sequence
from typing import Annotated

import msgspec
from msgspec import Meta

from headwater.configuration.listing import every
from headwater.configuration.model import Api, Document, Noun, Remote


class QueryFile(msgspec.Struct, forbid_unknown_fields=True):
    """What a file says of a saved query."""

    name: Annotated[str, Meta(min_length=1, max_length=200)]
    sql: str
    description: str = ""


def _pull(api: Api) -> Sequence[Remote]:
    return [
        Remote(each["id"], {name: each[name] for name in ("name", "sql", "description")})
        for each in every(api, "/api/saved-queries", "savedQueries")
    ]


def _create(api: Api, document: Document) -> None:
    api("POST", "/api/saved-queries", dict(document))


def _change(api: Api, remote: Remote, document: Document) -> None:
    api("PATCH", f"/api/saved-queries/{remote.id}", dict(document))


def _delete(api: Api, remote: Remote) -> None:
    api("DELETE", f"/api/saved-queries/{remote.id}")


NOUN = Noun(
    kind="query",
    governs=False,
    folder="queries",
    shape=QueryFile,
    key=lambda document: str(document["name"]),
    pull=_pull,
    create=_create,
    change=_change,
    delete=_delete,
)
