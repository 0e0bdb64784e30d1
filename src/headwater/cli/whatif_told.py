"""What what-if found, for people."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from headwater.cli.trials import short

_MOST = 10
_SIGNS = {"create": "+", "change": "~", "delete": "-"}


def tell(run: Mapping[str, Any]) -> None:
    """Print a run that is done."""
    for line in _lines(run):
        print(line)


def _lines(run: Mapping[str, Any]) -> Iterator[str]:
    result = run["result"]
    summary = result["summary"]
    for step in run["steps"]:
        yield f"{_SIGNS.get(step['action'], step['action'])} {step['kind']} {step['key']}"
    if not run["steps"]:
        yield "Nothing would be changed."
    if run["passedOver"]:
        yield f"Passed over, since they govern nothing: {', '.join(run['passedOver'])}"
    effects = ", ".join(f"{count:,} {_said(each)}" for each, count in summary["effects"].items())
    people = f" of {summary['people']:,} people" if summary["people"] else ""
    yield f"\n{summary['read']:,} events read: {effects or 'nothing differs'}{people}"
    yield from _accounts(summary)
    yield from _counted("by rule or plan", _touched(summary, run["names"]))
    yield from _counted("by violation of a plan", _violations(summary, run["names"]))
    yield from _counted("by event", _by_event(summary["events"]))
    yield from _counted("by member", _by_field(summary["fields"]))
    yield from _counted("in the warehouse", list(_warehouse(summary["warehouse"])))
    for each in result["samples"]:
        name = each["event"] or each["type"]
        yield f"\n{_said(each['effect'])}  {name}  {each['messageId']}  {each['detail']}".rstrip()
        for found in each["differences"]:
            yield f"    {found['path']}: {short(found['before'])} -> {short(found['after'])}"


def _said(effect: str) -> str:
    return effect.replace("_", " ")


def _accounts(summary: Mapping[str, Any]) -> Iterator[str]:
    before, after = summary["before"], summary["after"]
    for name in ("accepted", "duplicates"):
        if before[name] != after[name]:
            yield f"  {name}: {before[name]:,} -> {after[name]:,}"
    for name in ("quarantined", "dropped"):
        for reason in sorted({*before[name], *after[name]}):
            was, becomes = before[name].get(reason, 0), after[name].get(reason, 0)
            if was != becomes:
                yield f"  {name} ({reason}): {was:,} -> {becomes:,}"


def _counted(title: str, lines: Sequence[str]) -> Iterator[str]:
    if not lines:
        return
    yield f"\n{title}:"
    for line in lines[:_MOST]:
        yield f"  {line}"
    if len(lines) > _MOST:
        yield f"  … and {len(lines) - _MOST:,} more"


def _touched(summary: Mapping[str, Any], names: Mapping[str, str]) -> list[str]:
    return [
        f"{names.get(each['id'], each['id'])}: {each['before']:,} -> {each['after']:,} touched"
        for each in summary["touched"]
        if each["before"] != each["after"]
    ]


def _violations(summary: Mapping[str, Any], names: Mapping[str, str]) -> list[str]:
    return [
        f"{names.get(each['planId'], each['planId'])}: {_said(each['violation'])}"
        f" {each['event'] or each['type']} {each['field']}".rstrip()
        + f": {each['before']:,} -> {each['after']:,}"
        for each in summary["violations"]
    ]


def _by_event(events: Sequence[Mapping[str, Any]]) -> list[str]:
    return [
        f"{each['event'] or each['type']}: "
        + ", ".join(f"{count:,} {_said(effect)}" for effect, count in each["effects"].items())
        for each in events
    ]


def _by_field(fields: Sequence[Mapping[str, Any]]) -> list[str]:
    return [
        f"{each['path']}: "
        + ", ".join(
            f"{each[name]:,} {name}" for name in ("added", "removed", "changed") if each[name]
        )
        for each in fields
    ]


def _warehouse(effect: Mapping[str, Any]) -> Iterator[str]:
    for each in effect["tablesAdded"]:
        yield f"+ table {each['schema']}.{each['table']}"
    for each in effect["columnsAdded"]:
        yield f"+ {each['schema']}.{each['table']}.{each['column']} {each['type']}"
    for each in effect["typesChanged"]:
        place = f"{each['schema']}.{each['table']}.{each['column']}"
        yield f"~ {place} {each['before']} -> {each['after']}"
    for each in effect["unfilled"]:
        yield f"- {each['schema']}.{each['table']}.{each['column']} is filled no more"
    for each in effect["misfits"]:
        place = f"{each['schema']}.{each['table']}.{each['column']}"
        yield (
            f"! {place}: {each['before']:,} -> {each['after']:,} values without a place"
            f" ({each['reason']}), such as {each['example']}"
        )
    if effect["refusedBefore"] != effect["refusedAfter"]:
        yield f"! refused: {effect['refusedBefore']:,} -> {effect['refusedAfter']:,} events"
