"""Texts in other formats as JSON values, and back: CSV, XML, query strings, JSON itself."""

import csv
import io
import re
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode
from xml.etree.ElementTree import Element, ParseError, SubElement, tostring

import msgspec
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

DEEPEST: Final = 30
LONGEST: Final = 100_000
MOST_MEMBERS: Final = 10_000
_NAME: Final = re.compile(r"[A-Za-z_][\w.-]*")
_NOT_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class FormatError(Exception):
    """A text that is not of its format, or a value that the format cannot say."""


def read_csv(text: str) -> list[Any]:
    """One line is a list of texts; several are objects, by the names in the first."""
    try:
        rows = [row for row in csv.reader(io.StringIO(text, newline=""), strict=True) if row]
    except csv.Error as error:
        raise FormatError(str(error)) from None
    if len(rows) < 2:
        return list(rows[0]) if rows else []
    names = rows[0]
    if len(set(names)) < len(names) or any(len(row) != len(names) for row in rows):
        raise FormatError("rows differ in length, or names repeat")
    return [dict(zip(names, row, strict=True)) for row in rows[1:]]


def write_csv(value: Any) -> str:
    """A list of scalars as one line, a list of objects as lines under their names."""
    if type(value) is not list or not value:
        raise FormatError("not a list")
    if all(type(each) is dict for each in value):
        names = list(dict.fromkeys(name for each in value for name in each))
        rows = [names, *([each.get(name) for name in names] for each in value)]
    else:
        rows = [value]
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([[_cell(each) for each in row] for row in rows])
    return out.getvalue().removesuffix("\n")


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return value if type(value) is str else msgspec.json.encode(value).decode()


def read_query(text: str) -> dict[str, Any]:
    """The parameters of a query string, with or without a `?`; one that repeats is a list."""
    try:
        pairs = parse_qsl(
            text.rpartition("?")[2], keep_blank_values=True, max_num_fields=MOST_MEMBERS
        )
    except ValueError as error:
        raise FormatError(str(error)) from None
    found: dict[str, Any] = {}
    for name, value in pairs:
        _add(found, name, value)
    return found


def write_query(value: Any) -> str:
    if type(value) is not dict:
        raise FormatError("not an object")
    pairs = [
        (name, _cell(each))
        for name, held in value.items()
        for each in (held if type(held) is list else [held])
    ]
    return urlencode(pairs)


def read_json(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        raise FormatError(str(error)) from None


def write_json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def read_xml(text: str) -> dict[str, Any]:
    """`{"root": …}`: attributes under `@name`, text beside them under `#text`, elements of one
    name as a list. No entities, no document type."""
    try:
        root = fromstring(text, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise FormatError(str(error)) from None
    return {root.tag: _of_element(root, 1)}


def _of_element(element: Any, depth: int) -> Any:
    if depth > DEEPEST:
        raise FormatError(f"more than {DEEPEST} elements in each other")
    text = (element.text or "").strip()
    found: dict[str, Any] = {f"@{name}": value for name, value in element.attrib.items()}
    for child in element:
        _add(found, child.tag, _of_element(child, depth + 1))
    if not found:
        return text
    return {**found, "#text": text} if text else found


def _add(found: dict[str, Any], name: str, value: Any) -> None:
    if name not in found:
        found[name] = value
    elif type(found[name]) is list:
        found[name].append(value)
    else:
        found[name] = [found[name], value]


def write_xml(value: Any) -> str:
    """What `read_xml` reads; another object is put into an element `root`."""
    is_rooted = type(value) is dict and len(value) == 1 and type(next(iter(value.values()))) is dict
    name, inner = next(iter(value.items())) if is_rooted else ("root", value)
    element = Element(_tag(name))
    _fill(element, inner, 1)
    return tostring(element, encoding="unicode")


def _fill(element: Element, value: Any, depth: int) -> None:
    if depth > DEEPEST:
        raise FormatError(f"more than {DEEPEST} objects in each other")
    if type(value) is list:
        value = {"item": value}
    if type(value) is not dict:
        element.text = _clean(_cell(value))
        return
    for name, held in value.items():
        if name == "#text":
            element.text = _clean(_cell(held))
        elif name.startswith("@"):
            element.set(_tag(name[1:]), _clean(_cell(held)))
        else:
            for each in held if type(held) is list else [held]:
                _fill(SubElement(element, _tag(name)), each, depth + 1)


def _tag(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise FormatError(f"{name[:60]!r} is no name of an element")
    return name


def _clean(text: str) -> str:
    return _NOT_XML.sub("", text)


def is_shallow(value: Any, depth: int = 0) -> bool:
    """Whether a value that was read is no deeper than an event's may be."""
    if depth > DEEPEST:
        return False
    inner = value.values() if type(value) is dict else value if type(value) is list else ()
    return all(is_shallow(each, depth + 1) for each in inner)


READERS: Final[Mapping[str, Callable[[str], Any]]] = {
    "csv": read_csv,
    "xml": read_xml,
    "query": read_query,
    "json": read_json,
}
WRITERS: Final[Mapping[str, Callable[[Any], str]]] = {
    "csv": write_csv,
    "xml": write_xml,
    "query": write_query,
    "json": write_json,
}
