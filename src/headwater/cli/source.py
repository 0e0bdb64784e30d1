"""`headwater source`: make and list sources, on a running server or a data folder at rest."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal, TypeVar

from cyclopts import App, Parameter

from headwater.access import sources
from headwater.access.admission import by_token
from headwater.access.changes import Changes
from headwater.access.model import Principal
from headwater.app.state import open_state
from headwater.cli.connection import call, find, token_of
from headwater.cli.options import ClientOptions, settings_of
from headwater.cli.printing import print_json
from headwater.kit.claim import Claim
from headwater.kit.clock import SystemClock
from headwater.settings import Settings
from headwater.workspaces.model import Source, SourceType

app = App(name="source", help="Make and list sources and their write keys.")

Kind = Literal["website", "server", "mobile", "webhook", "file", "database"]
_T = TypeVar("_T")


@app.command
def create(
    *,
    name: Annotated[str, Parameter(help="What people know the source by.")],
    type: Annotated[Kind, Parameter(help="What kind of source it is.")] = "server",  # noqa: A002
    options: ClientOptions | None = None,
) -> None:
    """Make a source and print it as JSON, with its `id` and its `writeKey`."""
    settings = settings_of(options)
    if connection := find(settings):
        body = {"name": name, "type": type}
        made = call(connection, "POST", "/api/sources", body)["source"]
    else:
        made = _at_rest(
            settings,
            lambda changes, by: _row(sources.create(changes, by, name=name, type=SourceType(type))),
        )
    print_json(_shown(made))


@app.command(name="list")
def list_(
    *,
    format: Annotated[  # noqa: A002
        Literal["json", "keys"], Parameter(help="A JSON array, or a write key a line.")
    ] = "json",
    options: ClientOptions | None = None,
) -> None:
    """Print the sources, the oldest first."""
    settings = settings_of(options)
    if connection := find(settings):
        found = call(connection, "GET", "/api/sources?pagination.count=1000")["sources"]
    else:
        found = _at_rest(
            settings, lambda changes, by: [_row(each) for each in sources.listed(changes, by)]
        )
    shown = [_shown(each) for each in found]
    if format == "keys":
        print(*(each["writeKey"] for each in shown), sep="\n")
    else:
        print_json(shown)


def _at_rest(settings: Settings, work: Callable[[Changes, Principal], _T]) -> _T:
    with Claim(settings.data_dir), open_state(settings, SystemClock()) as changes:
        return work(changes, by_token(changes, token_of(settings)))


def _row(source: Source) -> Mapping[str, Any]:
    return {
        "id": source.id,
        "name": source.name,
        "slug": source.slug,
        "metadata": {"slug": source.type.value},
        "enabled": source.enabled,
        "writeKeys": source.write_keys,
    }


def _shown(source: Mapping[str, Any]) -> Mapping[str, Any]:
    """The same answer from a server and at rest; `writeKey` is the newest of the keys."""
    keys = source["writeKeys"]
    return {
        "id": source["id"],
        "name": source["name"],
        "slug": source["slug"],
        "type": source["metadata"]["slug"],
        "enabled": source["enabled"],
        "writeKey": keys[-1] if keys else "",
        "writeKeys": keys,
    }
