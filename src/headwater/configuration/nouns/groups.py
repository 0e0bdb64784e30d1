"""User groups: `groups/NAME.yaml`, with what they may do and who is in them.

People come and go by invitation; what they may do is configured here.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from headwater.configuration.listing import every
from headwater.configuration.model import Api, Document, Noun, Remote
from headwater.configuration.nouns import labels
from headwater.errors import BadRequestError

ALL = "*"
_Text = Annotated[str, Meta(min_length=1, max_length=200)]


class ResourceFile(msgspec.Struct, forbid_unknown_fields=True):
    """What a role is given on: a source or a warehouse by its slug or name, `*` all of the type."""

    type: str = "WORKSPACE"
    name: str = ALL
    labels: list[str] = []


class PermissionFile(msgspec.Struct, forbid_unknown_fields=True):
    """A role by its name, and what it is given on."""

    role: _Text
    resources: list[ResourceFile] = msgspec.field(default_factory=lambda: [ResourceFile()])


class GroupFile(msgspec.Struct, forbid_unknown_fields=True):
    """What a file says of a group. Whoever of `members` is not in the workspace is invited."""

    name: _Text
    permissions: list[PermissionFile] = []
    members: list[str] = []


class _Names(msgspec.Struct, frozen=True):
    """What ids stand for, by type; the workspace's own is everything."""

    workspace_id: str
    by_type: Mapping[str, Mapping[str, str]]

    def name(self, kind: str, id_: str) -> str:
        return ALL if id_ == self.workspace_id else self.by_type.get(kind, {}).get(id_, id_)

    def id(self, kind: str, name: str) -> str:
        if name == ALL:
            return self.workspace_id
        known = {v: k for k, v in self.by_type.get(kind, {}).items()}
        if kind in self.by_type and name not in known:
            raise BadRequestError(f"resources: there is no {kind.lower()} {name!r}.")
        return known.get(name, name)


def _names(api: Api) -> _Names:
    sources = {each["id"]: each["slug"] for each in every(api, "/api/sources", "sources")}
    warehouses = {
        each["id"]: each["metadata"]["slug"] for each in every(api, "/api/warehouses", "warehouses")
    }
    return _Names(
        api("GET", "/api")["workspace"]["id"], {"SOURCE": sources, "WAREHOUSE": warehouses}
    )


def _pull(api: Api) -> Sequence[Remote]:
    names = _names(api)
    return [
        Remote(
            each["id"],
            {
                "name": each["name"],
                "permissions": _ordered(_permission(one, names) for one in each["permissions"]),
                "members": _members(api, each["id"]),
            },
        )
        for each in every(api, "/api/groups", "userGroups")
    ]


def _permission(given: Document, names: _Names) -> Document:
    return {
        "role": given["roleName"],
        "resources": _ordered(
            {
                "type": each["type"],
                "name": names.name(each["type"], each["id"]),
                "labels": sorted(labels.named(one) for one in each.get("labels", [])),
            }
            for each in given["resources"]
        ),
    }


def _ordered(values: Iterable[Document]) -> list[Document]:
    return sorted(values, key=str)


def _members(api: Api, group_id: str) -> list[str]:
    users = every(api, f"/api/groups/{group_id}/users", "users")
    invited = every(api, f"/api/groups/{group_id}/invites", "emails")
    return sorted({*(each["email"] for each in users), *invited})


def _create(api: Api, document: Document) -> None:
    made = api("POST", "/api/groups", {"name": document["name"]})["userGroup"]
    _change(api, Remote(made["id"], {"permissions": [], "members": []}), document)


def _change(api: Api, remote: Remote, document: Document) -> None:
    if document["permissions"] != remote.document["permissions"]:
        body = {"permissions": _given(api, document["permissions"])}
        api("PUT", f"/api/groups/{remote.id}/permissions", body)
    if document["members"] != remote.document["members"]:
        api("PUT", f"/api/group/{remote.id}/users", {"emails": document["members"]})


def _given(api: Api, permissions: Sequence[Document]) -> list[dict[str, Any]]:
    names = _names(api)
    roles = {each["name"]: each["id"] for each in every(api, "/api/roles", "roles")}
    for each in permissions:
        if each["role"] not in roles:
            known = ", ".join(sorted(roles))
            raise BadRequestError(f"role: there is no role {each['role']!r}.", hint=known)
    return [
        {
            "roleId": roles[each["role"]],
            "resources": [
                {
                    "type": one["type"],
                    "id": names.id(one["type"], one["name"]),
                    "labels": [labels.parsed(text) for text in one["labels"]],
                }
                for one in each["resources"]
            ],
        }
        for each in permissions
    ]


def _delete(api: Api, remote: Remote) -> None:
    api("DELETE", f"/api/groups/{remote.id}")


NOUN = Noun(
    kind="group",
    governs=False,
    folder="groups",
    shape=GroupFile,
    key=lambda document: str(document["name"]),
    pull=_pull,
    create=_create,
    change=_change,
    delete=_delete,
)
