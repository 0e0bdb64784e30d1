"""`headwater warehouse`: what the warehouse holds, what misfits, and what it makes of events."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from cyclopts import App, Parameter

from headwater.cli.connection import call, require
from headwater.cli.options import ClientOptions, settings_of
from headwater.errors import ImportFileError
from headwater.kit.clock import SystemClock
from headwater.loading.preview import Preview

app = App(name="warehouse", help="Show what the warehouse holds, and repair its columns.")

Type = Literal["text", "integer", "float", "boolean", "time"]
Shown = Literal["table", "json"]


@app.command
def preview(
    file: Annotated[
        Path | None, Parameter(help="A file of events, one JSON object a line; else stdin.")
    ] = None,
    /,
    *,
    together: Annotated[
        bool,
        Parameter(help="Let each event meet the columns that those before it made.", negative=""),
    ] = False,
) -> None:
    """Print the rows that each event would become, as one JSON object a line.

    `{"tables": {table: {column: value}}}`, or `{"error": why}` where an event cannot be rows;
    `conflicts` beside `tables` lists values that no column took.
    """
    show, now = Preview(together=together).show, SystemClock().now()
    for line in _lines(file):
        if line.strip():
            sys.stdout.buffer.write(msgspec.json.encode(show(line, now=now)) + b"\n")
            sys.stdout.buffer.flush()


@app.command
def tables(
    *,
    format: Annotated[Shown, Parameter(help="Aligned text, or JSON.")] = "table",  # noqa: A002
    every: Annotated[bool, Parameter(help="Those without rows too.", negative="")] = False,
    options: ClientOptions | None = None,
) -> None:
    """Print the tables of a running server's warehouse, with their rows and newest row."""
    found = _contents(options)["tables"]
    shown = [each for each in found if every or each["rows"]]
    if format == "json":
        _print(shown)
        return
    _print_aligned(
        [
            (_path(each["schema"], each["name"]), str(each["rows"]), each["newest"] or "")
            for each in shown
        ]
    )


@app.command
def conflicts(
    *,
    format: Annotated[Shown, Parameter(help="Aligned text, or JSON.")] = "table",  # noqa: A002
    options: ClientOptions | None = None,
) -> None:
    """Print the values that no column took, by column, with the type that would take them."""
    found = _contents(options)["conflicts"]
    if format == "json":
        _print(found)
        return
    _print_aligned(
        [
            (
                f"{each['schema']}.{each['table']}",
                each["column"],
                each["reason"],
                str(each["events"]),
                f"repair to {each['suggestion']}" if each["suggestion"] else "",
            )
            for each in found
        ]
    )


@app.command
def repair(
    table: Annotated[str, Parameter(help="The table, as schema.table.")],
    column: Annotated[str, Parameter(help="The column.")],
    type: Annotated[Type, Parameter(help="The type that it is to have.")] = "text",  # noqa: A002
    /,
    *,
    options: ClientOptions | None = None,
) -> None:
    """Give a column another type and fill it again from the events; print what was done as JSON."""
    body = {"table": table, "column": column, "type": type}
    connection = require(settings_of(options))
    _print(call(connection, "POST", "/api/warehouse/repair", body)["repaired"])


def _contents(options: ClientOptions | None) -> dict[str, Any]:
    connection = require(settings_of(options))
    found: dict[str, Any] = call(connection, "GET", "/api/warehouse/contents")["contents"]
    return found


def _path(schema: str, name: str) -> str:
    return name if schema == "main" else f"{schema}.{name}"


def _print(value: object) -> None:
    text = msgspec.json.format(msgspec.json.encode(value), indent=2)
    sys.stdout.write(f"{text.decode()}\n")


def _print_aligned(rows: list[tuple[str, ...]]) -> None:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        sys.stdout.write("  ".join(cells).rstrip() + "\n")


def _lines(file: Path | None) -> Iterator[bytes]:
    if file is None or str(file) == "-":
        yield from sys.stdin.buffer
        return
    try:
        with file.open("rb") as lines:
            yield from lines
    except OSError as error:
        raise ImportFileError(
            f"{file} cannot be read: {error.strerror}.",
            hint="Name a file of events, one JSON object a line, or give them on stdin.",
        ) from error
