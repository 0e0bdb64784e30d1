"""Sync rules: `sync-rules/NAME.yaml`. Sources are named by their slugs, as in the API."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal
from urllib.parse import quote

import msgspec
from msgspec import Meta

from headwater.configuration.listing import every
from headwater.configuration.model import Api, Document, Noun, Remote

_PATH = "/api/sync-rules"


class SyncRuleFile(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What a file says of a sync rule."""

    subject: Literal["people", "organizations"]
    trait: Annotated[str, Meta(min_length=1, max_length=200)]
    rule: dict[str, Any] = {}


def _pull(api: Api) -> Sequence[Remote]:
    return [Remote(_place(each), each) for each in every(api, _PATH, "syncRules")]


def _place(document: Document) -> str:
    return f"{_PATH}/{document['subject']}/rules/{quote(document['trait'], safe='')}"


def _create(api: Api, document: Document) -> None:
    api("PUT", _place(document), document["rule"])


def _change(api: Api, remote: Remote, document: Document) -> None:
    api("PUT", remote.id, document["rule"])


def _delete(api: Api, remote: Remote) -> None:
    api("DELETE", remote.id)


NOUN = Noun(
    kind="sync-rule",
    governs=False,
    folder="sync-rules",
    shape=SyncRuleFile,
    key=lambda document: f"{document['subject']}.{document['trait']}",
    pull=_pull,
    create=_create,
    change=_change,
    delete=_delete,
)
