"""`headwater query`: ask the warehouse in SQL."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Annotated, Any, Literal

import msgspec
from cyclopts import Parameter

from headwater.cli.answers import Asking, ask
from headwater.cli.options import ClientOptions, settings_of
from headwater.errors import BadRequestError
from headwater.queries.model import Column, Format
from headwater.queries.parameters import Value

Choice = Literal["table", "json", "csv", "parquet", "arrow", "xlsx"]


class _Rows(msgspec.Struct, frozen=True):
    """The JSON answer, as far as a table needs it."""

    columns: list[Column]
    data: list[dict[str, Any]]
    total: int


def query(
    sql: Annotated[
        str | None, Parameter(help="One SELECT; else it is read from --file or standard input.")
    ] = None,
    /,
    *,
    format: Annotated[  # noqa: A002
        Choice, Parameter(help="How the rows are written.", show_default=True)
    ] = "table",
    output: Annotated[Path | None, Parameter(help="Where to; else standard output.")] = None,
    file: Annotated[Path | None, Parameter(help="A file with the SQL.")] = None,
    max_rows: Annotated[
        int | None, Parameter(help="Fewer rows than the setting query_max_rows allows.")
    ] = None,
    timeout_seconds: Annotated[
        float | None, Parameter(help="Less time than query_timeout_seconds allows.")
    ] = None,
    parameter: Annotated[
        list[str] | None,
        Parameter(help="A value of a {{name}} in the SQL, as name=value; may be repeated."),
    ] = None,
    options: ClientOptions | None = None,
) -> None:
    """Ask the warehouse of a running server, or of a data folder at rest, in SQL."""
    settings = settings_of(options)
    text = _sql(sql, file)
    wanted = Format.JSON if format == "table" else Format(format)
    _refuse_binary_on_terminal(wanted, output)
    asked = Asking(text, wanted, max_rows, timeout_seconds, _parameters(parameter or []))
    with ask(settings, asked) as answered:
        if format == "table":
            _show(msgspec.json.decode(b"".join(answered.pieces), type=_Rows), output)
        else:
            with _opened(output) as out:
                out.writelines(answered.pieces)
                if wanted is Format.JSON:
                    out.write(b"\n")
    if answered.truncated:
        print(
            "There are more rows than these. Narrow the question, or raise query_max_rows.",
            file=sys.stderr,
        )


def _sql(given: str | None, file: Path | None) -> str:
    if given is not None and file is not None:
        raise BadRequestError("There is SQL, and --file too.", hint="Give one of them.")
    if given is not None and given != "-":
        return given
    if file is not None:
        try:
            return file.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise BadRequestError(f"{file} cannot be read: {error}.") from error
    if given is None and sys.stdin.isatty():
        raise BadRequestError(
            "There is no SQL.", hint='headwater query "SELECT count(*) FROM tracks"'
        )
    return sys.stdin.read()


def _parameters(given: list[str]) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for each in given:
        name, equals, value = each.partition("=")
        if not equals or not name.strip():
            raise BadRequestError(
                f"--parameter {each!r} is not name=value.", hint="--parameter least=10"
            )
        found[name.strip()] = value
    return found


def _refuse_binary_on_terminal(wanted: Format, output: Path | None) -> None:
    binary = wanted in (Format.PARQUET, Format.ARROW, Format.XLSX)
    if binary and output is None and sys.stdout.isatty():
        raise BadRequestError(
            f"{wanted.value} is not for a terminal.", hint="Give --output FILE, or redirect it."
        )


@contextmanager
def _opened(output: Path | None) -> Iterator[IO[bytes]]:
    if output is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    try:
        with output.open("wb") as out:
            yield out
    except OSError as error:
        raise BadRequestError(f"{output} cannot be written: {error.strerror}.") from error


def _show(rows: _Rows, output: Path | None) -> None:
    from rich.console import Console

    with _opened(output) as out:
        if output is None and sys.stdout.isatty():
            Console().print(_table(rows))
        else:
            out.write("".join(f"{line}\n" for line in _plain(rows)).encode())


def _table(rows: _Rows) -> Any:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.ROUNDED, header_style="bold", caption=_caption(rows))
    for column in rows.columns:
        justify: Literal["left", "right"] = "right" if _is_number(column.type) else "left"
        table.add_column(Text(column.name), justify=justify, overflow="fold")
    for row in rows.data:
        table.add_row(*[Text(_cell(value)) for value in row.values()])
    return table


def _caption(rows: _Rows) -> str:
    return "1 row" if rows.total == 1 else f"{rows.total:,} rows"


def _plain(rows: _Rows) -> Iterator[str]:
    """The rows as aligned text, for pipes and files."""
    from rich.cells import cell_len

    lines = [[column.name for column in rows.columns]]
    lines += [[_cell(value) for value in row.values()] for row in rows.data]
    widths = [max(map(cell_len, column)) for column in zip(*lines, strict=True)]
    right = [_is_number(column.type) for column in rows.columns]
    for line in lines:
        cells = []
        for cell, width, to_right in zip(line, widths, right, strict=True):
            space = " " * (width - cell_len(cell))
            cells.append(space + cell if to_right else cell + space)
        yield "  ".join(cells).rstrip()


def _is_number(kind: str) -> bool:
    return kind.endswith("INT") or kind.startswith(("DOUBLE", "FLOAT", "DECIMAL", "INTEGER"))


def _cell(value: object) -> str:
    """A value on one line, with nothing in it that a terminal would obey."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return "".join(c if c.isprintable() else _escaped(c) for c in text)


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
