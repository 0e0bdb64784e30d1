"""Connections: `connections/NAME.yaml`. A source is named by its slug.

A secret is a reference to where it is. The API tells the names of secrets and nothing else of them,
so one that is there counts as unchanged; it is sent again when anything else of its file changes.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from headwater.configuration.listing import every
from headwater.configuration.model import Api, Document, Noun, Remote
from headwater.configuration.references import UNTOLD

_PATH: Final = "/api/connections"
_SCHEDULE: Final[Mapping[str, Any]] = {"everySeconds": 0, "cron": "", "zone": "UTC"}


class ScheduleFile(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, rename="camel"):
    """When it runs: so often, or by a cron expression in a zone."""

    every_seconds: int = 0
    cron: str = ""
    zone: str = "UTC"


class ConnectionFile(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What a file says of a connection. `definition` is the text that the commands read from a
    file, `form` how it is written."""

    name: Annotated[str, Meta(min_length=1, max_length=200)]
    source: Annotated[str, Meta(min_length=1, max_length=200)]
    definition: Annotated[str, Meta(min_length=1)]
    form: Literal["toml", "yaml"] = "toml"
    schedule: ScheduleFile = msgspec.field(default_factory=ScheduleFile)
    paused: bool = False
    secrets: dict[str, str] = {}


def _pull(api: Api) -> Sequence[Remote]:
    slugs = {each["id"]: each["slug"] for each in every(api, "/api/sources", "sources")}
    return [Remote(each["id"], _document(each, slugs)) for each in every(api, _PATH, "connections")]


def _document(found: Document, slugs: Mapping[str, str]) -> Document:
    return {
        "name": found["name"],
        "source": slugs[found["sourceId"]],
        "definition": found["definition"].rstrip(),
        "form": found["form"],
        "schedule": {**_SCHEDULE, **found["schedule"]},
        "paused": found["state"] == "paused",
        "secrets": dict.fromkeys(found["secretNames"], UNTOLD),
    }


def _normal(document: Document) -> Document:
    """With the whole schedule; how the definition's text ends does not matter."""
    return {
        **document,
        "definition": document["definition"].rstrip(),
        "schedule": {**_SCHEDULE, **document.get("schedule", {})},
    }


def _create(api: Api, document: Document) -> None:
    ids = {each["slug"]: each["id"] for each in every(api, "/api/sources", "sources")}
    source = ids.get(document["source"], document["source"])
    body = _body(document, document["secrets"])
    made = api("POST", f"/api/sources/{source}/connections", body)["connection"]
    if document["paused"]:
        api("POST", f"{_PATH}/{made['id']}/pause")


def _change(api: Api, remote: Remote, document: Document) -> None:
    before = remote.document
    if document["source"] != before["source"]:  # whose events have been made stays with them
        _delete(api, remote)
        _create(api, document)
        return
    gone = dict.fromkeys(before["secrets"].keys() - document["secrets"].keys(), "")
    path = f"{_PATH}/{remote.id}"
    if document["paused"] and not before["paused"]:
        api("POST", f"{path}/pause")
    if any(document[member] != before[member] for member in document if member != "paused"):
        api("PATCH", path, _body(document, {**document["secrets"], **gone}))
    if before["paused"] and not document["paused"]:
        api("POST", f"{path}/resume")


def _body(document: Document, secrets: Mapping[str, str]) -> dict[str, Any]:
    return {
        **{name: document[name] for name in ("name", "definition", "form", "schedule")},
        "secrets": secrets,
    }


def _delete(api: Api, remote: Remote) -> None:
    api("DELETE", f"{_PATH}/{remote.id}")


NOUN = Noun(
    kind="connection",
    governs=False,
    folder="connections",
    shape=ConnectionFile,
    key=lambda document: str(document["name"]),
    pull=_pull,
    create=_create,
    change=_change,
    delete=_delete,
    normal=_normal,
)
