"""`headwater warehouse`: what the warehouse makes of events."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import msgspec
from cyclopts import App, Parameter

from headwater.errors import ImportFileError
from headwater.kit.clock import SystemClock
from headwater.loading.preview import Preview

app = App(name="warehouse", help="Show what the warehouse makes of events.")


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
