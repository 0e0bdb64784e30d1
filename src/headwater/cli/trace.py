"""`headwater trace`: the way of one event through all stages."""

import json as json_text
from typing import Annotated, Any, Final
from urllib.parse import quote

from cyclopts import Parameter
from rich.console import Console

from headwater.cli.connection import call, require
from headwater.cli.options import ClientOptions, settings_of

_SIDES: Final = ("before", "after")
_SIGNS: Final = {"done": "✓", "failed": "✗", "waiting": "…", "gone": "·", "none": "·"}


def trace(
    message_id: Annotated[str, Parameter(help="The event's messageId.")],
    /,
    *,
    json: Annotated[bool, Parameter(help="As JSON, for programs.", negative="")] = False,
    options: ClientOptions | None = None,
) -> None:
    """Show an event's way: received, pipeline, accepted, loaded, deliveries; and what was changed
    between what came and what is delivered."""
    connection = require(settings_of(options))
    found = call(connection, "GET", f"/api/events/{quote(message_id, safe='')}")["trace"]
    if json:
        print(json_text.dumps(found, ensure_ascii=False, indent=2))
    else:
        _show(found)


def _show(found: dict[str, Any]) -> None:
    console = Console(soft_wrap=True, highlight=False, markup=False)
    why = " ".join(part for part in (found["reason"], found["detail"]) if part)
    console.print(f"{found['messageId']}: {found['outcome']}{f' ({why})' if why else ''}")
    for stage in found["stages"]:
        at = f"  {stage['at']}" if stage["at"] else ""
        console.print(f"  {_SIGNS[stage['state']]} {stage['name']}{at}  {_facts(stage)}".rstrip())
    if found["differences"]:
        console.print("Changed on the way:")
    for each in found["differences"]:
        before, after = (json_text.dumps(each[name], ensure_ascii=False) for name in _SIDES)
        shown = {"added": after, "removed": before, "changed": f"{before} -> {after}"}
        console.print(f"  {each['change']:8} {each['path']}: {shown[each['change']]}")


def _facts(stage: dict[str, Any]) -> str:
    facts = dict(stage["facts"])
    if "tables" in facts:
        facts["tables"] = ", ".join(each["table"] for each in facts["tables"])
    return "  ".join(
        f"{name}={value}" for name, value in facts.items() if value not in (None, "", [])
    )
