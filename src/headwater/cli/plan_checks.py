"""`headwater plan lint` and `headwater plan generate`."""

import json
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from cyclopts import Parameter

from headwater.cli.options import ClientOptions, settings_of
from headwater.cli.planned import file_of, opened, plan_of
from headwater.cli.private_server import server
from headwater.plans.files.model import PlanFile
from headwater.plans.generating.generating import generate
from headwater.plans.generating.model import Language
from headwater.plans.linting.linting import lint
from headwater.plans.linting.model import Conventions, Style

PlanOrFile = Annotated[str, Parameter(help="A file, or a plan by name, slug or id.")]


def lint_(
    *plans: PlanOrFile,
    event_names: Annotated[Style, Parameter(help="How events are to be named.")] = "majority",
    property_names: Annotated[
        Style, Parameter(help="How properties are to be named.")
    ] = "majority",
    descriptions: Annotated[
        bool, Parameter(help="Whether descriptions that are missing are warned of.")
    ] = True,
    format: Annotated[  # noqa: A002
        Literal["text", "json"], Parameter(help="For people, or for programs.")
    ] = "text",
    options: ClientOptions | None = None,
) -> int:
    """Say what is wrong with plans, where, and what to do. Exit status 1 where there are errors."""
    asked = Conventions(events=event_names, properties=property_names, descriptions=descriptions)
    has_errors = False
    told = []
    for named in plans:
        for each in lint(_plan(named, options).rules, asked):
            has_errors = has_errors or each.level == "error"
            if format == "json":
                told.append({"plan": named, **msgspec.structs.asdict(each)})
            else:
                print(f"{each.level:<7} {each.path}: {each.message} {each.remedy}")
    if format == "json":
        print(json.dumps(told, ensure_ascii=False, indent=2))
    return int(has_errors)


def generate_(
    plan: PlanOrFile,
    /,
    *,
    language: Annotated[Language, Parameter(help="The language of the code.")],
    output: Annotated[Path, Parameter(help="The folder to write it into.")],
    options: ClientOptions | None = None,
) -> None:
    """Write type-safe tracking code: a function for each event of a plan."""
    found = _plan(plan, options)
    code = generate(found.name, found.rules, language)
    output.mkdir(parents=True, exist_ok=True)
    for name, text in code.files.items():
        (output / name).write_text(text, "utf-8")
        print(output / name)


def _plan(named: str, options: ClientOptions | None) -> PlanFile:
    path = Path(named)
    if path.suffix in (".yaml", ".yml", ".json") or path.is_file():
        return opened(path)
    with server(settings_of(options)) as connection:
        return file_of(connection, plan_of(connection, named))
