"""How names are written, and which of them the warehouse cannot tell apart. Pure."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final

from headwater import naming
from headwater.plans.files.model import where
from headwater.plans.linting.model import Finding, Inner, Style, inner_schemas
from headwater.plans.model import Rule, RuleType

_STYLES: Final[Mapping[str, re.Pattern[str]]] = {
    "snake": re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*"),
    "camel": re.compile(r"[a-z][a-z0-9]*([A-Z][A-Za-z0-9]*)*"),
    "kebab": re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*"),
    "pascal": re.compile(r"[A-Z][a-z0-9]*([A-Z][A-Za-z0-9]*)*"),
    "title": re.compile(r"[A-Z0-9][A-Za-z0-9]*( [A-Z0-9][A-Za-z0-9]*)*"),
    "sentence": re.compile(r"[A-Z0-9][A-Za-z0-9]*( [a-z0-9]+)*"),
}
_SHOWN: Final = {
    "snake": "order_completed",
    "camel": "orderCompleted",
    "kebab": "order-completed",
    "pascal": "OrderCompleted",
    "title": "Order Completed",
    "sentence": "Order completed",
}
_ENOUGH: Final = 3
"""Names from which a majority can be told."""


def naming_findings(names: Sequence[tuple[str, str]], style: Style, kind: str) -> Iterator[Finding]:
    """Names (each with its path) that are not written as the others, or as is asked for."""
    wanted = _majority({name for name, _ in names}) if style == "majority" else style
    if wanted is None or wanted == "any":
        return
    pattern = _STYLES[wanted]
    for name, path in names:
        if name.isascii() and not pattern.fullmatch(name):
            yield Finding(
                "warning",
                "naming",
                path,
                f"The {kind} {name!r} is not written like {_SHOWN[wanted]}"
                + (", as most are." if style == "majority" else "."),
                f"Rename it, or allow it with --{kind}-names any.",
            )


def _majority(names: Iterable[str]) -> str | None:
    """The style of more than half of the names; one word has many, and says nothing."""
    counts: Counter[str] = Counter()
    told = 0
    for name in names:
        styles = [style for style, pattern in _STYLES.items() if pattern.fullmatch(name)]
        if len(styles) == 1:
            counts[styles[0]] += 1
            told += 1
    if told < _ENOUGH:
        return None
    style, count = counts.most_common(1)[0]
    return style if count * 2 > told else None


def event_collisions(rules: Sequence[Rule]) -> Iterator[Finding]:
    """Track events that differ only in case, or whose rows would share a table."""
    names = list(dict.fromkeys(rule.key for rule in rules if rule.type is RuleType.TRACK))
    cased = _grouped(names, str.casefold)
    for same in cased:
        for name in same[1:]:
            yield Finding(
                "error",
                "duplicate",
                where(Rule(RuleType.TRACK, name)),
                f"{name!r} differs from {same[0]!r} only in case.",
                "Event names are told apart by case: keep one of them.",
            )
    told = {frozenset(same) for same in cased}
    for same in _grouped(names, naming.table_name):
        if frozenset(same) in told:
            continue
        for name in same[1:]:
            yield Finding(
                "error",
                "collision",
                where(Rule(RuleType.TRACK, name)),
                f"{name!r} and {same[0]!r} share the table {naming.table_name(name)!r} in the "
                "warehouse.",
                "Rename one of them.",
            )


def property_collisions(at: str, schema: Mapping[str, object]) -> Iterator[Finding]:
    """Properties whose values would share a column."""
    columns: dict[str, str] = {}
    for found in inner_schemas(schema):
        if found.name is None or not _is_column(found):
            continue
        column = naming.column_name(found.path)
        other = columns.setdefault(column, found.path)
        if other != found.path:
            yield Finding(
                "error",
                "collision",
                f"{at}.{found.path}",
                f"{found.path} and {other} share the column {column!r} in the warehouse.",
                "Rename one of them.",
            )


def property_names(at: str, schema: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """The names of all properties within a schema, each with its path."""
    for found in inner_schemas(schema):
        if found.name is not None and "." in found.path:
            yield found.name, f"{at}.{found.path}"


def _is_column(found: Inner) -> bool:
    top = found.path.partition(".")[0]
    has_one = top in ("properties", "traits", "context") and found.path != top
    return (
        has_one
        and "[]" not in found.path
        and '"' not in found.path
        and (found.schema.get("type") != "object")
    )


def _grouped(names: Sequence[str], of: Callable[[str], str]) -> list[list[str]]:
    groups: dict[str, list[str]] = defaultdict(list)
    for name in names:
        groups[of(name)].append(name)
    return [group for group in groups.values() if len(group) > 1]
