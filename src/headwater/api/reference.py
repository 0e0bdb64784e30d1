"""The reference: what the routes take and answer, for programs and for people.

`/api/openapi.json` is the OpenAPI 3.1 document of every route; `/api/reference` is the same as one
page, which loads nothing else.
"""

import base64
import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from http import HTTPStatus
from importlib.resources import files
from typing import Any, Final

import msgspec
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse, Response

from headwater.access.model import Access
from headwater.api.frame import ApiRoute, Call, Doc
from headwater.api.media import JSON
from headwater.api.openapi import document

_DEEPEST: Final = 6
_REF: Final = "#/components/schemas/"


class ShownField(msgspec.Struct, frozen=True):
    """A member of an object, or a parameter, as a line of the page."""

    name: str
    type: str
    required: bool
    description: str
    depth: int = 0


class ShownOperation(msgspec.Struct, frozen=True):
    """A method of a path, as a part of the page."""

    id: str
    method: str
    path: str
    summary: str
    description: str
    parameters: Sequence[ShownField]
    body: Sequence[ShownField]
    status: str
    answer: Sequence[ShownField]
    media: Sequence[str]
    errors: Sequence[tuple[str, str]]


class ShownTag(msgspec.Struct, frozen=True):
    """A noun: a chapter of the page."""

    name: str
    anchor: str
    operations: Sequence[ShownOperation]


def routes(nouns: Sequence[ApiRoute]) -> tuple[ApiRoute, ...]:
    """The routes that tell of these, and of themselves."""

    @cache
    def whole() -> dict[str, Any]:
        return document((*nouns, *own))

    @cache
    def as_json() -> bytes:
        return msgspec.json.encode(whole())

    @cache
    def as_page() -> tuple[str, str]:
        return _page(whole())

    async def openapi(call: Call) -> Response:  # noqa: ARG001 - a handler's form
        return Response(as_json(), media_type=JSON)

    async def reference(call: Call) -> Response:  # noqa: ARG001 - a handler's form
        page, policy = as_page()
        return HTMLResponse(page, headers={"Content-Security-Policy": policy} | _SAFE)

    own = (
        ApiRoute(
            "GET",
            "/api/openapi.json",
            Access.ANYONE,
            openapi,
            Doc("This API as an OpenAPI 3.1 document.", "Reference", answer=dict[str, Any]),
        ),
        ApiRoute(
            "GET",
            "/api/reference",
            Access.ANYONE,
            reference,
            Doc("This API as a page.", "Reference", media=("text/html; charset=utf-8",)),
        ),
    )
    return own


_SAFE: Final = {"Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff"}


def _page(whole: Mapping[str, Any]) -> tuple[str, str]:
    """The page, and the policy that lets it have its own style and script and nothing else."""
    environment = Environment(
        loader=PackageLoader("headwater.api"), autoescape=True, undefined=StrictUndefined
    )
    style, script = (
        (files("headwater.api") / "templates" / name).read_text("utf-8")
        for name in ("reference.css", "reference.js")
    )
    page = environment.get_template("reference.html").render(
        info=whole["info"], tags=list(shown(whole)), style=style, script=script
    )
    policy = (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return page, policy


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def shown(whole: Mapping[str, Any]) -> Iterator[ShownTag]:
    """The document by nouns, with everything in its place that it refers to."""
    schemas = whole["components"]["schemas"]
    for tag in whole["tags"]:
        yield ShownTag(
            tag["name"],
            re.sub(r"\W+", "-", tag["name"]).lower(),
            [
                _operation(method, path, operation, schemas)
                for path, methods in whole["paths"].items()
                for method, operation in methods.items()
                if operation["tags"] == [tag["name"]]
            ],
        )


def _operation(
    method: str, path: str, operation: Mapping[str, Any], schemas: Mapping[str, Any]
) -> ShownOperation:
    [(status, success)] = [each for each in operation["responses"].items() if each[0] < "400"]
    content = success["content"]
    body = operation.get("requestBody", {}).get("content", {}).get(JSON, {})
    return ShownOperation(
        id=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=operation["summary"],
        description=operation["description"],
        parameters=list(_parameters(operation["parameters"], schemas)),
        body=list(_fields(body.get("schema", {}), schemas)),
        status=f"{status} {HTTPStatus(int(status)).phrase}",
        answer=list(_fields(content.get(JSON, {}).get("schema", {}), schemas)),
        media=[name for name in content if not name.startswith("application/vnd.segment.")],
        errors=[(s, HTTPStatus(int(s)).phrase) for s in operation["responses"] if s >= "400"],
    )


def _parameters(
    given: Sequence[Mapping[str, Any]], schemas: Mapping[str, Any]
) -> Iterator[ShownField]:
    for each in given:
        schema = each.get("schema") or each["content"][JSON]["schema"]
        told = each.get("description") or ("in the path" if each["in"] == "path" else "")
        yield ShownField(each["name"], _type(schema, schemas), each["required"], told)
        yield from _fields(schema, schemas, depth=1)


def _fields(
    schema: Mapping[str, Any], schemas: Mapping[str, Any], *, depth: int = 0, inside: str = ""
) -> Iterator[ShownField]:
    """The members of an object or of a list's objects, each followed by its own."""
    name, inner = _object(schema, schemas)
    if depth > _DEEPEST or (name and name in inside.split()):
        return
    for member, kind in inner.get("properties", {}).items():
        required = member in inner.get("required", ())
        told = kind.get("description") or _object(kind, schemas)[1].get("description", "")
        yield ShownField(member, _type(kind, schemas), required, told, depth)
        yield from _fields(kind, schemas, depth=depth + 1, inside=f"{inside} {name}")


def _object(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """The object behind references, lists and nulls, and the name that it goes by."""
    if "$ref" in schema:
        name = schema["$ref"].removeprefix(_REF)
        return name, _object(schemas[name], schemas)[1]
    if "anyOf" in schema:
        some = [each for each in schema["anyOf"] if each.get("type") != "null"]
        return _object(some[0], schemas) if len(some) == 1 else ("", {})
    if schema.get("type") == "array" and isinstance(schema.get("items"), dict):
        return _object(schema["items"], schemas)
    return "", schema


def _type(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        return _type(schemas[schema["$ref"].removeprefix(_REF)], schemas)
    if "anyOf" in schema:
        return " or ".join(_type(each, schemas) for each in schema["anyOf"])
    if "enum" in schema:
        return " | ".join(str(each) for each in schema["enum"])
    if schema.get("type") == "array":
        items = schema.get("items")
        return f"list of {_type(items, schemas)}" if isinstance(items, dict) else "list"
    if schema.get("type") == "object" and isinstance(schema.get("additionalProperties"), dict):
        return f"map of {_type(schema['additionalProperties'], schemas)}"
    kind = schema.get("type", "anything")
    return str({"string": "text"}.get(kind, kind))
