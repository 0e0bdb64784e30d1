"""From what was observed to what is proposed. Pure."""

from collections.abc import Iterator
from typing import Any, Final

from headwater.kit.clock import isoformat
from headwater.plans.inferring import paths
from headwater.plans.inferring.model import (
    Counted,
    Evidence,
    Inferred,
    Proposal,
    Slip,
    Thresholds,
)
from headwater.plans.inferring.observing import Key, Observed, Observer, Place, member_of
from headwater.plans.inferring.values import Finding, enumeration, formatted, ranged
from headwater.plans.model import RuleType

DRAFT: Final = "http://json-schema.org/draft-07/schema#"
_MOST_SHOWN: Final = 20
_RARE_SHARE: Final = 0.001


def inferred(observer: Observer, thresholds: Thresholds | None = None) -> Inferred:
    """A proposal for each kind of event, the most frequent first."""
    at = thresholds or Thresholds()
    kinds = sorted(observer.kinds.items(), key=lambda each: (-each[1].count, each[0]))
    return Inferred(
        events=observer.events,
        overlooked=observer.overlooked,
        since=isoformat(min(seen.first for _, seen in kinds)) if kinds else None,
        until=isoformat(max(seen.last for _, seen in kinds)) if kinds else None,
        proposals=[_proposal(key, seen, observer.events, at) for key, seen in kinds],
    )


def _proposal(key: Key, seen: Observed, total: int, at: Thresholds) -> Proposal:
    kind, name, version = key
    evidence: list[Evidence] = []
    return Proposal(
        type=kind,
        key=name,
        version=version,
        events=seen.count,
        first_seen=isoformat(seen.first),
        last_seen=isoformat(seen.last),
        is_rare=kind is RuleType.TRACK and seen.count < min(at.enough, total * _RARE_SHARE),
        is_cut=seen.is_cut,
        json_schema=proposed_schema(key, seen, at, evidence),
        evidence=evidence,
    )


def proposed_schema(
    key: Key, seen: Observed, at: Thresholds, evidence: list[Evidence] | None = None
) -> dict[str, Any]:
    """The schema of a rule that events of a kind keep to; puts the evidence down, if asked to."""
    member = member_of(key[0])
    schema = _object(seen.root, member, at, [] if evidence is None else evidence)
    whole = {"$schema": DRAFT, "type": "object", "properties": {member: schema}}
    return whole | ({"required": [member]} if schema.get("required") else {})


def proposed_rule(place: Place, path: str, at: Thresholds) -> dict[str, Any]:
    """The schema of a property that was seen."""
    return _rule(place, path, at, []).rule


def _object(place: Place, path: str, at: Thresholds, evidence: list[Evidence]) -> dict[str, Any]:
    """The schema of the objects at a place; puts the evidence for each member down."""
    of = place.kinds["object"]
    schema: dict[str, Any] = {"type": "object"}
    properties: dict[str, Any] = {}
    required: list[str] = []
    for name, below in place.below.items():
        proposed = _property(below, paths.below(path, name), of, at, evidence)
        if proposed.is_proposed:
            properties[name] = proposed.rule
            if proposed.is_required:
                required.append(name)
    if properties:
        schema["properties"] = properties
    if required:
        schema["required"] = required
    return schema


def _property(
    place: Place, path: str, of: int, at: Thresholds, evidence: list[Evidence]
) -> Evidence:
    index = len(evidence)
    rate = place.seen / of if of else 0.0
    is_required = of >= at.enough and rate >= at.required
    is_proposed = of < at.enough or rate >= at.noise
    inner: list[Evidence] = []
    finding = _rule(place, path, at, inner)
    slips = list(finding.slips)
    if is_required and place.seen < of:
        slips.append(Slip("missing", "", of - place.seen))
    if not is_proposed:
        slips.append(Slip("property", path, place.seen))
    made = _evidence(place, path, of, finding, slips, is_proposed, is_required)
    evidence[index:] = [made, *inner]
    return made


def _rule(place: Place, path: str, at: Thresholds, inner: list[Evidence]) -> Finding:
    """The schema of the values at a place, without what is too rare to be meant."""
    kinds, slips = _kinds(place, at)
    if not kinds:
        return Finding({}, slips)
    rule: dict[str, Any] = {"type": kinds[0] if len(kinds) == 1 else kinds}
    if "object" in kinds:
        rule |= {k: v for k, v in _object(place, path, at, inner).items() if k != "type"}
    if "array" in kinds and place.items is not None:
        item_path = paths.items(path)
        nested: list[Evidence] = []
        found = _rule(place.items, item_path, at, nested)
        if found.rule:
            rule["items"] = found.rule
        seen = place.items.seen
        inner.append(_evidence(place.items, item_path, seen, found, found.slips, True, False))
        inner.extend(nested)
    is_enumerable = not set(kinds) - {"string"}
    for part in (
        enumeration(place, at) if is_enumerable else None,
        formatted(place, at) if "string" in kinds else None,
        ranged(place, at) if {"integer", "number"} & set(kinds) else None,
    ):
        if part is not None and not ("enum" in rule and part.rule):
            rule |= part.rule
            slips.extend(part.slips)
    return Finding(rule, slips)


def _kinds(place: Place, at: Thresholds) -> tuple[list[str], list[Slip]]:
    """The types of a place, the most frequent first, and those that are slips."""
    counts = dict(place.kinds)
    nulls = counts.pop("null", 0)
    if "number" in counts and "integer" in counts:
        of_numbers = counts["number"] + counts["integer"]
        if counts["number"] >= of_numbers * at.noise or of_numbers < at.enough:
            counts["number"] = of_numbers
            del counts["integer"]
    values = sum(counts.values())
    is_told = values >= at.enough
    slips: list[Slip] = []
    kinds: list[str] = []
    for kind, count in sorted(counts.items(), key=lambda each: (-each[1], each[0])):
        if is_told and count < max(values * at.noise, 2):
            slips.append(Slip("type", kind, count))
        else:
            kinds.append(kind)
    if nulls and kinds:
        if place.seen >= at.enough and nulls < place.seen * at.noise:
            slips.append(Slip("null", "null", nulls))
        else:
            kinds.append("null")
    return kinds, slips


def _evidence(
    place: Place,
    path: str,
    of: int,
    finding: Finding,
    slips: list[Slip],
    is_proposed: bool,
    is_required: bool,
) -> Evidence:
    values, numbers = place.values, place.numbers
    # Values that never come again are examples, and may be somebody's: they are not listed.
    often = [] if values is None else [each for each in values.most_common() if each[1] > 1]
    return Evidence(
        path=path,
        seen=place.seen,
        of=of,
        types=[Counted(kind, count) for kind, count in place.kinds.most_common()],
        nulls=place.kinds["null"],
        distinct=None if values is None else len(values),
        values=[Counted(value, count) for value, count in often[:_MOST_SHOWN]],
        minimum=numbers.low if numbers else None,
        maximum=numbers.high if numbers else None,
        formats=[Counted(name, count) for name, count in place.formats.most_common()],
        examples=place.examples,
        is_proposed=is_proposed,
        is_required=is_required,
        rule=finding.rule,
        slips=slips,
    )


def slips(inferred_: Inferred) -> Iterator[tuple[Proposal, Evidence, Slip]]:
    """All that events did against what is proposed by them."""
    for proposal in inferred_.proposals:
        for evidence in proposal.evidence:
            for slip in evidence.slips:
                yield proposal, evidence, slip
