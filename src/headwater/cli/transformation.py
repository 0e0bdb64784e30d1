"""`headwater transformation`: transformations, kept and tried."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from cyclopts import App, Parameter

from headwater.cli.connection import Connection, call
from headwater.cli.options import ClientOptions, settings_of
from headwater.cli.printing import print_json
from headwater.cli.private_server import server
from headwater.cli.source_of import listed_sources, source_id
from headwater.cli.trials import json_object, tell
from headwater.errors import BadRequestError, NotFoundError

app = App(name="transformation", help="Keep transformations, and try them before they are on.")

_PATH = "/api/transformations"
Source = Annotated[str | None, Parameter(help="Its source, by name, slug or id.")]
Condition = Annotated[
    str | None, Parameter(name="--if", help="FQL: the events it is for; none is all.")
]
Changes = Annotated[
    str | None,
    Parameter(
        help="What it does, as a JSON object: `propertyRenames`, `operations`, … as in the API."
    ),
]
Format = Annotated[Literal["text", "json"], Parameter(help="For people, or for programs.")]


@app.command(name="list")
def list_(*, format: Format = "text", options: ClientOptions | None = None) -> None:  # noqa: A002
    """Print the transformations in the order in which each source's are taken."""
    with server(settings_of(options)) as connection:
        found = _all(connection)
        slugs = {each["id"]: each["slug"] for each in listed_sources(connection)}
    if format == "json":
        print_json(found)
        return
    for each in found:
        state = "on " if each["enabled"] else "off"
        print(
            f"{each['id']}  {state}  {slugs[each['sourceId']]:<20}"
            f"{each['touched']['total']:>12,}  {each['name']}"
        )


@app.command
def kinds(*, options: ClientOptions | None = None) -> None:
    """Print the kinds of operation with their settings."""
    with server(settings_of(options)) as connection:
        found = call(connection, "GET", f"{_PATH}/kinds")["kinds"]
    print_json(found)


@app.command
def create(
    *,
    name: Annotated[str, Parameter(help="What people know it by.")],
    source: Annotated[str, Parameter(help="Its source, by name, slug or id.")],
    changes: Annotated[str, Parameter(help="What it does, as a JSON object, as in the API.")],
    condition: Condition = None,
    off: Annotated[bool, Parameter(negative=(), help="Make it, but leave it off.")] = False,
    options: ClientOptions | None = None,
) -> None:
    """Make a transformation and print it as JSON."""
    with server(settings_of(options)) as connection:
        body = _body(connection, name, source, condition or "", changes)
        made = call(connection, "POST", _PATH, body | {"enabled": not off})
    print_json(made["transformation"])


@app.command
def update(
    transformation: Annotated[str, Parameter(help="Its name or id.")],
    /,
    *,
    name: Annotated[str | None, Parameter(help="Another name.")] = None,
    source: Source = None,
    condition: Condition = None,
    changes: Changes = None,
    enabled: Annotated[
        bool | None, Parameter(name="--on", negative="--off", help="Turn it on, or off.")
    ] = None,
    options: ClientOptions | None = None,
) -> None:
    """Change what is given of a transformation, and print it as JSON."""
    with server(settings_of(options)) as connection:
        body = _body(connection, name, source, condition, changes)
        if enabled is not None:
            body["enabled"] = enabled
        changed = call(connection, "PATCH", f"{_PATH}/{_id(connection, transformation)}", body)
    print_json(changed["transformation"])


@app.command
def delete(
    transformation: Annotated[str, Parameter(help="Its name or id.")],
    /,
    *,
    options: ClientOptions | None = None,
) -> None:
    """Remove a transformation."""
    with server(settings_of(options)) as connection:
        call(connection, "DELETE", f"{_PATH}/{_id(connection, transformation)}")


@app.command(name="try")
def try_(
    transformation: Annotated[
        str | None, Parameter(help="Its name or id; none is a new one.")
    ] = None,
    /,
    *,
    source: Source = None,
    condition: Condition = None,
    changes: Changes = None,
    last: Annotated[int, Parameter(help="How many of the last events to take.")] = 1000,
    given: Annotated[
        str | None, Parameter(name="--given", help="An event as JSON, instead of the last ones.")
    ] = None,
    samples: Annotated[int, Parameter(help="How many events to show, at most.")] = 5,
    format: Format = "text",  # noqa: A002
    options: ClientOptions | None = None,
) -> None:
    """Say what a transformation, as it is or with these changes, does. Nothing is written."""
    if transformation is None and (source is None or changes is None):
        raise BadRequestError("Give a name, or the --source and --changes of a new one.")
    with server(settings_of(options)) as connection:
        trying = _body(connection, None, source, condition, changes)
        body: dict[str, Any] = {"transformation": trying, "count": last, "samples": samples}
        if transformation is not None:
            body["transformationId"] = _id(connection, transformation)
        if given is not None:
            body["events"] = [json_object(given, "--given")]
        trial = call(connection, "POST", f"{_PATH}/test", body)["trial"]
    if format == "json":
        print_json(trial)
    else:
        tell(trial)


def _all(connection: Connection) -> Sequence[Mapping[str, Any]]:
    found = call(connection, "GET", f"{_PATH}?pagination.count=1000")["transformations"]
    listed: Sequence[Mapping[str, Any]] = found
    return listed


def _id(connection: Connection, named: str) -> str:
    """The id of the one with this name or id. Raises NotFoundError."""
    for each in _all(connection):
        if named in (each["id"], each["name"]):
            return str(each["id"])
    raise NotFoundError(
        f"There is no transformation {named!r}.", hint="See `headwater transformation list`."
    )


def _body(
    connection: Connection,
    name: str | None,
    source: str | None,
    condition: str | None,
    changes: str | None,
) -> dict[str, Any]:
    body = {} if changes is None else json_object(changes, "--changes")
    if name is not None:
        body["name"] = name
    if source is not None:
        body["sourceId"] = source_id(connection, source)
    if condition is not None:
        body["if"] = condition
    return body
