"""Inferring a plan from the last events of a source."""

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

import msgspec

from headwater.plans.inferring.model import Evidence, Inferred, Thresholds
from headwater.plans.inferring.observing import Observer
from headwater.plans.inferring.proposing import inferred

Sampling = Callable[[Collection[str], int, int], Iterator[tuple[str, int, Mapping[str, Any]]]]


def infer(
    sample: Sampling,
    source_id: str,
    *,
    count: int,
    since: int,
    thresholds: Thresholds,
    shows_values: bool,
) -> Inferred:
    """What is proposed by the last so many events of a source since a time.

    Unless `shows_values`, what could be somebody's is left out of the evidence.
    """
    observer = Observer()
    for _, at, event in sample([source_id], count, since):
        observer.see(event, at)
    found = inferred(observer, thresholds)
    return found if shows_values else without_values(found)


def without_values(found: Inferred) -> Inferred:
    """The same without examples, and without values that are in no enumeration."""
    return msgspec.structs.replace(
        found,
        proposals=[
            msgspec.structs.replace(each, evidence=[_hidden(one) for one in each.evidence])
            for each in found.proposals
        ],
    )


def _hidden(evidence: Evidence) -> Evidence:
    named = evidence.rule.get("enum", [])
    return msgspec.structs.replace(
        evidence,
        examples=[],
        values=[each for each in evidence.values if each.value in named],
        slips=[
            msgspec.structs.replace(slip, detail="") if slip.kind == "value" else slip
            for slip in evidence.slips
        ],
    )
