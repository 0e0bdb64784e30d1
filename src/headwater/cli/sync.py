"""`headwater sync`: which source wins for which trait, and why somebody has a value."""

import sys
from collections.abc import Mapping
from typing import Annotated, Any, Literal
from urllib.parse import quote

from cyclopts import App, Parameter

from headwater.cli.connection import call
from headwater.cli.options import ClientOptions, settings_of
from headwater.cli.printing import print_json
from headwater.cli.private_server import server
from headwater.cli.trials import json_object
from headwater.syncing.model import Compare, Nulls, Policy

app = App(name="sync", help="Say which source wins for which trait, and see what that decides.")

_PATH = "/api/sync-rules"
Of = Annotated[Literal["people", "organizations"], Parameter(help="Of what.")]
Trait = Annotated[str, Parameter(help="The trait; * is the rule of every trait.")]
Format = Annotated[Literal["text", "json"], Parameter(help="For people, or for programs.")]


@app.command(name="list")
def list_(*, format: Format = "text", options: ClientOptions | None = None) -> None:  # noqa: A002
    """Print the rules."""
    with server(settings_of(options)) as connection:
        found = call(connection, "GET", f"{_PATH}?pagination.count=1000")["syncRules"]
    if format == "json":
        print_json(found)
        return
    for each in found:
        said = ", ".join(f"{name}: {_word(value)}" for name, value in each["rule"].items())
        print(f"{each['subject']:<14} {each['trait']:<24} {said}")


@app.command(name="set")
def set_(
    trait: Trait,
    /,
    *,
    of: Of = "people",
    policy: Annotated[Policy | None, Parameter(help="Which value wins.")] = None,
    order: Annotated[
        str | None, Parameter(help="Sources by their slugs, the first one first: crm,web.")
    ] = None,
    exclude: Annotated[
        str | None, Parameter(help="Sources whose values do not count: a,b.")
    ] = None,
    fresh_days: Annotated[
        int | None,
        Parameter(help="A value so many days older than another's yields to it; 0 is never."),
    ] = None,
    source_fresh_days: Annotated[
        str | None, Parameter(help='The same of some sources: {"web": 30}.')
    ] = None,
    skip_empty: Annotated[bool | None, Parameter(help="Whether blank is no value.")] = None,
    nulls: Annotated[Nulls | None, Parameter(help="What an explicit null does.")] = None,
    compare: Annotated[Compare | None, Parameter(help="When values are the same.")] = None,
    trial: Annotated[
        bool, Parameter(name="--try", negative=(), help="Only say what it would change.")
    ] = False,
    options: ClientOptions | None = None,
) -> None:
    """Set the rule of a trait whole, or say with --try what it would change."""
    rule: dict[str, Any] = {
        "policy": policy,
        "order": _slugs(order),
        "exclude": _slugs(exclude),
        "freshDays": fresh_days,
        "sourceFreshDays": None
        if source_fresh_days is None
        else json_object(source_fresh_days, "--source-fresh-days"),
        "skipEmpty": skip_empty,
        "nulls": nulls,
        "compare": compare,
    }
    rule = {name: value for name, value in rule.items() if value is not None}
    with server(settings_of(options)) as connection:
        if trial:
            body = {"trait": trait, "rule": rule}
            _tell(call(connection, "POST", f"{_PATH}/{of}/test", body)["whatIf"])
            return
        print_json(call(connection, "PUT", _rule_path(of, trait), rule)["syncRule"])


@app.command
def remove(trait: Trait, /, *, of: Of = "people", options: ClientOptions | None = None) -> None:
    """Remove the rule of a trait."""
    with server(settings_of(options)) as connection:
        call(connection, "DELETE", _rule_path(of, trait))


@app.command
def conflicts(
    trait: Annotated[str | None, Parameter(help="Only this one, with those who differ.")] = None,
    /,
    *,
    of: Of = "people",
    samples: Annotated[int, Parameter(help="How many people to show.")] = 5,
    format: Format = "text",  # noqa: A002
    options: ClientOptions | None = None,
) -> None:
    """Print how far the sources agree about each trait, or about whom they differ in one."""
    with server(settings_of(options)) as connection:
        if trait is None:
            found = call(connection, "GET", f"{_PATH}/{of}")["overview"]
        else:
            path = f"{_PATH}/{of}/conflicts/{quote(trait, safe='')}?samples={samples}"
            found = call(connection, "GET", path)["conflicts"]
    if format == "json":
        print_json(found)
    elif trait is None:
        _tell_overview(found)
    else:
        for pair in found["pairs"]:
            print(f"{pair['one']} and {pair['other']}: {pair['people']:,}")
        for each in found["people"]:
            _tell_decided(each, each["id"])


@app.command
def explain(
    id: Annotated[str, Parameter(help="A user id, or a group's.")],  # noqa: A002
    trait: Annotated[str | None, Parameter(help="Only this one.")] = None,
    /,
    *,
    of: Of = "people",
    format: Format = "text",  # noqa: A002
    options: ClientOptions | None = None,
) -> None:
    """Print why somebody has these values: what each source says, and what decided."""
    with server(settings_of(options)) as connection:
        path = f"{_PATH}/{of}/explained/{quote(id, safe='')}"
        found = call(connection, "GET", path)["explained"]["traits"]
    found = [each for each in found if trait in (None, each["trait"])]
    if format == "json":
        print_json(found)
        return
    for each in found:
        _tell_decided(each, each["trait"])


def _rule_path(of: str, trait: str) -> str:
    return f"{_PATH}/{of}/rules/{quote(trait, safe='')}"


def _slugs(text: str | None) -> list[str] | None:
    return None if text is None else [each.strip() for each in text.split(",") if each.strip()]


def _word(value: Any) -> str:
    return " > ".join(value) if isinstance(value, list) else str(value)


def _tell_overview(found: Mapping[str, Any]) -> None:
    print(f"{found['total']:,} {found['subject']} of {', '.join(found['sources']) or 'no source'}")
    if found["waiting"]:
        print(f"{found['waiting']:,} are still to be merged", file=sys.stderr)
    print(f"{'trait':<24} {'known':>10} {'several':>10} {'differ':>10} {'stale':>10}")
    for each in found["traits"]:
        print(
            f"{each['trait']:<24} {each['filled']:>10,} {each['several']:>10,}"
            f" {each['differing']:>10,} {each['stale']:>10,}"
        )


def _tell_decided(each: Mapping[str, Any], title: str) -> None:
    decision = each["decision"]
    print(f"{title}: {decision['value']} ({decision['source']}, {decision['decidedBy']})")
    for said in decision["candidates"]:
        print(f"  {said['state']:<10} {said['source']:<20} {said['value']}")


def _tell(found: Mapping[str, Any]) -> None:
    print(f"{found['people']:,} of {found['lookedAt']:,} would change (of {found['total']:,})")
    for each in found["traits"]:
        print(f"  {each['trait']}: {each['people']:,}")
    for each in found["samples"][:10]:
        print(
            f"  {each['id']}: {each['trait']} {each['before']} ({each['beforeSource']})"
            f" -> {each['after']} ({each['afterSource']})"
        )
