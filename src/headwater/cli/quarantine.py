"""`headwater quarantine`: the events kept aside, mended and sent on again, or dismissed."""

import json as json_text
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from urllib.parse import quote, urlencode

from cyclopts import App, Parameter
from rich.console import Console
from rich.table import Table

from headwater.cli.connection import Connection, call, require
from headwater.cli.options import ClientOptions, settings_of
from headwater.cli.printing import print_json
from headwater.cli.source_of import source_id
from headwater.errors import BadRequestError

app = App(name="quarantine", help="Look at the events kept aside; mend them and send them on.")

StateName = Literal["open", "replayed", "dismissed"]
_LIST: Final = "/api/quarantine/events"
_ASSIGNED: Final = "Write it as path=value."


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Selected:
    """Which events: those that fulfil all that is given."""

    reason: Annotated[str, Parameter(help="Kept aside for this reason.")] = ""
    source: Annotated[str, Parameter(help="Of this source: its id, slug or name.")] = ""
    event: Annotated[str, Parameter(help="Of this event name.")] = ""
    since: Annotated[str, Parameter(help="Received at or after this time (ISO 8601).")] = ""
    until: Annotated[str, Parameter(help="Received before this time (ISO 8601).")] = ""


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Mending:
    """How events are mended; each may be given several times."""

    set: Annotated[
        list[str] | None,
        Parameter(help="path=value: give a field a value (JSON, or else text).", negative=""),
    ] = None
    rename: Annotated[
        list[str] | None, Parameter(help="path=newPath: move a field's value.", negative="")
    ] = None
    remove: Annotated[list[str] | None, Parameter(help="path: take a field away.", negative="")] = (
        None
    )
    cast: Annotated[
        list[str] | None,
        Parameter(help="path=text|number|boolean|object: change its type.", negative=""),
    ] = None


@app.command(name="list")
def list_(
    *,
    selected: Selected | None = None,
    state: Annotated[StateName, Parameter(help="What was decided about them.")] = "open",
    count: Annotated[int, Parameter(help="The most events that are listed.")] = 50,
    json: Annotated[bool, Parameter(help="As JSON, for programs.", negative="")] = False,
    options: ClientOptions | None = None,
) -> None:
    """List the reasons of open events; with a reason or another condition, the events themselves,
    the newest first."""
    connection = require(settings_of(options))
    if selected is None and state == "open":
        found = call(connection, "GET", "/api/quarantine")["reasons"]
        (print_json if json else _show_reasons)(found)
        return
    given = selected or Selected()
    query = {name: value for name, value in vars(given).items() if value}
    query |= {"state": state, "count": str(min(count, 200))}
    events = call(connection, "GET", f"{_LIST}?{urlencode(query)}")["events"]
    (print_json if json else _show_events)(events)


@app.command
def show(
    key: Annotated[str, Parameter(help="The event's key, as the list shows it.")],
    /,
    *,
    options: ClientOptions | None = None,
) -> None:
    """Print one event as JSON: its reason, the field that it is about, and what was received."""
    connection = require(settings_of(options))
    print_json(call(connection, "GET", f"{_LIST}/{quote(key, safe='')}")["event"])


@app.command
def replay(
    *keys: Annotated[str, Parameter(help="Single events, by their keys.")],
    selected: Selected | None = None,
    mending: Mending | None = None,
    raw: Annotated[
        Path | None,
        Parameter(help="A file with the JSON of one event as it was edited; - is stdin."),
    ] = None,
    preview: Annotated[
        bool, Parameter(help="Say what would become of them, and change nothing.", negative="")
    ] = False,
    options: ClientOptions | None = None,
) -> None:
    """Send events on again, mended as said. They keep the time of their first receipt, and none
    is loaded twice. Prints JSON."""
    connection = require(settings_of(options))
    body: dict[str, Any] = {
        "selection": _selection(connection, keys, selected),
        "fixes": fixes_of(mending or Mending()),
    }
    if raw is not None:
        body["raw"] = sys.stdin.read() if str(raw) == "-" else _read(raw)
    if preview:
        print_json(call(connection, "POST", "/api/quarantine/preview", body)["preview"])
    else:
        print_json(call(connection, "POST", "/api/quarantine/replay", body)["run"])


@app.command
def dismiss(
    *keys: Annotated[str, Parameter(help="Single events, by their keys.")],
    selected: Selected | None = None,
    options: ClientOptions | None = None,
) -> None:
    """Take events off the list of those to look at. `restore` takes it back. Prints JSON."""
    connection = require(settings_of(options))
    body = {"selection": _selection(connection, keys, selected)}
    print_json(call(connection, "POST", "/api/quarantine/dismiss", body)["run"])


@app.command
def restore(
    run: Annotated[str, Parameter(help="The id of the dismissal.")],
    /,
    *,
    options: ClientOptions | None = None,
) -> None:
    """Take a dismissal back: its events are open again. Prints JSON."""
    connection = require(settings_of(options))
    print_json(call(connection, "POST", "/api/quarantine/restore", {"runId": run})["run"])


@app.command
def runs(*, options: ClientOptions | None = None) -> None:
    """Print what was replayed, dismissed and restored, the newest first, as JSON."""
    print_json(call(require(settings_of(options)), "GET", "/api/quarantine/runs")["runs"])


def fixes_of(mending: Mending) -> list[dict[str, Any]]:
    """The fixes that options say. Raises BadRequestError."""
    fixes: list[dict[str, Any]] = []
    for path, value in _pairs(mending.set):
        fixes.append({"op": "set", "path": path, "value": _value(value)})
    for path, to in _pairs(mending.rename):
        fixes.append({"op": "rename", "path": path, "to": to})
    fixes += [{"op": "remove", "path": path} for path in mending.remove or ()]
    for path, kind in _pairs(mending.cast):
        fixes.append({"op": "cast", "path": path, "type": kind})
    return fixes


def _pairs(given: list[str] | None) -> list[tuple[str, str]]:
    pairs = []
    for each in given or ():
        path, sign, value = each.partition("=")
        if not sign:
            raise BadRequestError(f"{each!r} names no value.", hint=_ASSIGNED)
        pairs.append((path, value))
    return pairs


def _value(text: str) -> Any:
    try:
        return json_text.loads(text)
    except ValueError:
        return text


def _selection(
    connection: Connection, keys: tuple[str, ...], selected: Selected | None
) -> dict[str, Any]:
    if not keys and selected is None:
        raise BadRequestError(
            "Say which events.", hint="Give keys, or --reason, --source, --event, --since, --until."
        )
    given = selected or Selected()
    body: dict[str, Any] = {
        name: getattr(given, name) for name in ("reason", "since", "until") if getattr(given, name)
    }
    if given.event:
        body["event"] = given.event
    if keys:
        body["keys"] = keys
    if given.source:
        body["sourceIds"] = [source_id(connection, given.source)]
    return body


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadRequestError(f"{path} cannot be read: {error}.") from None


def _show_reasons(reasons: list[dict[str, Any]]) -> None:
    table = Table("Reason", "Open", "Last", "Meaning", box=None)
    for each in reasons:
        table.add_row(each["reason"], f"{each['count']:,}", each["lastAt"], each["meaning"])
    Console(soft_wrap=True).print(table if reasons else "Nothing is kept aside.")


def _show_events(events: list[dict[str, Any]]) -> None:
    table = Table("Key", "Received", "Type", "Event", "Reason", "Detail", box=None)
    for each in events:
        table.add_row(
            *(each["key"], each["receivedAt"], each["type"], each["event"]),
            *(each["reason"], each["detail"]),
        )
    Console(soft_wrap=True).print(table if events else "There are none.")
