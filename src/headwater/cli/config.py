"""`headwater config`: the configuration as a folder of files."""

import json
import os
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

from headwater.cli.connection import Connection, call
from headwater.cli.options import ClientOptions, settings_of
from headwater.cli.private_server import server
from headwater.configuration import carrying_out, folder
from headwater.configuration.folder import Folder
from headwater.configuration.impact import with_impact
from headwater.configuration.model import Action, Step
from headwater.errors import BadRequestError
from headwater.kit.clock import SystemClock, isoformat

app = App(name="config", help="Keep the configuration in files: pull, validate, diff, apply.")

Root = Annotated[Path, Parameter(help="The folder of YAML files.")]
Days = Annotated[
    float, Parameter(help="How many days' events and people to count for each change.")
]
Keep = Annotated[bool, Parameter(help="Delete nothing that has no file.", negative="")]

_SIGNS = {Action.CREATE: "+", Action.CHANGE: "~", Action.DELETE: "-"}


@app.command
def pull(root: Root = Path("config"), /, *, options: ClientOptions | None = None) -> None:
    """Write what the server has into the folder: one file for each resource.

    Secrets are written as references. Files of resources that are gone go.
    """
    with server(settings_of(options)) as connection:
        there = carrying_out.pulled(partial(call, connection))
    before = _read(root) if root.exists() else Folder({}, {}, ())
    changed = folder.write(root, carrying_out.documents(there, before))
    for name in changed:
        print(root / name)
    print(f"{len(there)} resources, {len(changed)} files changed.", file=sys.stderr)


@app.command
def validate(root: Root = Path("config"), /) -> None:
    """Check the files without a server: every problem is listed; exit status 1 if there are any."""
    found = _read(root)
    print(f"{len(found.documents)} resources, no problems.", file=sys.stderr)


@app.command
def diff(
    root: Root = Path("config"),
    /,
    *,
    json: Annotated[bool, Parameter(help="As JSON.", negative="")] = False,
    no_delete: Keep = False,
    days: Days = 7.0,
    options: ClientOptions | None = None,
) -> None:
    """Say what applying the folder would create, change and delete; exit status 1 if anything.

    Each change that touches events says how many events and people of the last days it does.
    """
    found = _read(root)
    with server(settings_of(options)) as connection:
        steps = _planned(found, root, connection, deletes=not no_delete, days=days)
    _show_as_json(steps) if json else _show(steps)
    if steps:
        raise SystemExit(1)


@app.command
def apply(
    root: Root = Path("config"),
    /,
    *,
    yes: Annotated[bool, Parameter(help="Do not ask first.", negative="")] = False,
    no_delete: Keep = False,
    days: Days = 7.0,
    options: ClientOptions | None = None,
) -> None:
    """Make the server's configuration that of the folder, after showing what that changes.

    Doing it twice does nothing the second time.
    """
    found = _read(root)
    with server(settings_of(options)) as connection:
        steps = _planned(found, root, connection, deletes=not no_delete, days=days)
        _show(steps)
        if not steps:
            return
        _require_consent(yes=yes)
        api = partial(call, connection)
        carrying_out.carry_out(steps, api, os.environ, root, done=_say)
    print(f"{len(steps)} changes made.", file=sys.stderr)


def _read(root: Path) -> Folder:
    """The folder's documents. Raises BadRequestError, which lists all problems."""
    if not root.is_dir():
        raise BadRequestError(
            f"There is no folder {root}.", hint=f"Make one with: headwater config pull {root}"
        )
    found = folder.read(root)
    if found.problems:
        lines = "\n".join(f"  {each.path}: {each.message}" for each in found.problems)
        raise BadRequestError(
            f"The folder {root} has {len(found.problems)} problems:\n{lines}",
            hint="Mend the files; nothing was changed.",
        )
    return found


def _planned(
    found: Folder, root: Path, connection: Connection, *, deletes: bool, days: float
) -> Sequence[Step]:
    if not 0 < days <= 3650:
        raise BadRequestError(f"--days must be more than 0 and at most 3650, not {days:g}.")
    api = partial(call, connection)
    there = carrying_out.pulled(api)
    steps = carrying_out.steps(found, there, os.environ, root, deletes=deletes)
    return with_impact(steps, api, days=days, now=isoformat(SystemClock().now()).rstrip("Z"))


def _require_consent(*, yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise BadRequestError(
            "Nothing was changed: nobody can be asked here.", hint="Say --yes to go on."
        )
    if input("Apply? [y/N] ").strip().lower() not in ("y", "yes"):
        raise SystemExit(1)


def _say(step: Step) -> None:
    print(f"{_SIGNS[step.action]} {step.kind} {step.key}", file=sys.stderr)


def _show(steps: Sequence[Step]) -> None:
    for step in steps:
        print(f"{_SIGNS[step.action]} {step.kind} {step.key}{_impact(step)}")
        for each in step.differences:
            print(f"    {each.path}: {_short(each.before)} -> {_short(each.after)}")
    counts = {action: sum(step.action is action for step in steps) for action in Action}
    said = ", ".join(f"{count} to {action}" for action, count in counts.items())
    print(said if steps else "Nothing to change.")


def _impact(step: Step) -> str:
    if step.impact is None:
        return ""
    figure = step.impact
    return f"  ({figure.events:,} events of {figure.people:,} people in {figure.days:g} days)"


def _short(value: Any) -> str:
    if value is None:
        return "nothing"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else f"{text[:80]}…"


def _show_as_json(steps: Sequence[Step]) -> None:
    shown = [
        {
            "action": step.action.value,
            "kind": step.kind,
            "key": step.key,
            "differences": [
                {"path": each.path, "before": each.before, "after": each.after}
                for each in step.differences
            ],
            "impact": None
            if step.impact is None
            else {
                "events": step.impact.events,
                "people": step.impact.people,
                "days": step.impact.days,
            },
        }
        for step in steps
    ]
    print(json.dumps(shown, ensure_ascii=False, indent=2))
