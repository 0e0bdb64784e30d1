"""`headwater whatif`: what changes would do to events, before they are made."""

import json as json_module
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from headwater.cli.connection import Connection, call
from headwater.cli.options import ClientOptions, settings_of
from headwater.cli.private_server import server
from headwater.cli.trials import json_object
from headwater.cli.whatif_told import tell
from headwater.configuration.folder import parsed, read, understood
from headwater.configuration.nouns import by_kind
from headwater.configuration.references import resolved
from headwater.errors import BadRequestError, HeadwaterError

_PATH = "/api/what-if"
_WAIT = 2.0

Files = list[Path] | None


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class ChangeOptions:
    """What is changed; several of them are changed at once."""

    rule: Annotated[
        Files,
        Parameter(help="A file of a cleaning rule, as `headwater config` writes it.", negative=""),
    ] = None
    transformation: Annotated[Files, Parameter(help="A file of a transformation.", negative="")] = (
        None
    )
    plan: Annotated[Files, Parameter(help="A file of a tracking plan.", negative="")] = None
    function: Annotated[Files, Parameter(help="A file of a function.", negative="")] = None
    config: Annotated[
        Path | None,
        Parameter(help="A whole folder: what governs and has no file in it goes."),
    ] = None
    no_delete: Annotated[bool, Parameter(help="Nothing goes for having no file.", negative="")] = (
        False
    )
    on: Annotated[
        list[str] | None,
        Parameter(help="Turned on, as KIND/NAME: `cleaning-rule/No tests`.", negative=""),
    ] = None
    off: Annotated[list[str] | None, Parameter(help="Turned off, as KIND/NAME.", negative="")] = (
        None
    )
    remove: Annotated[list[str] | None, Parameter(help="Removed, as KIND/NAME.", negative="")] = (
        None
    )


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class EventOptions:
    """The events to try it on: the last ones, if nothing else is said."""

    event: Annotated[
        list[str] | None,
        Parameter(help="An event as JSON; `-` reads events, one a line.", negative=""),
    ] = None
    last: Annotated[int, Parameter(help="How many of the last events to take.")] = 1000
    since: Annotated[str | None, Parameter(help="Events received from this time on.")] = None
    until: Annotated[str | None, Parameter(help="Events received before this time.")] = None
    source: Annotated[str, Parameter(help="Of this source alone: name, slug or id.")] = ""
    most: Annotated[int, Parameter(help="The most events of a time to read.")] = 100_000
    every: Annotated[int, Parameter(help="Take every so many-th person alone.")] = 1


def whatif(
    *,
    changes: ChangeOptions | None = None,
    events: EventOptions | None = None,
    samples: Annotated[int, Parameter(help="How many events to show, at most.")] = 5,
    format: Annotated[  # noqa: A002
        Literal["text", "json"], Parameter(help="For people, or for programs.")
    ] = "text",
    options: ClientOptions | None = None,
) -> None:
    """Say what changes to rules, plans, transformations and functions would do to events.

    It is what a run of the same events anew would give, and nothing is written. Exit status 1 if
    anything differs.
    """
    with server(settings_of(options)) as connection:
        body = {
            "proposal": _proposal(connection, changes or ChangeOptions()),
            "events": _events(events or EventOptions()),
            "samples": samples,
            "wait": _WAIT,
        }
        run = _followed(connection, call(connection, "POST", _PATH, body)["whatIf"])
    if run["state"] != "done":
        raise HeadwaterError(f"What-if {run['state']}: {run['error']}".rstrip(": "))
    if format == "json":
        print(json_module.dumps(run, ensure_ascii=False, indent=2))
    else:
        tell(run)
    if run["result"]["summary"]["effects"]:
        raise SystemExit(1)


def _followed(connection: Connection, run: dict[str, Any]) -> dict[str, Any]:
    """The run once it is over; says meanwhile how far it is."""
    while run["state"] in ("waiting", "running"):
        if sys.stderr.isatty():
            of = f" of about {run['expected']:,}" if run["expected"] else ""
            print(f"\r{run['read']:,}{of} events read ", end="", file=sys.stderr, flush=True)
        path = f"{_PATH}/{run['id']}?wait={_WAIT}"
        run = call(connection, "GET", path)["whatIf"]
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr)
    return run


def _proposal(connection: Connection, changes: ChangeOptions) -> dict[str, Any]:
    documents = [
        *_of_files("cleaning-rule", changes.rule),
        *_of_files("transformation", changes.transformation),
        *_of_files("tracking-plan", changes.plan),
        *_of_files("function", changes.function),
    ]
    if changes.config is not None:
        documents += _of_folder(changes.config)
    switched = [(name, True) for name in changes.on or ()]
    switched += [(name, False) for name in changes.off or ()]
    if switched:
        items = call(connection, "GET", f"{_PATH}/items")["items"]
        documents += [_switched(items, name, is_on=is_on) for name, is_on in switched]
    removed = [
        dict(zip(("kind", "key"), _named(each), strict=True)) for each in changes.remove or ()
    ]
    if not documents and not removed and changes.config is None:
        raise BadRequestError(
            "There is nothing to try.",
            hint="Give a --rule FILE, a --config FOLDER, or --off KIND/NAME: see --help.",
        )
    deletes = changes.config is not None and not changes.no_delete
    return {"documents": documents, "removed": removed, "deletes": deletes}


def _of_files(kind: str, files: Sequence[Path] | None) -> Iterator[dict[str, Any]]:
    for path in files or ():
        try:
            found = parsed(path.read_text("utf-8"))
        except (OSError, UnicodeDecodeError, ValueError) as error:
            raise BadRequestError(f"{path}: cannot be read: {error}") from None
        for said in found:
            document = {"kind": kind, **said} if isinstance(said, dict) else said
            try:
                noun, normal = understood(document)
            except ValueError as error:
                raise BadRequestError(f"{path}: {error}") from None
            yield {"kind": noun.kind, **resolved(normal, os.environ, path.parent)}


def _of_folder(root: Path) -> list[dict[str, Any]]:
    if not root.is_dir():
        raise BadRequestError(
            f"There is no folder {root}.", hint=f"Make one with: headwater config pull {root}"
        )
    found = read(root)
    if found.problems:
        lines = "\n".join(f"  {each.path}: {each.message}" for each in found.problems)
        raise BadRequestError(f"The folder {root} has {len(found.problems)} problems:\n{lines}")
    return [
        {"kind": kind, **(resolved(each, os.environ, root) if by_kind(kind).governs else each)}
        for (kind, _), each in found.documents.items()
    ]


def _switched(items: Sequence[Mapping[str, Any]], name: str, *, is_on: bool) -> dict[str, Any]:
    kind, key = _named(name)
    for item in items:
        if item["kind"] == kind and key in (item["key"], item["id"]):
            return {"kind": kind, **item["document"], "enabled": is_on}
    known = ", ".join(sorted({f"{each['kind']}/{each['key']}" for each in items})[:20])
    raise BadRequestError(f"There is no {kind} {key!r}.", hint=f"There are: {known}.")


def _named(name: str) -> tuple[str, str]:
    kind, slash, key = name.partition("/")
    if not slash or not key:
        raise BadRequestError(
            f"{name!r} names nothing.", hint="Write KIND/NAME, as cleaning-rule/Trim."
        )
    return kind, key


def _events(wanted: EventOptions) -> dict[str, Any]:
    given = [json_object(text, "--event") for text in _lines(wanted.event or ())]
    return {
        "source": wanted.source,
        "given": given,
        "last": wanted.last,
        "since": wanted.since,
        "until": wanted.until,
        "most": wanted.most,
        "every": wanted.every,
    }


def _lines(given: Sequence[str]) -> Iterator[str]:
    for each in given:
        if each == "-":
            yield from (line for line in sys.stdin if line.strip())
        else:
            yield each
