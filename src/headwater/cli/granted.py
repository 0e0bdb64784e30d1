"""Roles and what they are given on, as commands name them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from cyclopts import Parameter

from headwater.cli.connection import Connection, call
from headwater.errors import BadRequestError, NotFoundError


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Resources:
    """What the roles are given on; everything, where nothing is named."""

    source: Annotated[
        list[str] | None,
        Parameter(help="On this source alone, by id, slug or name; several may be given."),
    ] = None
    label: Annotated[
        list[str] | None,
        Parameter(help="On what bears this label, KEY:VALUE; all of them, where several are."),
    ] = None


def permissions_of(
    connection: Connection, roles: Sequence[str], resources: Resources | None
) -> list[Mapping[str, Any]]:
    """The permissions as the API takes them. Raises NotFoundError and BadRequestError."""
    on = _resources(connection, resources or Resources())
    return [{"roleId": _role(connection, role), "resources": on} for role in roles]


def _role(connection: Connection, named: str) -> str:
    known = call(connection, "GET", "/api/roles")["roles"]
    for role in known:
        if named.casefold() in (role["id"], role["name"].casefold()):
            return str(role["id"])
    names = ", ".join(role["name"] for role in known)
    raise NotFoundError(f"There is no role {named!r}.", hint=f"Roles: {names}.")


def _resources(connection: Connection, named: Resources) -> list[Mapping[str, Any]]:
    labels = [_label(each) for each in named.label or ()]
    if not named.source:
        workspace = call(connection, "GET", "/api")["workspace"]
        return [{"id": workspace["id"], "type": "WORKSPACE", "labels": labels}]
    known = call(connection, "GET", "/api/sources?pagination.count=1000")["sources"]
    return [
        {"id": _source(known, each), "type": "SOURCE", "labels": labels} for each in named.source
    ]


def _source(known: Sequence[Mapping[str, Any]], named: str) -> str:
    for source in known:
        if named in (source["id"], source["slug"], source["name"]):
            return str(source["id"])
    raise NotFoundError(
        f"There is no source {named!r}.", hint="`headwater source list` lists them."
    )


def _label(text: str) -> Mapping[str, str]:
    key, colon, value = text.partition(":")
    if not colon or not key or not value:
        raise BadRequestError(f"The label {text!r} is not KEY:VALUE.")
    return {"key": key.strip(), "value": value.strip()}
