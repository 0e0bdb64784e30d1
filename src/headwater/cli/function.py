"""`headwater function`: functions, written in files, kept, tried, deployed and connected."""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import App, Parameter

from headwater.cli.connection import Connection, call
from headwater.cli.options import ClientOptions, settings_of
from headwater.cli.private_server import server
from headwater.cli.trials import json_object
from headwater.errors import BadRequestError, NotFoundError

app = App(name="function", help="Keep functions, try them, deploy and connect them.")

_PATH = "/api/functions"
_INSTANCES = "/api/insert-function-instances"
Named = Annotated[str, Parameter(help="Its name or id.")]
Type = Literal[
    "source", "destination", "insert-source", "insert-destination", "insert-transformation"
]
Format = Annotated[Literal["text", "json"], Parameter(help="For people, or for programs.")]
Code = Annotated[Path, Parameter(help="A file with its JavaScript.")]
Declared = Annotated[
    str | None,
    Parameter(
        help="Its settings, as a JSON list of `name`, `type`, `required`, `sensitive`, as in the "
        "API."
    ),
]


@app.command(name="list")
def list_(*, format: Format = "text", options: ClientOptions | None = None) -> None:  # noqa: A002
    """Print the functions, the oldest first."""
    with server(settings_of(options)) as connection:
        found = _all(connection)
        if format == "json":
            _print(found)
            return
        for each in found:
            function = call(connection, "GET", f"{_PATH}/{each['id']}")["function"]
            print(f"{each['id']}  {each['resourceType']:<22}{_state(function):<14}", end="")
            print(each["displayName"])


@app.command
def create(
    code: Code,
    /,
    *,
    name: Annotated[str, Parameter(help="What people know it by.")],
    type: Annotated[Type, Parameter(help="Where it works.")] = "insert-source",  # noqa: A002
    description: Annotated[str, Parameter(help="What it is for.")] = "",
    settings: Declared = None,
    deploy: Annotated[bool, Parameter(negative=(), help="Deploy it at once.")] = False,
    options: ClientOptions | None = None,
) -> None:
    """Make a function of a file and print it as JSON, without its code."""
    body: dict[str, Any] = {
        "code": _read(code),
        "displayName": name,
        "resourceType": type.upper().replace("-", "_"),
        "description": description,
    }
    if settings is not None:
        body["settings"] = _list(settings)
    with server(settings_of(options)) as connection:
        made = call(connection, "POST", _PATH, body)["function"]
        if deploy:
            call(connection, "POST", f"{_PATH}/{made['id']}/deploy")
            made = call(connection, "GET", f"{_PATH}/{made['id']}")["function"]
    _print({key: value for key, value in made.items() if key != "code"})


@app.command
def update(
    function: Named,
    code: Annotated[Path | None, Parameter(help="A file with its new JavaScript.")] = None,
    /,
    *,
    name: Annotated[str | None, Parameter(help="Another name.")] = None,
    description: Annotated[str | None, Parameter(help="What it is for.")] = None,
    settings: Declared = None,
    options: ClientOptions | None = None,
) -> None:
    """Change what is given: other code is a new version, which runs once it is deployed."""
    body: dict[str, Any] = {}
    if code is not None:
        body["code"] = _read(code)
    if name is not None:
        body["displayName"] = name
    if description is not None:
        body["description"] = description
    if settings is not None:
        body["settings"] = _list(settings)
    with server(settings_of(options)) as connection:
        path = f"{_PATH}/{_id(connection, function)}"
        changed = call(connection, "PATCH", path, body)["function"]
    _print({key: value for key, value in changed.items() if key != "code"})


@app.command
def show(
    function: Named,
    /,
    *,
    format: Annotated[  # noqa: A002
        Literal["json", "code"], Parameter(help="All of it, or its code alone.")
    ] = "json",
    options: ClientOptions | None = None,
) -> None:
    """Print a function, its versions and where it is connected."""
    with server(settings_of(options)) as connection:
        function_id = _id(connection, function)
        found = call(connection, "GET", f"{_PATH}/{function_id}")["function"]
        if format == "code":
            sys.stdout.write(found["code"])
            return
        versions = call(connection, "GET", f"{_PATH}/{function_id}/versions")["versions"]
        found["versions"] = [
            {key: value for key, value in each.items() if key != "code"} for each in versions
        ]
        found["connections"] = _connections(connection, function_id)
    _print(found)


@app.command
def deploy(function: Named, /, *, options: ClientOptions | None = None) -> None:
    """Make a function's newest version run where it is connected."""
    with server(settings_of(options)) as connection:
        call(connection, "POST", f"{_PATH}/{_id(connection, function)}/deploy")


@app.command(name="test")
def attempt(
    function: Annotated[str, Parameter(help="Its name or id; or a file with JavaScript.")],
    /,
    *,
    given: Annotated[
        str | None, Parameter(help="An event (or a request) as JSON, instead of the last events.")
    ] = None,
    source: Annotated[
        str | None, Parameter(help="The source whose last events to take: name, slug or id.")
    ] = None,
    last: Annotated[int, Parameter(help="How many of the last events to take.")] = 10,
    handler: Annotated[str, Parameter(help="The handler to call; none is that of the type.")] = "",
    type: Annotated[Type, Parameter(help="What a file is tried as.")] = "insert-source",  # noqa: A002
    values: Annotated[
        str | None, Parameter(help="The values of its settings, as a JSON object.")
    ] = None,
    format: Format = "text",  # noqa: A002
    options: ClientOptions | None = None,
) -> None:
    """Say what a function does to events; nothing is kept. What it fetches is fetched."""
    body: dict[str, Any] = {"handler": handler, "count": last}
    if given is not None:
        body["events"] = [json_object(given, "--given")]
    if values is not None:
        body["settings"] = json_object(values, "--values")
    file = Path(function)
    with server(settings_of(options)) as connection:
        if source is not None:
            body["sourceId"] = _source_id(connection, source)
        if file.suffix in (".js", ".mjs") or file.is_file():
            kind = type.upper().replace("-", "_")
            body |= {"code": _read(file), "resourceType": kind}
            trial = call(connection, "POST", f"{_PATH}/test", body)["trial"]
        else:
            path = f"{_PATH}/{_id(connection, function)}/test"
            trial = call(connection, "POST", path, body)["trial"]
    if format == "json":
        _print(trial)
    else:
        _tell(trial)


@app.command
def logs(
    function: Named,
    /,
    *,
    last: Annotated[int, Parameter(help="How many runs to show, at most.")] = 20,
    noted: Annotated[
        bool, Parameter(negative=(), help="Only runs that logged something or failed.")
    ] = False,
    format: Format = "text",  # noqa: A002
    options: ClientOptions | None = None,
) -> None:
    """Print what a function did lately: counts, times, console lines and errors."""
    query = f"count={last}&noted={'true' if noted else 'false'}"
    with server(settings_of(options)) as connection:
        path = f"{_PATH}/{_id(connection, function)}/runs?{query}"
        found = call(connection, "GET", path)["runs"]
    if format == "json":
        _print(found)
        return
    for run in reversed(found):
        _tell_run(run)


@app.command
def connect(
    function: Named,
    source: Annotated[str, Parameter(help="The source, by name, slug or id.")],
    /,
    *,
    values: Annotated[
        str | None, Parameter(help="The values of its settings, as a JSON object.")
    ] = None,
    off: Annotated[bool, Parameter(negative=(), help="Connect it, but leave it off.")] = False,
    options: ClientOptions | None = None,
) -> None:
    """Connect a function to a source, or change the settings of that connection."""
    settings = {} if values is None else json_object(values, "--values")
    with server(settings_of(options)) as connection:
        function_id, source_id = _id(connection, function), _source_id(connection, source)
        known = _connection(connection, function_id, source_id)
        body: dict[str, Any] = {"enabled": not off, "settings": settings}
        if known is None:
            body |= {"functionId": function_id, "integrationId": source_id}
            made = call(connection, "POST", _INSTANCES, body)
        else:
            made = call(connection, "PATCH", f"{_INSTANCES}/{known['id']}", body)
    _print(made["insertFunctionInstance"])


@app.command
def disconnect(
    function: Named,
    source: Annotated[str, Parameter(help="The source, by name, slug or id.")],
    /,
    *,
    options: ClientOptions | None = None,
) -> None:
    """Disconnect a function from a source."""
    with server(settings_of(options)) as connection:
        source_id = _source_id(connection, source)
        known = _connection(connection, _id(connection, function), source_id)
        if known is None:
            raise NotFoundError(f"{function!r} is not connected to {source!r}.")
        call(connection, "DELETE", f"{_INSTANCES}/{known['id']}")


@app.command
def delete(function: Named, /, *, options: ClientOptions | None = None) -> None:
    """Remove a function that is connected to nothing."""
    with server(settings_of(options)) as connection:
        call(connection, "DELETE", f"{_PATH}/{_id(connection, function)}")


def _all(connection: Connection) -> Sequence[Mapping[str, Any]]:
    found = call(connection, "GET", f"{_PATH}?pagination.count=1000")["functions"]
    listed: Sequence[Mapping[str, Any]] = found
    return listed


def _id(connection: Connection, named: str) -> str:
    """The id of the function with this name or id. Raises NotFoundError."""
    for each in _all(connection):
        if named in (each["id"], each["displayName"]):
            return str(each["id"])
    raise NotFoundError(f"There is no function {named!r}.", hint="See `headwater function list`.")


def _source_id(connection: Connection, named: str) -> str:
    found = call(connection, "GET", "/api/sources?pagination.count=1000")["sources"]
    for each in found:
        if named in (each["id"], each["slug"], each["name"]):
            return str(each["id"])
    raise NotFoundError(f"There is no source {named!r}.", hint="See `headwater source list`.")


def _connections(connection: Connection, function_id: str) -> Sequence[Mapping[str, Any]]:
    path = f"{_INSTANCES}?pagination.count=1000&functionId={function_id}"
    found: Sequence[Mapping[str, Any]] = call(connection, "GET", path)["instances"]
    return found


def _connection(
    connection: Connection, function_id: str, source_id: str
) -> Mapping[str, Any] | None:
    found = _connections(connection, function_id)
    return next((each for each in found if each["integrationId"] == source_id), None)


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadRequestError(f"{path} cannot be read: {error}.") from None


def _list(text: str) -> list[Any]:
    try:
        found = json.loads(text)
    except ValueError as error:
        raise BadRequestError(f"--settings: is not JSON: {error}.") from None
    if not isinstance(found, list):
        raise BadRequestError("--settings: must be a JSON list.")
    return found


def _state(function: Mapping[str, Any]) -> str:
    if "deployedAt" not in function:
        return "not deployed"
    return "deployed" if function["isLatestVersion"] else "older version"


def _tell(trial: Mapping[str, Any]) -> None:
    """Print what a trial found, for people."""
    if trial.get("error"):
        print(f"the code does not load: {_error(trial['error'])}")
        return
    for each in trial["results"]:
        name = each["before"].get("event") or each["before"].get("type") or "request"
        print(
            f"{each['outcome']}  {name}  {each['milliseconds']:.1f} ms  {each['reason']}".rstrip()
        )
        for line in each["logs"]:
            print(f"    {line['level']}: {line['text']}")
        if each["error"]:
            print(f"    {_error(each['error'])}")
        for difference in each["differences"]:
            print(f"    {difference['path']}: {difference['before']} -> {difference['after']}")
        if each["outcome"] == "made":
            for event in each["events"]:
                print(f"    {json.dumps(event, ensure_ascii=False)}")


def _tell_run(run: Mapping[str, Any]) -> None:
    counts = ", ".join(
        f"{run[name]:,} {name}" for name in ("events", "changed", "dropped", "failed") if run[name]
    )
    print(f"{_time(run['at'])}  {run['milliseconds']:>8.1f} ms  {counts}")
    for line in run["lines"]:
        print(f"    {line['level']}: {line['text']}")
    for error in run["errors"]:
        print(f"    {error['count']:,} x {_error(error)}")


def _error(error: Mapping[str, Any]) -> str:
    where = f" (line {error['line']})" if error["line"] else ""
    name = f"{error['name']}: " if error["name"] else ""
    return f"{name}{error['message']}{where}"


def _time(at: int) -> str:
    from headwater.kit.clock import isoformat

    return isoformat(at)


def _print(value: object) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=2))
