"""`headwater plan infer` and `headwater plan drift`: what events say of plans."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from headwater.cli.connection import Connection, call
from headwater.cli.options import ClientOptions, settings_of
from headwater.cli.planned import PATH, PlanName, file_of, pages, plan_of, sent, tell_changes
from headwater.cli.private_server import server
from headwater.errors import BadRequestError, NotFoundError
from headwater.plans.files import writing
from headwater.plans.files.comparing import changes
from headwater.plans.files.model import PlanFile
from headwater.plans.inferring.choosing import chosen
from headwater.plans.inferring.model import ASPECTS
from headwater.plans.model import Rule, RuleType

Aspect = Literal["required", "enums", "ranges", "formats"]


def infer(
    *,
    source: Annotated[str, Parameter(help="Whose events, by name, slug or id.")],
    last: Annotated[int, Parameter(help="The most events to take, the newest.")] = 10_000,
    since: Annotated[str, Parameter(help="Only events received since (ISO 8601).")] = "",
    only: Annotated[
        tuple[str, ...], Parameter(help="Take these events alone, by name or type.")
    ] = (),
    leave_out: Annotated[
        tuple[Aspect, ...], Parameter(help="What not to take: types are always taken.")
    ] = (),
    rare: Annotated[
        bool, Parameter(negative=(), help="Also take events that hardly occur.")
    ] = False,
    plan: Annotated[
        str | None, Parameter(help="The plan to write or push; else named by the source.")
    ] = None,
    output: Annotated[Path | None, Parameter(help="Write the plan into this file.")] = None,
    push: Annotated[
        bool, Parameter(negative=(), help="Make the plan, or add to it what it lacks.")
    ] = False,
    replace: Annotated[
        bool, Parameter(negative=(), help="With --push: also rules that the plan has.")
    ] = False,
    format: Annotated[  # noqa: A002
        Literal["text", "json"], Parameter(help="For people, or for programs.")
    ] = "text",
    options: ClientOptions | None = None,
) -> None:
    """Propose a plan by what a source sends, with the evidence for it."""
    with server(settings_of(options)) as connection:
        body = {"sourceId": source, "last": last, "since": since}
        found = call(connection, "POST", f"{PATH}/infer", body)["inferred"]
        taken = [each for each in found["proposals"] if _is_taken(each, only, rare)]
        rules = [_rule(each, leave_out) for each in taken]
        name = plan or source
        if format == "json":
            print(json.dumps(found, ensure_ascii=False, indent=2))
        else:
            _tell(found, taken)
        if output is not None:
            form: writing.Format = "json" if output.suffix == ".json" else "yaml"
            output.write_text(writing.text(PlanFile(name, "", rules), form), "utf-8")
            print(f"Written: {output}")
        if push:
            _push(connection, name, rules, replace=replace)


def drift(
    plan: PlanName,
    /,
    *,
    check: Annotated[bool, Parameter(negative=(), help="Look now, before telling.")] = False,
    accept: Annotated[
        tuple[str, ...], Parameter(help="Take these into the plan, by id; `all` are all.")
    ] = (),
    dismiss: Annotated[
        tuple[str, ...], Parameter(help="Do not tell these again, by id; `all` are all.")
    ] = (),
    options: ClientOptions | None = None,
) -> int:
    """Print what is sent otherwise than planned. Exit status 1 where something waits."""
    if accept and dismiss:
        raise BadRequestError("Accept or dismiss, one at a time.")
    with server(settings_of(options)) as connection:
        path = f"{PATH}/{plan_of(connection, plan)['id']}/drifts"
        if check:
            call(connection, "POST", f"{path}/check")
        found = pages(connection, path, "drifts")
        named = accept or dismiss
        if named:
            ids = [each["id"] for each in found if named == ("all",) or each["id"] in named]
            unknown = [] if named == ("all",) else sorted(set(named) - set(ids))
            if unknown or not ids:
                raise NotFoundError(f"There is no open drift {', '.join(unknown) or 'at all'}.")
            for at in range(0, len(ids), 200):
                verb = "accept" if accept else "dismiss"
                call(connection, "POST", f"{path}/{verb}", {"driftIds": ids[at : at + 200]})
            print(f"{'Accepted' if accept else 'Dismissed'}: {len(ids)}")
            return 0
    for each in found:
        print(f"{each['id']}  {each['text']}")
    return int(bool(found))


def _is_taken(proposal: Mapping[str, Any], only: Sequence[str], rare: bool) -> bool:
    names = {proposal["key"], proposal["type"], proposal["type"].lower()}
    return bool(names & set(only)) if only else rare or not proposal["isRare"]


def _rule(proposal: Mapping[str, Any], leave_out: Sequence[Aspect]) -> Rule:
    aspects = [each for each in ASPECTS if each not in leave_out]
    schema = chosen(proposal["jsonSchema"], aspects=aspects)
    return Rule(RuleType(proposal["type"]), proposal["key"], proposal["version"], schema)


def _push(connection: Connection, name: str, rules: Sequence[Rule], *, replace: bool) -> None:
    try:
        held = plan_of(connection, name)
        before = {rule.id: rule for rule in file_of(connection, held).rules}
    except NotFoundError:
        body = {"name": name, "type": "LIVE"}
        held, before = call(connection, "POST", PATH, body)["trackingPlan"], {}
        print(f"{name}: made")
    wanted = [rule for rule in rules if replace or rule.id not in before]
    found = changes([before[each.id] for each in wanted if each.id in before], wanted)
    if found:
        call(connection, "PATCH", f"{PATH}/{held['id']}/rules", {"rules": sent(wanted)})
    tell_changes(found)
    print(f"{name}: {len(found)} rules added or changed")


def _tell(found: Mapping[str, Any], taken: Sequence[Mapping[str, Any]]) -> None:
    """Print proposals with their evidence, for people."""
    since = f" since {found['since']}" if found["since"] else ""
    print(f"{found['events']:,} events{since}, of {len(found['proposals'])} kinds")
    if found["overlooked"]:
        print(f"{found['overlooked']:,} more had names beyond those that are kept")
    for each in found["proposals"]:
        mark = "" if each in taken else "  (not taken)"
        print(f"\n{each['key'] or each['type'].lower()}  {each['events']:,} events{mark}")
        for one in each["evidence"]:
            need = "required" if one["isRequired"] else "optional" if one["isProposed"] else "rare"
            types = ", ".join(f"{t['value']} {t['count']:,}" for t in one["types"])
            print(f"    {one['path']}  {need}, in {one['seen']:,} of {one['of']:,}: {types}")
            said = {k: v for k, v in one["rule"].items() if k in ("enum", "format", "minimum")}
            if "maximum" in one["rule"]:
                said["maximum"] = one["rule"]["maximum"]
            if said:
                print(f"        {json.dumps(said, ensure_ascii=False)}")
            for slip in one["slips"]:
                print(f"        against it: {slip['kind']} {slip['detail']} ({slip['count']:,})")
