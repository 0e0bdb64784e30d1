"""`headwater rule`: cleaning rules, kept and tried."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from cyclopts import App, Parameter

from headwater.cleaning import page
from headwater.cli.connection import Connection, call
from headwater.cli.options import ClientOptions, settings_of
from headwater.cli.printing import print_json
from headwater.cli.private_server import server
from headwater.cli.source_of import source_id
from headwater.cli.trials import json_object, tell
from headwater.errors import BadRequestError, NotFoundError

app = App(name="rule", help="Keep cleaning rules, and try them before they are on.")

_PATH = "/api/cleaning-rules"
Kind = Annotated[str | None, Parameter(help="The kind of rule: see `headwater rule kinds`.")]
SettingsText = Annotated[
    str | None, Parameter(name="--settings", help="The kind's settings, as a JSON object.")
]
Type = Literal["identify", "track", "page", "screen", "group", "alias"]


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class ScopeOptions:
    """Which events a rule is for; all that are given must admit an event."""

    source: Annotated[
        list[str] | None, Parameter(help="A source, by name, slug or id; several may be given.")
    ] = None
    type: Annotated[list[Type] | None, Parameter(help="A type of call.")] = None
    event: Annotated[list[str] | None, Parameter(help="The name of an event or page.")] = None
    condition: Annotated[str | None, Parameter(help="FQL, such as `properties.price < 0`.")] = None

    @property
    def is_given(self) -> bool:
        return any(
            each is not None for each in (self.source, self.type, self.event, self.condition)
        )


@app.command(name="list")
def list_(
    *,
    format: Annotated[  # noqa: A002
        Literal["table", "json"], Parameter(help="A line each, or a JSON array.")
    ] = "table",
    options: ClientOptions | None = None,
) -> None:
    """Print the rules in the order in which they are taken, with the events that each touched."""
    with server(settings_of(options)) as connection:
        rules = _rules(connection)
    if format == "json":
        print_json(rules)
        return
    for rule in rules:
        state = "on " if rule["enabled"] else "off"
        print(
            f"{rule['id']}  {state}  {rule['position']:>4}  {rule['kind']:<22}"
            f"{rule['touched']['total']:>12,}  {rule['name']}"
        )


@app.command
def kinds(
    *,
    format: Annotated[  # noqa: A002
        Literal["json", "markdown"], Parameter(help="JSON, or the page of the documentation.")
    ] = "json",
    options: ClientOptions | None = None,
) -> None:
    """Print the kinds of rule with their settings."""
    if format == "markdown":
        print(page.markdown(), end="")
        return
    with server(settings_of(options)) as connection:
        found = call(connection, "GET", f"{_PATH}/kinds")["kinds"]
    print_json(found)


@app.command
def create(
    *,
    name: Annotated[str, Parameter(help="What people know the rule by.")],
    kind: Annotated[str, Parameter(help="The kind of rule: see `headwater rule kinds`.")],
    settings: SettingsText = None,
    scope: ScopeOptions | None = None,
    position: Annotated[int | None, Parameter(help="Its place; the last, if not given.")] = None,
    off: Annotated[bool, Parameter(negative=(), help="Make it, but leave it off.")] = False,
    options: ClientOptions | None = None,
) -> None:
    """Make a rule and print it as JSON."""
    with server(settings_of(options)) as connection:
        body = _body(connection, name, kind, settings, scope, position)
        body["enabled"] = not off
        made = call(connection, "POST", _PATH, body)
    print_json(made["cleaningRule"])


@app.command
def update(
    rule: Annotated[str, Parameter(help="The rule's name or id.")],
    /,
    *,
    name: Annotated[str | None, Parameter(help="Another name.")] = None,
    kind: Kind = None,
    settings: SettingsText = None,
    scope: ScopeOptions | None = None,
    position: Annotated[int | None, Parameter(help="Another place.")] = None,
    enabled: Annotated[
        bool | None, Parameter(name="--on", negative="--off", help="Turn it on, or off.")
    ] = None,
    options: ClientOptions | None = None,
) -> None:
    """Change what is given of a rule, and print it as JSON."""
    with server(settings_of(options)) as connection:
        body = _body(connection, name, kind, settings, scope, position)
        if enabled is not None:
            body["enabled"] = enabled
        changed = call(connection, "PATCH", f"{_PATH}/{_id(connection, rule)}", body)
    print_json(changed["cleaningRule"])


@app.command
def delete(
    rule: Annotated[str, Parameter(help="The rule's name or id.")],
    /,
    *,
    options: ClientOptions | None = None,
) -> None:
    """Remove a rule."""
    with server(settings_of(options)) as connection:
        call(connection, "DELETE", f"{_PATH}/{_id(connection, rule)}")


@app.command(name="test")
def try_(
    rule: Annotated[str | None, Parameter(help="A rule, by name or id; none is a new one.")] = None,
    /,
    *,
    kind: Kind = None,
    settings: SettingsText = None,
    scope: ScopeOptions | None = None,
    last: Annotated[int, Parameter(help="How many of the last events to take.")] = 1000,
    given: Annotated[
        str | None, Parameter(name="--given", help="An event as JSON, instead of the last ones.")
    ] = None,
    samples: Annotated[int, Parameter(help="How many events to show, at most.")] = 5,
    format: Annotated[  # noqa: A002
        Literal["text", "json"], Parameter(help="For people, or for programs.")
    ] = "text",
    options: ClientOptions | None = None,
) -> None:
    """Say what a rule, as it is or with these changes, does to events. Nothing is written."""
    if rule is None and kind is None:
        raise BadRequestError("Give a rule's name, or the --kind of a new one.")
    with server(settings_of(options)) as connection:
        body: dict[str, Any] = {
            "rule": _body(connection, None, kind, settings, scope, None),
            "count": last,
            "samples": samples,
        }
        if rule is not None:
            body["ruleId"] = _id(connection, rule)
        if given is not None:
            body["events"] = [json_object(given, "--given")]
        trial = call(connection, "POST", f"{_PATH}/test", body)["trial"]
    if format == "json":
        print_json(trial)
    else:
        tell(trial)


def _rules(connection: Connection) -> Sequence[Mapping[str, Any]]:
    found: Sequence[Mapping[str, Any]] = call(connection, "GET", f"{_PATH}?pagination.count=1000")[
        "cleaningRules"
    ]
    return found


def _id(connection: Connection, named: str) -> str:
    """The id of the rule with this name or id. Raises NotFoundError."""
    for rule in _rules(connection):
        if named in (rule["id"], rule["name"]):
            return str(rule["id"])
    raise NotFoundError(f"There is no cleaning rule {named!r}.", hint="See `headwater rule list`.")


def _body(
    connection: Connection,
    name: str | None,
    kind: str | None,
    settings: str | None,
    scope: ScopeOptions | None,
    position: int | None,
) -> dict[str, Any]:
    body = {"name": name, "kind": kind, "position": position}
    found: dict[str, Any] = {key: value for key, value in body.items() if value is not None}
    if settings is not None:
        found["settings"] = json_object(settings, "--settings")
    if scope is not None and scope.is_given:
        found["scope"] = {
            "sources": [source_id(connection, each) for each in scope.source or ()],
            "types": scope.type or [],
            "events": scope.event or [],
            "condition": scope.condition or "",
        }
    return found
