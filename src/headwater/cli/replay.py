"""`headwater replay`: what was collected, led through the pipeline again."""

import json as json_text
import sys
import time
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

from cyclopts import App, Parameter
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from headwater.cli.connection import Connection, call, require
from headwater.cli.options import ClientOptions, settings_of
from headwater.errors import ConflictError

app = App(name="replay", help="Lead collected events through the pipeline again.")

_PATH: Final = "/api/replays"
_POLL_SECONDS: Final = 0.5
_OVER: Final = ("done", "cancelled")
Id = Annotated[str, Parameter(help="The replay's id, as the list shows it.")]
Json = Annotated[bool, Parameter(help="As JSON, for programs.", negative="")]


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Selected:
    """Which events: those that fulfil all that is given."""

    source: Annotated[
        list[str] | None,
        Parameter(
            help="Of this source (id, slug or name); may be given several times.", negative=""
        ),
    ] = None
    since: Annotated[str, Parameter(help="Received at or after this time (ISO 8601).")] = ""
    until: Annotated[str, Parameter(help="Received before this time (ISO 8601).")] = ""
    event: Annotated[
        list[str] | None,
        Parameter(help="Of this name, or of this type of call; several times.", negative=""),
    ] = None
    condition: Annotated[
        str, Parameter(name="--if", help="FQL, asked of the event as it passes.")
    ] = ""


@app.default
def start(
    *,
    selected: Selected | None = None,
    mode: Annotated[
        Literal["again", "missing"],
        Parameter(
            help="again: what events become now takes the place of what is there. "
            "missing: only what the warehouse does not have is sent."
        ),
    ] = "again",
    rate: Annotated[int, Parameter(help="The most events a second; 0 sets no limit.")] = 0,
    target: Annotated[str, Parameter(help="Where events go: warehouse.")] = "warehouse",
    preview: Annotated[
        bool, Parameter(help="Count what would be sent, and send nothing.", negative="")
    ] = False,
    wait: Annotated[
        bool, Parameter(help="Show how far it is until it is over.", negative="")
    ] = False,
    json: Json = False,
    options: ClientOptions | None = None,
) -> None:
    """Send collected events through the pipeline again, under today's rules. They keep their times,
    and none is doubled. It goes on when this command returns."""
    connection = require(settings_of(options))
    body: dict[str, Any] = {"selection": _selection(selected or Selected()), "mode": mode}
    if preview:
        found = call(connection, "POST", f"{_PATH}/preview", body)["preview"]
        (_print if json else _show_preview)(found)
        return
    run = call(connection, "POST", _PATH, body | {"rate": rate, "target": target})["replay"]
    if wait:
        run = _watch(connection, run["id"])
    _print(run)


@app.command(name="list")
def list_(*, json: Json = False, options: ClientOptions | None = None) -> None:
    """List the replays, the newest first."""
    found = call(require(settings_of(options)), "GET", _PATH)["replays"]
    if json:
        _print(found)
        return
    table = Table("Id", "Began", "State", "Read", "Sent", "Mode", "By", box=None)
    for each in found:
        table.add_row(
            *(each["id"], each["at"], each["state"], _share(each), f"{each['sent']:,}"),
            *(each["mode"], each["actorName"] or each["actor"]),
        )
    Console(soft_wrap=True).print(table if found else "Nothing was replayed.")


@app.command
def show(run: Id, /, *, options: ClientOptions | None = None) -> None:
    """Print how far a replay is, as JSON."""
    _print(call(require(settings_of(options)), "GET", f"{_PATH}/{run}")["replay"])


@app.command
def watch(run: Id, /, *, options: ClientOptions | None = None) -> None:
    """Show how far a replay is until it is over, and print it as JSON."""
    _print(_watch(require(settings_of(options)), run))


@app.command
def pause(run: Id, /, *, options: ClientOptions | None = None) -> None:
    """Send no more for now. Prints JSON."""
    _change(run, "pause", options)


@app.command
def resume(run: Id, /, *, options: ClientOptions | None = None) -> None:
    """Let a paused replay go on. Prints JSON."""
    _change(run, "resume", options)


@app.command
def cancel(run: Id, /, *, options: ClientOptions | None = None) -> None:
    """Send no more. What was sent is led through and loaded. Prints JSON."""
    _change(run, "cancel", options)


def _change(run: str, name: str, options: ClientOptions | None) -> None:
    _print(call(require(settings_of(options)), "POST", f"{_PATH}/{run}/{name}")["replay"])


def _selection(selected: Selected) -> dict[str, Any]:
    given = {
        "sourceIds": selected.source or [],
        "since": selected.since,
        "until": selected.until,
        "events": selected.event or [],
        "condition": selected.condition,
    }
    return {name: value for name, value in given.items() if value}


def _watch(connection: Connection, run_id: str) -> dict[str, Any]:
    """Wait for the end, with a bar where standard error is a terminal."""
    bar = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TextColumn("{task.fields[counts]}"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        disable=not sys.stderr.isatty(),
        transient=True,
    )
    with bar:
        task = bar.add_task("Replaying", total=None, counts="")
        while True:
            run: dict[str, Any] = call(connection, "GET", f"{_PATH}/{run_id}")["replay"]
            counts = f"{run['sent']:,} sent  {run['skipped']:,} skipped"
            bar.update(task, completed=run["read"], total=run["total"], counts=counts)
            if run["state"] in _OVER:
                return run
            if run["state"] == "paused":
                raise ConflictError(
                    f"The replay {run_id} is paused.",
                    hint=f"`headwater replay resume {run_id}` lets it go on.",
                )
            time.sleep(_POLL_SECONDS)


def _share(run: dict[str, Any]) -> str:
    return (
        f"{run['read']:,} of {run['total']:,}" if run["total"] is not None else f"{run['read']:,}"
    )


def _show_preview(found: dict[str, Any]) -> None:
    at_least = "" if found["isComplete"] else "at least "
    console = Console(soft_wrap=True, highlight=False)
    console.print(f"{at_least}{found['events']:,} events of {found['read']:,} collected ones")
    if found["missing"] is not None:
        console.print("(those that the warehouse does not have)")
    if found["availableFrom"]:
        console.print(f"Requests are kept since {found['availableFrom']}.")
    table = Table("Event", "Events", box=None)
    for each in found["byEvent"]:
        table.add_row(each["name"] or "(not readable)", f"{each['events']:,}")
    console.print(table)


def _print(value: object) -> None:
    print(json_text.dumps(value, ensure_ascii=False, indent=2))
