"""Reads a mapping file: TOML, or JSON of the same shape."""

import tomllib
from pathlib import Path
from typing import Any

import msgspec

from headwater.errors import MappingError
from headwater.imports.model import FileMapping


def read_mapping(path: Path) -> FileMapping:
    """The mapping of a file. Raises MappingError, which names the member that is wrong."""
    try:
        written = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise MappingError(f"The mapping {path} cannot be read: {error}.") from None
    return parse_mapping(written, path.name)


def parse_mapping(written: str, name: str) -> FileMapping:
    """The mapping in a text: JSON where the name ends in .json, TOML otherwise.

    Raises MappingError, which names the member that is wrong.
    """
    try:
        raw: Any = (
            msgspec.json.decode(written) if name.endswith(".json") else tomllib.loads(written)
        )
    except (msgspec.DecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise MappingError(f"The mapping {name} cannot be read: {error}.") from None
    try:
        return msgspec.convert(raw, FileMapping)
    except msgspec.ValidationError as error:
        raise MappingError(
            f"The mapping {name} cannot be used: {error}.",
            hint="docs/import.md lists the members of a mapping.",
        ) from None
