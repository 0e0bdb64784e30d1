"""What the commands of tracking plans have in common: plans of a server and plans in files."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Final
from urllib.parse import quote

import msgspec
from cyclopts import Parameter

from headwater.cli.connection import Connection, call
from headwater.errors import NotFoundError
from headwater.plans.files import reading
from headwater.plans.files.comparing import RuleChange
from headwater.plans.files.model import PlanFile
from headwater.plans.files.reading import UnreadableError
from headwater.plans.model import Rule, RuleType

PATH: Final = "/api/tracking-plans"
PlanName = Annotated[str, Parameter(help="A tracking plan, by name, slug or id.")]
_SIGNS: Final = {"added": "+", "removed": "-", "changed": "~"}


def pages(connection: Connection, path: str, name: str) -> list[dict[str, Any]]:
    """All items of a list, page by page."""
    found: list[dict[str, Any]] = []
    cursor = ""
    while True:
        data = call(connection, "GET", f"{path}?pagination.count=200&pagination.cursor={cursor}")
        found += data[name]
        cursor = quote(data["pagination"].get("next", ""))
        if not cursor:
            return found


def plan_of(connection: Connection, named: str) -> dict[str, Any]:
    """The plan with this name, slug or id. Raises NotFoundError."""
    for plan in pages(connection, PATH, "trackingPlans"):
        if named in (plan["id"], plan["slug"], plan["name"]):
            return plan
    raise NotFoundError(f"There is no tracking plan {named!r}.", hint="See `headwater plan list`.")


def source_of(connection: Connection, named: str) -> dict[str, Any]:
    """The source with this name, slug or id. Raises NotFoundError."""
    for source in pages(connection, "/api/sources", "sources"):
        if named in (source["id"], source["slug"], source["name"]):
            return source
    raise NotFoundError(f"There is no source {named!r}.", hint="See `headwater source list`.")


def file_of(connection: Connection, plan: Mapping[str, Any]) -> PlanFile:
    """A plan of the server, as a file has it."""
    rules = pages(connection, f"{PATH}/{plan['id']}/rules", "rules")
    return PlanFile(plan["name"], plan.get("description", ""), rules_of(rules))


def rules_of(found: Sequence[Mapping[str, Any]]) -> tuple[Rule, ...]:
    """Rules as the API writes them, without their times."""
    return tuple(
        Rule(RuleType(each["type"]), each.get("key", ""), each["version"], each["jsonSchema"])
        for each in found
    )


def sent(rules: Sequence[Rule]) -> list[dict[str, Any]]:
    """Rules as the API takes them."""
    return [
        {"type": each.type, "version": each.version, "jsonSchema": each.json_schema}
        | ({"key": each.key} if each.key else {})
        for each in rules
    ]


def opened(path: Path) -> PlanFile:
    """The plan in a file; prints all that is wrong with it. Raises UnreadableError."""
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        raise NotFoundError(f"{path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise NotFoundError(f"{path} is no text in UTF-8.") from None
    try:
        return reading.read(text)
    except UnreadableError as error:
        for problem in error.problems[1:]:
            at = f"{problem.path}: " if problem.path else ""
            print(f"{path}: {at}{problem.message} {problem.remedy}", file=sys.stderr)
        raise


def tell_changes(found: Sequence[RuleChange]) -> None:
    """Print what differs, by rule and property."""
    for rule in found:
        print(f"{_SIGNS[rule.effect]} {rule.at}")
        if rule.effect != "changed":
            continue
        for each in rule.properties:
            print(f"    {_SIGNS[each.effect]} {each.path or '(the rule)'}")
            for side, sign in ((each.before, "-"), (each.after, "+")):
                if side is not None:
                    print(f"        {sign} {_short(side)}")


def _short(value: object) -> str:
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= 160 else f"{text[:159]}…"
