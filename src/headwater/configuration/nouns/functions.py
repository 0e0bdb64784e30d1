"""Functions: `functions/NAME.yaml`, with their code, settings and the sources that they are
connected to, by slug. A sensitive setting is a reference to where its secret is."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from headwater.configuration.listing import every
from headwater.configuration.model import Api, Document, Noun, Remote
from headwater.errors import BadRequestError
from headwater.workspaces.masks import BULLET

_PATH = "/api/functions"
_INSTANCES = "/api/insert-function-instances"
_SETTING: Mapping[str, Any] = {
    "label": "",
    "description": "",
    "type": "STRING",
    "required": False,
    "sensitive": False,
}


class SettingFile(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A setting that the code asks for."""

    name: Annotated[str, Meta(min_length=1, max_length=100)]
    label: str = ""
    description: str = ""
    type: Literal["ARRAY", "BOOLEAN", "STRING", "TEXT_MAP"] = "STRING"
    required: bool = False
    sensitive: bool = False


class ConnectionFile(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """How a function is connected to a source."""

    name: str = ""
    enabled: bool = True
    settings: dict[str, Any] = {}


class FunctionFile(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, rename="camel"):
    """What a file says of a function. `declaredSettings` are those that its code asks for;
    `connections` are by the sources' slugs."""

    name: Annotated[str, Meta(min_length=1, max_length=200)]
    type: Literal[
        "SOURCE", "DESTINATION", "INSERT_SOURCE", "INSERT_DESTINATION", "INSERT_TRANSFORMATION"
    ] = "INSERT_SOURCE"
    code: Annotated[str, Meta(min_length=1)]
    deployed: bool = True
    description: str = ""
    logo_url: str = ""
    declared_settings: list[SettingFile] = []
    connections: dict[str, ConnectionFile] = {}


def _pull(api: Api) -> Sequence[Remote]:
    slugs = {each["id"]: each["slug"] for each in every(api, "/api/sources", "sources")}
    connected: dict[str, list[Document]] = {}
    for each in every(api, _INSTANCES, "instances"):
        connected.setdefault(each["classId"], []).append(each)
    found = []
    for listed in every(api, _PATH, "functions"):
        function = api("GET", f"{_PATH}/{listed['id']}")["function"]
        instances = connected.get(listed["id"], [])
        found.append(Remote(listed["id"], _document(function, instances, slugs)))
    return found


def _document(found: Document, instances: Sequence[Document], slugs: Mapping[str, str]) -> Document:
    return {
        "name": found["displayName"],
        "type": found["resourceType"],
        "code": found["code"].rstrip(),
        "deployed": found["isLatestVersion"],
        "description": found.get("description", ""),
        "logoUrl": found.get("logoUrl", ""),
        "declaredSettings": [{**_SETTING, **each} for each in found["settings"]],
        "connections": {
            slugs[each["integrationId"]]: {
                "name": "" if each["name"] == found["displayName"] else each["name"],
                "enabled": each["enabled"],
                "settings": {**each["settings"], **each["encryptedSettings"]},
            }
            for each in sorted(instances, key=lambda each: slugs[each["integrationId"]])
        },
    }


def _normal(document: Document) -> Document:
    """Settings and connections with all their members; how the code's text ends does not matter."""
    connection = {"name": "", "enabled": True, "settings": {}}
    return {
        **document,
        "code": document["code"].rstrip(),
        "declaredSettings": [{**_SETTING, **each} for each in document.get("declaredSettings", [])],
        "connections": {
            slug: {**connection, **each}
            for slug, each in sorted(document.get("connections", {}).items())
        },
    }


def _create(api: Api, document: Document) -> None:
    made = api("POST", _PATH, _body(document) | {"resourceType": document["type"]})["function"]
    if document["deployed"]:
        api("POST", f"{_PATH}/{made['id']}/deploy")
    _connect(api, made["id"], document, {})


def _change(api: Api, remote: Remote, document: Document) -> None:
    before = remote.document
    if document["type"] != before["type"]:
        raise BadRequestError(
            f"type: the function {document['name']!r} is of the type {before['type']}, which never "
            "changes.",
            hint="Give the new one another name.",
        )
    api("PATCH", f"{_PATH}/{remote.id}", _body(document))
    if document["deployed"]:
        if document["code"] != before["code"] or not before["deployed"]:
            api("POST", f"{_PATH}/{remote.id}/deploy")
    elif before["deployed"] and document["code"] == before["code"]:
        raise BadRequestError(
            f"deployed: the code of {document['name']!r} runs, and cannot be called back.",
            hint="Set `enabled: false` in its connections, or deploy other code.",
        )
    _connect(api, remote.id, document, before["connections"])


def _body(document: Document) -> dict[str, Any]:
    return {
        "displayName": document["name"],
        "code": document["code"],
        "description": document["description"],
        "logoUrl": document["logoUrl"],
        "settings": document["declaredSettings"],
    }


def _connect(api: Api, function_id: str, document: Document, before: Document) -> None:
    wanted: Document = document["connections"]
    if not wanted and not before:
        return
    ids = {each["slug"]: each["id"] for each in every(api, "/api/sources", "sources")}
    held = {each["integrationId"]: each["id"] for each in _instances(api, function_id)}
    for slug in before.keys() - wanted.keys():
        api("DELETE", f"{_INSTANCES}/{held[ids[slug]]}")
    for slug, connection in wanted.items():
        body = {
            "name": connection["name"] or document["name"],
            "enabled": connection["enabled"],
            "settings": connection["settings"],
        }
        if slug not in before:
            target = {"functionId": function_id, "integrationId": ids.get(slug, slug)}
            api("POST", _INSTANCES, body | target)
        elif connection != before[slug]:
            gone = [
                name
                for name, value in before[slug]["settings"].items()
                if name not in connection["settings"] and BULLET not in str(value)
            ]
            body["settings"] = body["settings"] | dict.fromkeys(gone)
            api("PATCH", f"{_INSTANCES}/{held[ids[slug]]}", body)


def _instances(api: Api, function_id: str) -> Sequence[Document]:
    """Where a function is connected: at most once to each source."""
    path = f"{_INSTANCES}?functionId={function_id}&pagination.count=1000"
    found: Sequence[Document] = api("GET", path)["instances"]
    return found


def _delete(api: Api, remote: Remote) -> None:
    for each in _instances(api, remote.id):
        api("DELETE", f"{_INSTANCES}/{each['id']}")
    api("DELETE", f"{_PATH}/{remote.id}")


NOUN = Noun(
    kind="function",
    folder="functions",
    shape=FunctionFile,
    key=lambda document: str(document["name"]),
    pull=_pull,
    create=_create,
    change=_change,
    delete=_delete,
    normal=_normal,
)
