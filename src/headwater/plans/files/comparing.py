"""What differs between the rules of two plans, by event and property. Pure."""

from collections.abc import Iterator, Sequence
from typing import Any, Literal

import msgspec

from headwater.plans.files.model import MEMBERS, where
from headwater.plans.inferring import paths
from headwater.plans.model import Rule, RuleType

Effect = Literal["added", "removed", "changed"]
_STRUCTURE = ("properties", "required", "items")


class PropertyChange(msgspec.Struct, frozen=True):
    """A property (or, with an empty path, the rule itself) that differs."""

    path: str
    effect: Effect
    before: dict[str, Any] | None
    after: dict[str, Any] | None


class RuleChange(msgspec.Struct, frozen=True):
    """A rule that differs, and how."""

    type: RuleType
    key: str
    version: int
    effect: Effect
    properties: Sequence[PropertyChange]

    @property
    def at(self) -> str:
        return where(Rule(self.type, self.key, self.version))


def changes(before: Sequence[Rule], after: Sequence[Rule]) -> list[RuleChange]:
    """How rules become others, in the order of their types and names; none where they are equal."""
    held, wanted = ({rule.id: rule for rule in rules} for rules in (before, after))
    found: list[RuleChange] = []
    for key in sorted(held.keys() | wanted.keys()):
        old, new = held.get(key), wanted.get(key)
        if old is not None and new is not None and old.json_schema == new.json_schema:
            continue
        effect: Effect = "added" if old is None else "removed" if new is None else "changed"
        was, becomes = _facts(old), _facts(new)
        properties = [
            PropertyChange(path, _effect(path, was, becomes), was.get(path), becomes.get(path))
            for path in sorted(was.keys() | becomes.keys())
            if was.get(path) != becomes.get(path)
        ]
        if effect == "changed" and not properties:
            properties = [PropertyChange("", "changed", _whole(old), _whole(new))]
        found.append(RuleChange(key.type, key.key, key.version, effect, properties))
    return found


def _effect(path: str, was: dict[str, Any], becomes: dict[str, Any]) -> Effect:
    return "added" if path not in was else "removed" if path not in becomes else "changed"


def _whole(rule: Rule | None) -> dict[str, Any] | None:
    return None if rule is None else {"schema": rule.json_schema}


def _facts(rule: Rule | None) -> dict[str, dict[str, Any]]:
    """What a rule says of each property by its path: its keywords, and whether it is required."""
    if rule is None or rule.json_schema is None:
        return {} if rule is None else {"": {"schema": None}}
    return dict(_walk(rule.json_schema, "", None, hides=MEMBERS.get(rule.type)))


def _walk(
    schema: Any, path: str, is_required: bool | None, hides: str | None = None
) -> Iterator[tuple[str, dict[str, Any]]]:
    if not isinstance(schema, dict):
        yield path, {"schema": schema}
        return
    said = {word: value for word, value in schema.items() if word not in _STRUCTURE}
    for word in _STRUCTURE:  # those that have not the usual form are told as they are
        if word in schema and not _is_usual(word, schema[word]):
            said[word] = schema[word]
    if is_required is not None:
        said["required"] = is_required
    if said:
        yield path, said
    properties = schema.get("properties")
    if isinstance(properties, dict):
        required = schema.get("required", [])
        names = set(required) if _is_usual("required", required) else set()
        for name, inner in properties.items():
            # The object that a rule is about is required where one of its members is.
            told = None if name == hides else name in names
            yield from _walk(inner, paths.below(path, name), told)
    if isinstance(schema.get("items"), dict):
        yield from _walk(schema["items"], paths.items(path), None)


def _is_usual(word: str, value: Any) -> bool:
    if word == "required":
        return isinstance(value, list) and all(isinstance(name, str) for name in value)
    return isinstance(value, dict)
