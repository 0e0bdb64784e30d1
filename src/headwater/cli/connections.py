"""`headwater connection`: what the server reads elsewhere by itself, and how it gets on."""

import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from cyclopts import App, Parameter
from rich.console import Console
from rich.table import Table

from headwater.cli.connection import Connection, call, require
from headwater.cli.options import ClientOptions, settings_of
from headwater.cli.printing import print_json
from headwater.cli.source_of import source_id, source_named
from headwater.errors import BadRequestError, NotFoundError
from headwater.workspaces.model import SourceType

app = App(
    name="connection",
    help="Let the server read databases, applications, streams and files by itself.",
)

_PATH: Final = "/api/connections"
_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_POLL_SECONDS: Final = 0.3
Named = Annotated[str, Parameter(help="The connection's name or id.")]
Json = Annotated[bool, Parameter(help="As JSON, for programs.", negative="")]
Every = Annotated[str, Parameter(help="Run so often: 30s, 10m, 2h, 1d.")]
Cron = Annotated[str, Parameter(help="Run by this cron expression, as in '0 6 * * 1-5'.")]
Zone = Annotated[str, Parameter(help="The time zone of the cron expression.")]
Secret = Annotated[
    list[str] | None,
    Parameter(
        help="NAME, whose value is taken from the environment, or NAME=VALUE; several times.",
        negative="",
    ),
]
Wait = Annotated[bool, Parameter(help="Wait until the run has ended.", negative="")]


@app.command
def create(
    file: Annotated[
        Path, Parameter(help="What is read: a file of `headwater pull`, `consume` or `watch`.")
    ],
    *,
    source: Annotated[
        str, Parameter(help="The source's name, id or slug; made where there is none.")
    ],
    name: Annotated[str, Parameter(help="[default: the file's name]")] = "",
    every: Every = "",
    cron: Cron = "",
    zone: Zone = "UTC",
    secret: Secret = None,
    wait: Wait = False,
    options: ClientOptions | None = None,
) -> None:
    """Connect a source. The first run begins at once. Prints JSON."""
    server = require(settings_of(options))
    target = source_named(server, source, SourceType.DATABASE.value)
    body = {
        "name": name or file.stem,
        **_definition(file),
        "secrets": _secrets(secret or ()),
        "schedule": _schedule(every, cron, zone),
    }
    made = call(server, "POST", f"/api/sources/{target.id}/connections", body)["connection"]
    print_json(_waited(server, made, 0) if wait else made)


@app.command
def update(
    connection: Named,
    /,
    *,
    file: Annotated[Path | None, Parameter(help="What is read from now on.")] = None,
    name: Annotated[str, Parameter(help="What it is called from now on.")] = "",
    every: Every = "",
    cron: Cron = "",
    zone: Zone = "UTC",
    secret: Secret = None,
    options: ClientOptions | None = None,
) -> None:
    """Change what is given. NAME= takes a secret away. Prints JSON."""
    server = require(settings_of(options))
    body: dict[str, Any] = {} if file is None else dict(_definition(file))
    if name:
        body["name"] = name
    if every or cron:
        body["schedule"] = _schedule(every, cron, zone)
    if secret:
        body["secrets"] = _secrets(secret)
    print_json(call(server, "PATCH", _path(server, connection), body)["connection"])


@app.command(name="list")
def list_(
    *,
    source: Annotated[str, Parameter(help="Of this source alone.")] = "",
    json: Json = False,
    options: ClientOptions | None = None,
) -> None:
    """List the connections and how they get on."""
    server = require(settings_of(options))
    found = _all(server, source_id(server, source) if source else "")
    if json:
        print_json(found)
        return
    table = Table("Name", "Kind", "State", "Last success", "Next run", "Events", "Id", box=None)
    for each in found:
        last = each["lastRun"] or {}
        table.add_row(
            *(each["name"], each["kind"], _state(each), each["lastSuccessAt"] or "never"),
            *(each["nextRunAt"] or "-", f"{last.get('events', 0):,}", each["id"]),
        )
    Console(soft_wrap=True).print(table if found else "Nothing is connected.")


@app.command
def show(connection: Named, /, *, options: ClientOptions | None = None) -> None:
    """Print a connection, as JSON."""
    server = require(settings_of(options))
    print_json(call(server, "GET", _path(server, connection))["connection"])


@app.command(name="test")
def reach(connection: Named, /, *, options: ClientOptions | None = None) -> None:
    """Say whether what it reads can be reached."""
    server = require(settings_of(options))
    found = call(server, "POST", f"{_path(server, connection)}/test")
    print(f"It can be read: {found['events']} events in {found['milliseconds']:,} ms.")


@app.command
def preview(connection: Named, /, *, options: ClientOptions | None = None) -> None:
    """Print the events of the first rows, as JSON. Nothing is sent."""
    server = require(settings_of(options))
    print_json(call(server, "POST", f"{_path(server, connection)}/preview")["events"])


@app.command
def run(connection: Named, /, *, wait: Wait = False, options: ClientOptions | None = None) -> None:
    """Run it now. Prints JSON."""
    _run(connection, {}, wait, options)


@app.command
def backfill(
    connection: Named,
    /,
    *,
    what: Annotated[
        Literal["missing", "all"],
        Parameter(help="missing: what was never seen or has changed. all: everything."),
    ] = "missing",
    wait: Wait = False,
    options: ClientOptions | None = None,
) -> None:
    """Read again from the start. Prints JSON."""
    _run(connection, {"backfill": what}, wait, options)


@app.command
def pause(connection: Named, /, *, options: ClientOptions | None = None) -> None:
    """Let it not run until it is resumed. Prints JSON."""
    _moved(connection, "pause", options)


@app.command
def resume(connection: Named, /, *, options: ClientOptions | None = None) -> None:
    """Let it run by its schedule again. Prints JSON."""
    _moved(connection, "resume", options)


@app.command
def runs(connection: Named, /, *, json: Json = False, options: ClientOptions | None = None) -> None:
    """List its runs, the newest first."""
    server = require(settings_of(options))
    found = call(server, "GET", f"{_path(server, connection)}/runs?pagination.count=50")["runs"]
    if json:
        print_json(found)
        return
    table = Table("Began", "Outcome", "Rows", "Events", "Rejected", "Problem", box=None)
    for each in found:
        table.add_row(
            *(each["startedAt"], each["outcome"], f"{each['rows']:,}", f"{each['events']:,}"),
            *(f"{each['rejected']:,}", each["problem"]),
        )
    Console(soft_wrap=True).print(table if found else "It has not run yet.")


@app.command
def notices(
    connection: Named,
    /,
    *,
    acknowledge: Annotated[
        bool, Parameter(help="Note that they have been seen.", negative="")
    ] = False,
    options: ClientOptions | None = None,
) -> None:
    """Print how what it reads has changed its shape."""
    server = require(settings_of(options))
    path = f"{_path(server, connection)}/notices"
    for each in call(server, "GET", f"{path}?pagination.count=200")["notices"]:
        types = " to ".join("/".join(each[side]) for side in ("before", "after") if each[side])
        seen = "  (seen)" if each["acknowledgedAt"] else ""
        print(f"{each['at']}  {each['member']} {each['drift']}: {types}{seen}")
    if acknowledge:
        call(server, "POST", f"{path}/acknowledge")


@app.command
def remove(connection: Named, /, *, options: ClientOptions | None = None) -> None:
    """Read nothing by it any more. Events that it brought stay."""
    server = require(settings_of(options))
    call(server, "DELETE", _path(server, connection))


def _run(connection: str, body: dict[str, str], wait: bool, options: ClientOptions | None) -> None:
    server = require(settings_of(options))
    path = _path(server, connection)
    before = _ended(server, path)
    moved = call(server, "POST", f"{path}/run", body)["connection"]
    print_json(_waited(server, moved, before) if wait else moved)


def _moved(connection: str, what: str, options: ClientOptions | None) -> None:
    server = require(settings_of(options))
    print_json(call(server, "POST", f"{_path(server, connection)}/{what}")["connection"])


def _waited(server: Connection, connection: dict[str, Any], before: int) -> dict[str, Any]:
    path = f"{_PATH}/{connection['id']}"
    while _ended(server, path) <= before:
        time.sleep(_POLL_SECONDS)
    found: dict[str, Any] = call(server, "GET", path)["connection"]
    return found


def _ended(server: Connection, path: str) -> int:
    runs = call(server, "GET", f"{path}/runs?pagination.count=1000")["runs"]
    return sum(each["outcome"] != "running" for each in runs)


def _all(server: Connection, of_source: str) -> Sequence[Any]:
    path = f"/api/sources/{of_source}/connections" if of_source else _PATH
    found: Sequence[Any] = call(server, "GET", f"{path}?pagination.count=1000")["connections"]
    return found


def _path(server: Connection, named: str) -> str:
    """The path of the connection with this id or name. Raises NotFoundError."""
    for each in _all(server, ""):
        if named in (each["id"], each["name"]):
            return f"{_PATH}/{each['id']}"
    raise NotFoundError(
        f"There is no connection {named!r}.", hint="See `headwater connection list`."
    )


def _definition(file: Path) -> dict[str, str]:
    try:
        text = file.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadRequestError(f"{file} cannot be read: {error}.") from None
    is_yaml = file.suffix.lower() in (".yaml", ".yml")
    return {"definition": text, "form": "yaml" if is_yaml else "toml"}


def _schedule(every: str, cron: str, zone: str) -> dict[str, Any]:
    if not every:
        return {"cron": cron, "zone": zone}
    unit = _UNITS.get(every[-1:])
    if unit is None or not every[:-1].isdecimal():
        raise BadRequestError(
            f"--every: {every!r} is no time.", hint="Write it as 30s, 10m, 2h, 1d."
        )
    return {"everySeconds": int(every[:-1]) * unit, "cron": cron, "zone": zone}


def _secrets(given: Sequence[str]) -> dict[str, str]:
    secrets = {}
    for each in given:
        name, equals, value = each.partition("=")
        if not equals and name not in os.environ:
            raise BadRequestError(f"--secret: the environment has no {name}.")
        secrets[name] = value if equals else os.environ[name]
    return secrets


def _state(connection: Any) -> str:
    if connection["isRunning"]:
        return "running"
    return f"failed {connection['failures']}x" if connection["failures"] else connection["state"]
