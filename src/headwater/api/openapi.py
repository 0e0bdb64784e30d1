"""The OpenAPI 3.1 document of the control API, made of what its routes declare."""

import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from http import HTTPStatus
from inspect import cleandoc
from typing import Any, Final

import msgspec

from headwater import __version__
from headwater.access.model import Access
from headwater.api.errors import Problem
from headwater.api.frame import ApiRoute
from headwater.api.media import JSON, VERSIONS

_REF: Final = "#/components/schemas/"
_PARAMETER: Final = re.compile(r"\{(\w+)(?::\w+)?\}")
_SECURITY: Final = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "An API token."},
    "basic": {
        "type": "http",
        "scheme": "basic",
        "description": "An API token as the user name, without a password.",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "headwater_session",
        "description": "The console's session. Changes must come from the same origin.",
    },
}
_WHEN: Final = {
    400: "It cannot be read: no HTTP, no JSON, another content type.",
    401: "No credentials, or unknown ones.",
    403: "The caller may not do this.",
    404: "There is no such thing, or none that the caller may see.",
    409: "The present state does not admit it.",
    422: "A value is not admitted; `errors[0].field` names it.",
    429: "Too fast: wait as long as `Retry-After` says.",
    431: "The head, with the query, is larger than the server takes.",
    503: "It cannot be done now: wait as long as `Retry-After` says.",
}
_ALWAYS: Final = (400, 429, 431, 503)
"""What the collector, through which every call goes, may answer by itself."""
_WAIT: Final = {
    "Retry-After": {"description": "Whole seconds to wait.", "schema": {"type": "integer"}}
}

Schema = dict[str, Any]


def document(routes: Sequence[ApiRoute]) -> dict[str, Any]:
    """The document of these routes."""
    schemas, components = _schemas(routes)
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        path = _PARAMETER.sub(lambda match: f"{{{_camel(match[1])}}}", route.path)
        paths.setdefault(path, {})[route.method.lower()] = _operation(route, schemas, components)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Headwater",
            "version": __version__,
            "summary": "Configuration, questions and accounts of a Headwater server.",
            "description": "Segment's Public API below `/api`, and Headwater's own routes in the "
            "same form. Every error has one envelope.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/", "description": "This server."}],
        "tags": list(_tags(routes)),
        "paths": paths,
        "components": {
            "schemas": _used(paths, components),
            "responses": {str(status): _problem(status) for status in _WHEN},
            "securitySchemes": _SECURITY,
        },
    }


def _schemas(routes: Iterable[ApiRoute]) -> tuple[Mapping[Any, Schema], dict[str, Schema]]:
    """The schema of each type that a route names, and the components that they refer to."""
    kinds: list[Any] = [Problem]
    for route in routes:
        kinds += [route.doc.query, route.doc.body, route.doc.answer]
    kinds = list(dict.fromkeys(kind for kind in kinds if kind is not None))
    found, components = msgspec.json.schema_components(kinds, ref_template=_REF + "{name}")
    return dict(zip(kinds, found, strict=True)), components


def _operation(
    route: ApiRoute, schemas: Mapping[Any, Schema], components: Mapping[str, Schema]
) -> Schema:
    doc = route.doc
    parameters = [*_path_parameters(route), *_query_parameters(route, schemas, components)]
    operation: Schema = {
        "operationId": operation_id(route),
        "tags": [doc.tag],
        "summary": doc.summary,
        "description": "\n\n".join(filter(None, [_told(route), _needs(route)])),
        "parameters": parameters,
        "responses": {
            str(doc.status): _success(route, schemas, components),
            **{str(each): {"$ref": f"#/components/responses/{each}"} for each in statuses(route)},
        },
        "security": _security(route.access),
    }
    if doc.body is not None:
        operation["requestBody"] = {
            "required": True,
            "content": {JSON: {"schema": schemas[doc.body]}},
        }
    return operation


def operation_id(route: ApiRoute) -> str:
    """Segment's name of the operation, or one of the handler's place and name."""
    noun = route.handle.__module__.rpartition(".")[2]
    return route.doc.operation or _camel(f"{noun}_{route.handle.__name__}")


def statuses(route: ApiRoute) -> list[int]:
    """The statuses other than success that a route can answer with."""
    found = {*_ALWAYS, *route.doc.errors}
    if route.access is not Access.ANYONE:
        found |= {401, 403}
    if _PARAMETER.search(route.path):
        found |= {404, 422}
    if route.doc.query is not None:
        found |= {404, 422}
    if route.doc.body is not None:
        found |= {404, 409, 422}
    if route.method != "GET":
        found |= {409}
    return sorted(found)


def _path_parameters(route: ApiRoute) -> Iterator[Schema]:
    for match in _PARAMETER.finditer(route.path):
        yield {
            "name": _camel(match[1]),
            "in": "path",
            "required": True,
            "schema": {"type": "string", "minLength": 1},
        }


def _query_parameters(
    route: ApiRoute, schemas: Mapping[Any, Schema], components: Mapping[str, Schema]
) -> Iterator[Schema]:
    if route.doc.query is None:
        return
    struct = _resolved(schemas[route.doc.query], components)
    for name, schema in struct["properties"].items():
        parameter: Schema = {"name": name, "in": "query", "required": name in struct["required"]}
        if description := schema.get("description"):
            parameter["description"] = description
        yield parameter | _notation(schema, components)


def _notation(schema: Schema, components: Mapping[str, Schema]) -> Schema:
    """How a value is written into a query: of all dialects, the one that OpenAPI can name."""
    kind = _resolved(schema, components)
    if kind.get("type") == "array" and _resolved(kind["items"], components).get("type") == "object":
        return {"content": {JSON: {"schema": schema}}}
    if kind.get("type") == "object":
        return {"style": "deepObject", "explode": True, "schema": schema}
    return {"style": "form", "explode": True, "schema": schema}


def _success(
    route: ApiRoute, schemas: Mapping[Any, Schema], components: Mapping[str, Schema]
) -> Schema:
    doc = route.doc
    content: Schema = {name: {} for name in doc.media}
    if doc.answer is not None:
        schema = schemas[doc.answer]
        if schema.get("$ref", "").startswith(f"{_REF}Data_"):
            schema = _resolved(schema, components)
        content = {name: {"schema": schema} for name in (JSON, *VERSIONS)} | {
            name: {} for name in doc.media if name != JSON
        }
    return {"description": HTTPStatus(doc.status).phrase, "content": content}


def _problem(status: int) -> Schema:
    wait = {"headers": _WAIT} if status in (429, 503) else {}
    content = {JSON: {"schema": {"$ref": f"{_REF}Problem"}}}
    return {"description": _WHEN[status], **wait, "content": content}


def _security(access: object) -> list[Schema]:
    if access is Access.ANYONE:
        return []
    known: list[Schema] = [{name: []} for name in _SECURITY]
    return [{}, *known] if access is Access.LOCAL else known


def _needs(route: ApiRoute) -> str:
    """Who may call, in words."""
    access: object = route.access
    if access is Access.ANYONE:
        return "Open to anyone."
    if access is Access.LOCAL:
        return "Open to this machine, and to anyone known."
    if access is Access.MEMBER:
        return "Open to anyone known."
    wanted = access if isinstance(access, tuple) else (getattr(access, "permission", access),)
    names = " and ".join(f"`{each}`" for each in wanted)
    some = (
        " on some resource: it shows and changes those alone"
        if hasattr(access, "permission")
        else ""
    )
    return f"Needs the permission {names}{some}."


def _told(route: ApiRoute) -> str:
    return cleandoc(route.handle.__doc__ or "")


def _tags(routes: Iterable[ApiRoute]) -> Iterator[Schema]:
    """Each tag once, with the first paragraph of its first noun's module."""
    modules: dict[str, str] = {}
    for route in routes:
        modules.setdefault(route.doc.tag, route.handle.__module__)
    for tag, module in modules.items():
        told = cleandoc(sys.modules[module].__doc__ or "") if module in sys.modules else ""
        yield {"name": tag, "description": told.partition("\n\n")[0].replace("\n", " ")}


def _resolved(schema: Schema, components: Mapping[str, Schema]) -> Schema:
    """A schema, followed to where it stands; of several that may be, the one that is not null."""
    while True:
        if "$ref" in schema:
            schema = components[schema["$ref"].removeprefix(_REF)]
        elif "anyOf" in schema:
            some = [each for each in schema["anyOf"] if each.get("type") != "null"]
            if len(some) != 1:
                return schema
            schema = some[0]
        else:
            return schema


def _used(paths: object, components: Mapping[str, Schema]) -> dict[str, Schema]:
    """The components that are referred to, by whatever way."""
    used: dict[str, Schema] = {}
    waiting = [*_references(paths), "Problem"]
    while waiting:
        name = waiting.pop()
        if name not in used:
            used[name] = components[name]
            waiting += _references(components[name])
    return dict(sorted(used.items()))


def _references(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "$ref" and inner.startswith(_REF):
                yield inner.removeprefix(_REF)
            yield from _references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _references(inner)


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)
