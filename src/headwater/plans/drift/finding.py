"""What observed events do against the rules of a plan. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from headwater.plans.drift.model import Amendment, DriftKind, Found, Sensitivity
from headwater.plans.files.model import MEMBERS
from headwater.plans.inferring import paths
from headwater.plans.inferring.formats import FORMATS
from headwater.plans.inferring.model import Thresholds
from headwater.plans.inferring.observing import Key, Observed, Observer, Place
from headwater.plans.inferring.proposing import proposed_rule, proposed_schema
from headwater.plans.inferring.values import bound
from headwater.plans.model import Rule, RuleId, RuleType

_MOST_VALUES: Final = 10
"""New values of one property that are told singly."""
_LONGEST_DETAIL: Final = 200


def drifts(
    observer: Observer, rules: Sequence[Rule], sensitivity: Sensitivity | None = None
) -> list[Found]:
    """All that enough events do against the plan, by event and path."""
    asked = sensitivity or Sensitivity()
    found: list[Found] = []
    for key, seen in sorted(observer.kinds.items()):
        rule = _rule_of(key, rules)
        if rule is not None:
            found += _Search(rule, asked).of(seen)
        elif key[0] is RuleType.TRACK and asked.is_met(seen.count, observer.events):
            found.append(_new_event(key, seen, observer.events))
    return found


def _rule_of(key: Key, rules: Sequence[Rule]) -> Rule | None:
    """The rule that events are under: of their version, else the oldest."""
    type_, name, version = key
    versions = {rule.version: rule for rule in rules if (rule.type, rule.key) == (type_, name)}
    return versions.get(version) or versions.get(min(versions, default=0))


def _new_event(key: Key, seen: Observed, of: int) -> Found:
    type_, name, _ = key
    return Found(
        kind=DriftKind.NEW_EVENT,
        rule=RuleId(type_, name, 1),
        path="",
        detail="",
        seen=seen.count,
        of=of,
        amendment=Amendment("rule", (), proposed_schema(key, seen, Thresholds())),
    )


class _Search:
    """Looks through what was observed and a rule's schema side by side."""

    def __init__(self, rule: Rule, asked: Sensitivity) -> None:
        self._rule = rule
        self._asked = asked

    def of(self, seen: Observed) -> Iterator[Found]:
        member = MEMBERS.get(self._rule.type)
        schema = self._rule.json_schema
        properties = schema.get("properties") if schema else None
        inner = properties.get(member) if isinstance(properties, dict) and member else None
        if member and isinstance(inner, dict):
            yield from self._object(seen.root, inner, member, ("properties", member))

    def _object(
        self, place: Place, schema: Mapping[str, Any], path: str, steps: tuple[str, ...]
    ) -> Iterator[Found]:
        of = place.kinds["object"]
        properties = schema.get("properties")
        planned = properties if isinstance(properties, dict) else {}
        required = schema.get("required")
        for name in required if isinstance(required, list) else ():
            below = place.below.get(name)
            missing = of - (below.seen if below else 0)
            if isinstance(name, str) and self._asked.is_met(missing, of):
                yield self._found(
                    DriftKind.REQUIRED_MISSING,
                    paths.below(path, name),
                    (missing, of),
                    Amendment("optional", (*steps, "properties", name)),
                )
        # A rule that names no property at all leaves them open.
        is_open = not planned and schema.get("additionalProperties") is not False
        for name, below in sorted(place.below.items()):
            at, to = paths.below(path, name), (*steps, "properties", name)
            if name in planned:
                yield from self._property(below, planned[name], at, to)
            elif not is_open and self._asked.is_met(below.seen, of):
                rule = proposed_rule(below, at, Thresholds())
                kinds = ", ".join(kind for kind, _ in below.kinds.most_common())
                yield self._found(
                    DriftKind.NEW_PROPERTY,
                    at,
                    (below.seen, of),
                    Amendment("property", to, rule),
                    kinds,
                )

    def _property(
        self, place: Place, schema: Any, path: str, steps: tuple[str, ...]
    ) -> Iterator[Found]:
        if not isinstance(schema, dict):
            return
        types = schema.get("type")
        allowed = {types} if isinstance(types, str) else set(types or ())
        yield from self._types(place, allowed, path, steps)
        yield from self._values(place, schema, path, steps)
        yield from self._range(place, schema, path, steps)
        yield from self._format(place, schema, path, steps)
        if place.kinds["object"]:
            yield from self._object(place, schema, path, steps)
        items = schema.get("items")
        if place.items is not None and isinstance(items, dict):
            yield from self._property(place.items, items, paths.items(path), (*steps, "items"))

    def _types(
        self, place: Place, allowed: set[str], path: str, steps: tuple[str, ...]
    ) -> Iterator[Found]:
        for kind, count in sorted(place.kinds.items()):
            is_allowed = kind in allowed or (kind == "integer" and "number" in allowed)
            if allowed and not is_allowed and self._asked.is_met(count, place.seen):
                yield self._found(
                    DriftKind.TYPE_CHANGED,
                    path,
                    (count, place.seen),
                    Amendment("type", steps, [kind]),
                    kind,
                    mark=kind,
                )

    def _values(
        self, place: Place, schema: Mapping[str, Any], path: str, steps: tuple[str, ...]
    ) -> Iterator[Found]:
        planned = schema.get("enum")
        if not isinstance(planned, list) or not place.strings:
            return
        values = place.values
        new = [
            (value, count)
            for value, count in (values.most_common() if values is not None else ())
            if value not in planned and self._asked.is_met(count, place.seen)
        ]
        if values is None or len(new) > _MOST_VALUES:
            yield self._found(
                DriftKind.NEW_VALUE,
                path,
                (place.strings, place.seen),
                Amendment("value", steps, None),
                mark="many",
            )
            return
        for value, count in new:
            yield self._found(
                DriftKind.NEW_VALUE,
                path,
                (count, place.seen),
                Amendment("value", steps, value),
                value,
                mark=value,
            )

    def _range(
        self, place: Place, schema: Mapping[str, Any], path: str, steps: tuple[str, ...]
    ) -> Iterator[Found]:
        numbers = place.numbers
        if numbers is None:
            return
        for word, extreme in (("minimum", numbers.low), ("maximum", numbers.high)):
            limit = schema.get(word)
            if not isinstance(limit, int | float):
                continue
            is_high = word == "maximum"
            kept = numbers.kept
            over = sum(1 for each in kept if (each > limit if is_high else each < limit))
            seen = max(over * numbers.every, 1 if _is_beyond(extreme, limit, is_high) else 0)
            if self._asked.is_met(seen, numbers.count):
                yield self._found(
                    DriftKind.RANGE_EXCEEDED,
                    path,
                    (seen, numbers.count),
                    Amendment("range", steps, {word: bound(extreme, up=is_high)}),
                    f"{extreme:g}",
                    mark=word,
                )

    def _format(
        self, place: Place, schema: Mapping[str, Any], path: str, steps: tuple[str, ...]
    ) -> Iterator[Found]:
        name = schema.get("format")
        if not isinstance(name, str) or name not in FORMATS:
            return
        broken = place.strings - place.formats[name]
        if self._asked.is_met(broken, place.seen):
            yield self._found(
                DriftKind.FORMAT_BROKEN,
                path,
                (broken, place.seen),
                Amendment("format", steps, name),
                name,
            )

    def _found(
        self,
        kind: DriftKind,
        path: str,
        counts: tuple[int, int],
        amendment: Amendment,
        detail: str = "",
        mark: str = "",
    ) -> Found:
        return Found(
            kind=kind,
            rule=self._rule.id,
            path=path,
            detail=detail[:_LONGEST_DETAIL],
            seen=counts[0],
            of=counts[1],
            amendment=amendment,
            mark=mark,
        )


def _is_beyond(number: float, limit: float, is_high: bool) -> bool:
    return number > limit if is_high else number < limit
