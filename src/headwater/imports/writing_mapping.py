"""A mapping as the text of a mapping file: what differs from the defaults."""

from collections.abc import Mapping
from typing import Any

import msgspec
import tomli_w

from headwater.imports.model import ColumnRule, EventRule, FileMapping, FileRules


def mapping_text(mapping: FileMapping) -> str:
    """TOML that `read_mapping` reads as this mapping."""
    written: dict[str, Any] = {}
    if file := _changed(mapping.file, FileRules()):
        written["file"] = file
    if mapping.columns:
        written["columns"] = {name: _column(rule) for name, rule in mapping.columns.items()}
    for name in ("skip", "reject"):
        if rules := getattr(mapping, name):
            written[name] = msgspec.to_builtins(rules)
    if mapping.events:
        written["events"] = [
            {"type": rule.type, **_changed(rule, EventRule())} for rule in mapping.events
        ]
    return tomli_w.dumps(written)


def _column(rule: str | ColumnRule) -> Any:
    if isinstance(rule, str):
        return rule
    kept = {"type": rule.type, **_changed(rule, ColumnRule())}
    return rule.type if set(kept) == {"type"} else kept


def _changed(value: msgspec.Struct, default: msgspec.Struct) -> dict[str, Any]:
    usual: Mapping[str, Any] = msgspec.to_builtins(default)
    return {
        name: each
        for name, each in msgspec.to_builtins(value).items()
        if each != usual[name] and each is not None
    }
