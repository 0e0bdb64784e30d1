"""From a plan to the text of its file. Pure."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import yaml

from headwater.plans.files.entries import entry
from headwater.plans.files.model import SINGLE, PlanFile
from headwater.plans.model import Rule, RuleType

Format = Literal["yaml", "json"]


def text(plan: PlanFile, form: Format = "yaml") -> str:
    """The file of a plan."""
    written = document(plan)
    if form == "json":
        return json.dumps(written, ensure_ascii=False, indent=2) + "\n"
    return yaml.dump(
        written, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100, indent=2
    )


def document(plan: PlanFile) -> dict[str, Any]:
    """The content of a plan's file; equal plans have equal ones."""
    made: dict[str, Any] = {"name": plan.name}
    if plan.description:
        made["description"] = plan.description
    tracked: dict[str, list[Rule]] = defaultdict(list)
    single: dict[RuleType, list[Rule]] = defaultdict(list)
    for each in sorted(plan.rules, key=lambda rule: rule.id):
        if each.type is RuleType.TRACK:
            tracked[each.key].append(each)
        else:
            single[each.type].append(each)
    for name, type_ in SINGLE.items():
        if type_ in single:
            made[name] = _entries(single[type_])
    if tracked:
        made["events"] = {name: _entries(rules) for name, rules in tracked.items()}
    return made


def _entries(rules: Sequence[Rule]) -> Mapping[str, Any]:
    """The entry of the rule of a name, or those of its versions."""
    if len(rules) > 1:
        return {"versions": {rule.version: entry(rule.type, rule.json_schema) for rule in rules}}
    [only] = rules
    made = entry(only.type, only.json_schema)
    return made if only.version == 1 else {"version": only.version, **made}


class _Dumper(yaml.SafeDumper):
    """Writes lists within, never refers from one place to another, and quotes what plain text
    would not bring back."""

    def represent_str(self, data: str) -> yaml.ScalarNode:
        style = '"' if not data.isprintable() or data != data.strip() else None
        return self.represent_scalar("tag:yaml.org,2002:str", data, style=style)

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002
        return super().increase_indent(flow, False)


_Dumper.add_representer(str, _Dumper.represent_str)
