"""`headwater export`: every stored event, one JSON object a line."""

import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from headwater.cli.answers import export
from headwater.cli.options import ClientOptions, settings_of
from headwater.errors import BadRequestError

app = App(name="export", help="Write stored events, one JSON object a line.")


@app.command
def events(
    *,
    since: Annotated[
        str | None, Parameter(help="From this time of arrival on, such as 2026-11-23.")
    ] = None,
    until: Annotated[str | None, Parameter(help="Until before this time of arrival.")] = None,
    source: Annotated[
        str | None, Parameter(help="Of this source alone: its name, id or slug.")
    ] = None,
    output: Annotated[Path | None, Parameter(help="Where to; else standard output.")] = None,
    options: ClientOptions | None = None,
) -> None:
    """Write the events in Segment's common shape, the oldest first.

    Of a running server, or of a data folder at rest.
    """
    given = {"since": since, "until": until, "source": source}
    wanted = {name: value for name, value in given.items() if value}
    try:
        out = nullcontext(sys.stdout.buffer) if output is None else output.open("wb")
    except OSError as error:
        raise BadRequestError(f"{output} cannot be written: {error.strerror}.") from error
    with export(settings_of(options), wanted) as answered, out as file:
        file.writelines(answered.pieces)
        file.flush()
