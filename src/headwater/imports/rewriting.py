"""A file becomes one of another format: read twice, first to learn its columns."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from headwater.errors import ImportFileError
from headwater.imports.formats import FORMATS
from headwater.imports.formats.format import Column, Record
from headwater.imports.model import FileRules, Row
from headwater.imports.opening import format_of

MOST_COLUMNS: Final = 10_000
_LARGEST: Final = 2**63
_KINDS: Final[dict[type, str]] = {bool: "boolean", int: "integer", float: "number", str: "text"}
_Reject = Callable[[Row, str], None]


class Rewritten(msgspec.Struct, frozen=True):
    """How many rows were written, and how many could not be read."""

    rows: int
    rejected: int
    columns: int


def rewrite(source: Path, target: Path, rules: FileRules, to: str, reject: _Reject) -> Rewritten:
    """Write the rows of a file as another: `to` names the format, or the target's name does.

    Values keep their types where the target has them; those of CSV are texts. Raises
    ImportFileError for what cannot be read or written.
    """
    kind = FORMATS[format_of(target, to)]
    columns = _columns(source, rules)
    written = rejected = 0
    with kind.create(target, columns) as writer:
        for row, record in records(source, rules):
            if isinstance(record, str):
                rejected += 1
                reject(row, record)
            else:
                written += 1
                writer.add(record)
    return Rewritten(written, rejected, len(columns))


def _columns(source: Path, rules: FileRules) -> list[Column]:
    """The columns in the order in which they are first seen, and what all of their values are."""
    kinds: dict[str, str] = {}
    for _, record in records(source, rules):
        if isinstance(record, str):
            continue
        for name, value in record.items():
            known = kinds.setdefault(name, "")
            if value is not None and known != "json":
                kinds[name] = _joined(known, value)
        if len(kinds) > MOST_COLUMNS:
            raise ImportFileError(f"{source.name} has more than {MOST_COLUMNS:,} columns.")
    return [Column(name, kind or "text") for name, kind in kinds.items()]


def _joined(known: str, value: Any) -> str:
    kind = _KINDS.get(type(value), "json")
    if kind == "integer" and not -_LARGEST <= value < _LARGEST:
        kind = "json"
    if known in ("", kind):
        return kind
    return "number" if {known, kind} == {"integer", "number"} else "json"


def records(source: Path, rules: FileRules) -> Iterator[tuple[Row, Record | str]]:
    """Each row as an object, or why it cannot be read."""
    kind = FORMATS[format_of(source, rules.format, rules.member)]
    decode = msgspec.json.Decoder(dict[str, Any]).decode
    with kind.open(source, rules) as rows:
        for row in rows:
            if row.problem:
                yield row, row.problem
            elif rows.header is not None:
                yield row, {n: _decoded(v) for n, v in zip(rows.header, row.fields, strict=True)}
            else:
                try:
                    yield row, decode(row.raw)
                except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
                    yield row, f"this is no JSON object: {error}"


def _decoded(text: str) -> str:
    """A text with what was not of the encoding shown as such."""
    return (
        text
        if text.isascii()
        else text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    )
