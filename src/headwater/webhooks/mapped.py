"""Events of requests by a mapping, as of imported files: JSON, form and XML bodies."""

from collections.abc import Iterator
from functools import lru_cache
from io import BytesIO
from typing import Annotated, Any, Final
from urllib.parse import parse_qs
from xml.parsers import expat

import msgspec
from msgspec import Meta

from headwater.errors import HeadwaterError, MappingError
from headwater.imports import definition_file
from headwater.imports.model import (
    ColumnRule,
    EventRule,
    FileMapping,
    FileRules,
    Row,
    RowRejectedError,
    RowRule,
    RowSkippedError,
)
from headwater.imports.rows_to_events import MappedRows
from headwater.imports.xml_rows import XmlRows
from headwater.webhooks.presets.preset import Event, Incoming, UnreadableError, digest

LONGEST: Final = 50_000
MOST_ITEMS: Final = 10_000


class Items(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where in a body the things are that make events; by default it is one, or a list of them."""

    items: Annotated[str, Meta(max_length=500)] = ""
    """The path of a list in JSON (`data.orders`), or the name of the elements in XML."""


class Definition(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A mapping of requests: as of a file's rows, which are here the things in a body."""

    webhook: Items = Items()
    columns: dict[str, str | ColumnRule] = {}
    skip: tuple[RowRule, ...] = ()
    reject: tuple[RowRule, ...] = ()
    events: tuple[EventRule, ...] = ()


@lru_cache(maxsize=64)
def read(text: str) -> tuple[Definition, MappedRows]:
    """The mapping that a text (TOML) says. Raises MappingError, which names the member."""
    raw = definition_file.loaded(text, "mapping.toml", MappingError)
    try:
        definition = msgspec.convert(raw, Definition)
    except msgspec.ValidationError as problem:
        raise MappingError(
            f"The mapping cannot be used: {problem}.", hint="docs/webhooks.md lists its members."
        ) from None
    definition_file.require_apart(definition.events, MappingError)
    rules = FileMapping(
        FileRules(), definition.columns, definition.skip, definition.reject, definition.events
    )
    return definition, MappedRows(rules, None)


def events(request: Incoming, text: str) -> list[Event]:
    """The events of a request; those without a messageId of their own get one that is the same
    when the request is repeated. Raises UnreadableError, naming the item."""
    try:
        definition, mapped = read(text)
    except HeadwaterError as problem:
        raise UnreadableError(problem.message) from None
    around = {"$query": _form(request.query), "$headers": dict(request.headers)}
    same = digest(request.body + request.query.encode())
    made: list[Event] = []
    for number, item in enumerate(_items(request, definition.webhook.items), 1):
        row = Row(number, number, msgspec.json.encode({**around, **item}).decode(), ())
        try:
            for each in mapped.convert(row, None):
                made.append({"messageId": f"{same}-{len(made)}", **each.event})
        except RowSkippedError:
            continue
        except RowRejectedError as problem:
            raise UnreadableError(f"item {number} makes no event: {problem}") from None
    return made


def _items(request: Incoming, path: str) -> Iterator[dict[str, Any]]:
    kind = request.header("content-type").partition(";")[0].strip().lower()
    if kind == "application/x-www-form-urlencoded":
        yield _form(request.body.decode("utf-8", "replace"))
        return
    if kind.endswith(("/xml", "+xml")) or request.body.lstrip()[:1] == b"<":
        yield from _elements(request.body, path)
        return
    found = request.json()
    for name in path.split(".") if path else ():
        if not isinstance(found, dict) or name not in found:
            raise UnreadableError(f"the body has no {path}")
        found = found[name]
    items = found if isinstance(found, list) else [found]
    if len(items) > MOST_ITEMS:
        raise UnreadableError(f"the body has more than {MOST_ITEMS:,} items")
    for number, item in enumerate(items, 1):
        if not isinstance(item, dict):
            raise UnreadableError(f"item {number} is no JSON object")
        yield item


def _form(text: str) -> dict[str, Any]:
    """Fields; one that repeats is a list."""
    try:
        fields = parse_qs(text, keep_blank_values=True, max_num_fields=1_000)
    except ValueError as error:
        raise UnreadableError(f"the body is no form: {error}") from None
    return {name: values[0] if len(values) == 1 else values for name, values in fields.items()}


def _elements(body: bytes, name: str) -> Iterator[dict[str, Any]]:
    try:
        for number, row in enumerate(XmlRows(BytesIO(body).read, name or _outermost(body)), 1):
            if number > MOST_ITEMS:
                raise UnreadableError(f"the body has more than {MOST_ITEMS:,} items")
            item = msgspec.json.decode(row.raw)
            yield item if isinstance(item, dict) else {"#text": item}
    except HeadwaterError as problem:
        raise UnreadableError(f"the body is no XML: {problem.message}") from None


def _outermost(body: bytes) -> str:
    """The name of a document's element that holds all others."""
    parser, names = expat.ParserCreate(), list[str]()

    def begin(name: str, _: dict[str, str]) -> None:
        names.append(name)
        parser.StartElementHandler = None

    parser.StartElementHandler = begin
    try:
        parser.Parse(body[:65_536], False)
    except expat.ExpatError as error:
        if not names:
            raise UnreadableError(f"the body is no XML: {expat.ErrorString(error.code)}") from None
    return names[0] if names else ""
