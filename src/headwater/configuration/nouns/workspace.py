"""The workspace itself: one file, `workspace.yaml`."""

from collections.abc import Sequence
from typing import Annotated

import msgspec
from msgspec import Meta

from headwater.configuration.model import Api, Document, Noun, Remote


class WorkspaceFile(msgspec.Struct, forbid_unknown_fields=True):
    """What a file says of the workspace."""

    name: Annotated[str, Meta(min_length=1, max_length=200)]


def _pull(api: Api) -> Sequence[Remote]:
    found = api("GET", "/api")["workspace"]
    return [Remote(found["id"], {"name": found["name"]})]


def _change(api: Api, _: Remote, document: Document) -> None:
    api("PATCH", "/api", {"name": document["name"]})


def _create(api: Api, document: Document) -> None:
    _change(api, Remote("", {}), document)


NOUN = Noun(
    kind="workspace",
    governs=False,
    folder="",
    shape=WorkspaceFile,
    key=lambda _: "workspace",
    pull=_pull,
    create=_create,
    change=_change,
)
