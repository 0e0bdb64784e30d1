"""`headwater analyse`: ask an analysis."""

import sys
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import msgspec
from cyclopts import Parameter

from headwater.cli.connection import call
from headwater.cli.options import ClientOptions, settings_of
from headwater.cli.printing import print_json
from headwater.cli.private_server import server
from headwater.errors import BadRequestError

_PATH: Final = "/api/analyses"


def analyse(
    kind: Annotated[
        str | None, Parameter(help="The kind of analysis; without it the kinds are listed.")
    ] = None,
    /,
    *said: Annotated[
        str, Parameter(help="What is asked: `event=page`, `period.days=30`; JSON or text.")
    ],
    request: Annotated[
        str | None, Parameter(help="A file with the request as JSON; `-` is standard input.")
    ] = None,
    format: Annotated[  # noqa: A002
        Literal["table", "json"], Parameter(help="For reading, or all of the answer.")
    ] = "table",
    options: ClientOptions | None = None,
) -> None:
    """Ask an analysis of a running server, or of a data folder at rest."""
    body = _request(request)
    for each in said:
        _put(body, each)
    with server(settings_of(options)) as connection:
        if kind is None:
            for found in call(connection, "GET", _PATH)["analyses"]:
                print(f"{found['name']:<14} {found['summary']}")
            return
        answered = call(connection, "POST", f"{_PATH}/{kind}", body)["answer"]
    if format == "json":
        print_json(answered)
        return
    for line in lines_of(answered):
        print(line)


def _request(given: str | None) -> dict[str, Any]:
    if given is None:
        return {}
    try:
        text = sys.stdin.read() if given == "-" else Path(given).read_text("utf-8")
        return msgspec.json.decode(text, type=dict[str, Any])
    except OSError as error:
        raise BadRequestError(f"{given} cannot be read: {error.strerror}.") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadRequestError(f"{given} is no JSON object: {error}.") from error


def _put(body: dict[str, Any], said: str) -> None:
    """Put `a.b=value` into the body. Raises BadRequestError where it is not of this form."""
    path, equals, text = said.partition("=")
    *parents, name = path.split(".")
    if not equals or not all((*parents, name)):
        raise BadRequestError(
            f"{said[:100]!r} says nothing.", hint="Write it as name=value, such as period.days=30."
        )
    for parent in parents:
        body = body.setdefault(parent, {})
        if not isinstance(body, dict):
            raise BadRequestError(f"{path}: {parent} is a value already.")
    try:
        body[name] = msgspec.json.decode(text)
    except msgspec.DecodeError:
        body[name] = text


def lines_of(answer: dict[str, Any]) -> list[str]:
    """An answer for reading: its values, then its lists of objects as tables."""
    values = {path: each for path, each in _flat(answer).items() if not isinstance(each, list)}
    width = max(map(len, values), default=0)
    lines = [f"{path:<{width}}  {_cell(each)}" for path, each in values.items()]
    for path, each in _flat(answer).items():
        if isinstance(each, list) and each and all(isinstance(row, dict) for row in each):
            lines += ["", path, *_table(each)]
    return lines


def _flat(value: dict[str, Any], before: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, each in value.items():
        path = f"{before}{name}"
        if isinstance(each, dict) and isinstance(each.get("low"), int | float):
            found[path] = f"{_cell(each['low'])} to {_cell(each['high'])}"
        else:
            found |= _flat(each, f"{path}.") if isinstance(each, dict) else {path: each}
    return found


def _table(rows: list[dict[str, Any]]) -> list[str]:
    from rich.cells import cell_len

    flat = [_flat(row) for row in rows]
    names = [
        name
        for name in dict.fromkeys(name for row in flat for name in row)
        if not any(isinstance(row.get(name), list) and row[name] for row in flat)
        and any(row.get(name) not in (None, []) for row in flat)
    ]
    lines = [names, *([_cell(row.get(name)) for name in names] for row in flat)]
    widths = [max(map(cell_len, column)) for column in zip(*lines, strict=True)]
    return [
        "  ".join(
            cell + " " * (width - cell_len(cell)) for cell, width in zip(line, widths, strict=True)
        ).rstrip()
        for line in lines
    ]


def _cell(value: Any) -> str:
    if value is None or value == []:
        return ""
    if isinstance(value, float):
        return f"{value:.4g}" if abs(value) < 1e6 else f"{value:,.0f}"
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return "".join(each if each.isprintable() else "?" for each in text)
