"""Kinds that lead from one format to another: parse, write."""

from typing import Any, Final, Literal

import msgspec

from headwater.transformations.formats import LONGEST, READERS, WRITERS, FormatError, is_shallow
from headwater.transformations.kinds.kind import Kind
from headwater.transformations.model import Paths, Secrets
from headwater.transformations.places import Act, on_places


class Converted(msgspec.Struct, forbid_unknown_fields=True):
    paths: Paths
    format: Literal["csv", "xml", "query", "json"]


def _parse(settings: Converted, _: Secrets) -> Act:
    read = READERS[settings.format]

    def change(value: Any) -> Any:
        if type(value) is not str or len(value) > LONGEST:
            return value
        try:
            found = read(value)
        except FormatError:
            return value
        return found if is_shallow(found) else value

    return on_places(settings.paths, change)


def _write(settings: Converted, _: Secrets) -> Act:
    write = WRITERS[settings.format]

    def change(value: Any) -> Any:
        if type(value) not in (dict, list):
            return value
        try:
            return write(value)
        except FormatError:
            return value

    return on_places(settings.paths, change)


KINDS: Final = (
    Kind(
        "parse",
        "Make JSON of a text in `csv`, `xml`, `query` (a query string) or `json`; a text "
        "that is not of the format stays.",
        Converted,
        _parse,
        {"paths": ["properties.items"], "format": "csv"},
    ),
    Kind(
        "write",
        "Make a text in `csv`, `xml`, `query` or `json` of a list or an object.",
        Converted,
        _write,
        {"paths": ["properties.params"], "format": "query"},
    ),
)
