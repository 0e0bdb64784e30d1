"""`headwater plan`: tracking plans, kept on the server and in files."""

import json
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter

from headwater.cli import plan_checks, plan_learning
from headwater.cli.connection import call
from headwater.cli.options import ClientOptions, settings_of
from headwater.cli.planned import (
    PATH,
    PlanName,
    file_of,
    opened,
    pages,
    plan_of,
    rules_of,
    sent,
    source_of,
    tell_changes,
)
from headwater.cli.private_server import server
from headwater.errors import InvalidError, NotFoundError
from headwater.plans.files import writing
from headwater.plans.files.comparing import changes
from headwater.plans.files.model import PlanFile
from headwater.plans.linting.linting import lint

app = App(name="plan", help="Tracking plans: keep them in files, infer them, make code of them.")
app.command(plan_checks.lint_, name="lint")
app.command(plan_checks.generate_, name="generate")
app.command(plan_learning.infer)
app.command(plan_learning.drift)

Format = Annotated[Literal["text", "json"], Parameter(help="For people, or for programs.")]
FileFormat = Annotated[Literal["yaml", "json"], Parameter(help="How the file is written.")]
Files = Annotated[Path, Parameter(help="Files of plans, YAML or JSON, or folders of them.")]
Source = Annotated[str, Parameter(help="A source, by name, slug or id.")]


@app.command(name="list")
def list_(*, format: Format = "text", options: ClientOptions | None = None) -> None:  # noqa: A002
    """Print the tracking plans."""
    with server(settings_of(options)) as connection:
        found = pages(connection, PATH, "trackingPlans")
    if format == "json":
        print(json.dumps(found, ensure_ascii=False, indent=2))
        return
    for each in found:
        print(f"{each['id']}  {each['type']:<8}  {each['name']}")


@app.command
def show(
    plan: PlanName,
    /,
    *,
    format: FileFormat = "yaml",  # noqa: A002
    options: ClientOptions | None = None,
) -> None:
    """Print a plan as its file has it."""
    with server(settings_of(options)) as connection:
        found = file_of(connection, plan_of(connection, plan))
    print(writing.text(found, format), end="")


@app.command
def pull(
    *plans: PlanName,
    folder: Annotated[Path, Parameter(help="Where the files are written.")] = Path("plans"),
    format: FileFormat = "yaml",  # noqa: A002
    options: ClientOptions | None = None,
) -> None:
    """Write plans into files, one each, named by their slugs. Without a name, all of them."""
    with server(settings_of(options)) as connection:
        wanted = (
            [plan_of(connection, each) for each in plans]
            if plans
            else pages(connection, PATH, "trackingPlans")
        )
        found = {each["slug"]: file_of(connection, each) for each in wanted}
    folder.mkdir(parents=True, exist_ok=True)
    for slug, plan in found.items():
        path = folder / f"{slug}.{format}"
        path.write_text(writing.text(plan, format), "utf-8")
        print(path)


@app.command
def push(
    *files: Files,
    force: Annotated[bool, Parameter(negative=(), help="Also with errors in linting.")] = False,
    options: ClientOptions | None = None,
) -> None:
    """Make plans as their files say, and print what changes. A plan that there is not is made."""
    plans = _read(files)
    for path, plan in plans:
        errors = [each for each in lint(plan.rules) if each.level == "error"]
        if errors and not force:
            raise InvalidError(
                f"{path}: {errors[0].path}: {errors[0].message}"
                + (f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""),
                hint="See `headwater plan lint`; --force sends it all the same.",
            )
    with server(settings_of(options)) as connection:
        for _, plan in plans:
            try:
                held = plan_of(connection, plan.name)
                before = file_of(connection, held)
            except NotFoundError:
                body = {"name": plan.name, "description": plan.description, "type": "LIVE"}
                held = call(connection, "POST", PATH, body)["trackingPlan"]
                before = PlanFile(plan.name, plan.description)
                print(f"{plan.name}: made")
            at = f"{PATH}/{held['id']}"
            if plan.description != before.description:
                call(connection, "PATCH", at, {"description": plan.description})
                print(f"{plan.name}: described anew")
            found = changes(before.rules, plan.rules)
            if found:
                call(connection, "PUT", f"{at}/rules", {"rules": sent(plan.rules)})
                print(f"{plan.name}: {len(found)} of its rules changed")
                tell_changes(found)
            else:
                print(f"{plan.name}: nothing differs")


@app.command
def diff(*files: Files, options: ClientOptions | None = None) -> int:
    """Print what `push` would change, by event and property. Exit status 1 where it would."""
    plans = _read(files)
    differs = False
    with server(settings_of(options)) as connection:
        for _, plan in plans:
            try:
                before = file_of(connection, plan_of(connection, plan.name))
            except NotFoundError:
                before = PlanFile(plan.name)
                print(f"{plan.name}: would be made")
                differs = True
            found = changes(before.rules, plan.rules)
            if plan.description != before.description:
                print(f"{plan.name}: would be described anew")
                differs = True
            if found:
                print(f"{plan.name}: {len(found)} of its rules would change")
                tell_changes(found)
                differs = True
    return int(differs)


@app.command
def versions(
    plan: PlanName,
    /,
    *,
    changed: Annotated[
        int | None, Parameter(help="Say what going back to this version would change.")
    ] = None,
    options: ClientOptions | None = None,
) -> None:
    """Print the versions of a plan, the newest first."""
    with server(settings_of(options)) as connection:
        held = plan_of(connection, plan)
        path = f"{PATH}/{held['id']}/versions"
        if changed is not None:
            saved = call(connection, "GET", f"{path}/{changed}")["plan"]
            now = file_of(connection, held)
            tell_changes(changes(now.rules, rules_of(saved["rules"])))
            return
        found = pages(connection, path, "versions")
    for each in found:
        print(
            f"{each['version']:>5}  {each['createdAt']}  {each['ruleCount']:>5} rules  "
            f"{each['createdBy']}  {each['note']}".rstrip()
        )


@app.command
def rollback(
    plan: PlanName,
    version: Annotated[int, Parameter(help="The number of a version.")],
    /,
    *,
    options: ClientOptions | None = None,
) -> None:
    """Make the rules of a plan those of an older version. That is a new version of it."""
    with server(settings_of(options)) as connection:
        held = plan_of(connection, plan)
        call(connection, "POST", f"{PATH}/{held['id']}/versions/{version}/restore")
    print(f"{held['name']}: its rules are those of version {version}")


@app.command
def connect(plan: PlanName, source: Source, /, *, options: ClientOptions | None = None) -> None:
    """Hold the events of a source to a plan."""
    with server(settings_of(options)) as connection:
        body = {"sourceId": source_of(connection, source)["id"]}
        call(connection, "POST", f"{PATH}/{plan_of(connection, plan)['id']}/sources", body)


@app.command
def disconnect(plan: PlanName, source: Source, /, *, options: ClientOptions | None = None) -> None:
    """Let the events of a source be as they are."""
    with server(settings_of(options)) as connection:
        source_id = source_of(connection, source)["id"]
        path = f"{PATH}/{plan_of(connection, plan)['id']}/sources?sourceId={source_id}"
        call(connection, "DELETE", path)


@app.command
def delete(plan: PlanName, /, *, options: ClientOptions | None = None) -> None:
    """Remove a plan, with all its versions."""
    with server(settings_of(options)) as connection:
        call(connection, "DELETE", f"{PATH}/{plan_of(connection, plan)['id']}")


def _read(files: tuple[Path, ...]) -> list[tuple[Path, PlanFile]]:
    """The plans of files; those of a folder are all of its YAML and JSON files."""
    if not files:
        raise NotFoundError("No file was named.", hint="Name the files of plans, or their folder.")
    paths = [
        path
        for each in files
        for path in (
            sorted(p for p in each.iterdir() if p.suffix in (".yaml", ".yml", ".json"))
            if each.is_dir()
            else [each]
        )
    ]
    return [(path, opened(path)) for path in paths]
