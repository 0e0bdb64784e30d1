"""The kinds of resource that a folder can describe, in the order in which they are made."""

from typing import Final

from headwater.configuration.model import Noun
from headwater.configuration.nouns import (
    cleaning_rules,
    connections,
    functions,
    groups,
    labels,
    saved_queries,
    schemas,
    sources,
    sync_rules,
    tracking_plans,
    transformations,
    warehouses,
    workspace,
)

NOUNS: Final[tuple[Noun, ...]] = (
    workspace.NOUN,
    labels.NOUN,
    sources.NOUN,
    schemas.NOUN,
    warehouses.NOUN,
    cleaning_rules.NOUN,
    tracking_plans.NOUN,
    transformations.NOUN,
    functions.NOUN,
    connections.NOUN,
    sync_rules.NOUN,
    groups.NOUN,
    saved_queries.NOUN,
)


def by_kind(kind: str) -> Noun:
    """The noun of a kind. Raises ValueError, which names those that there are."""
    for noun in NOUNS:
        if noun.kind == kind:
            return noun
    known = ", ".join(noun.kind for noun in NOUNS)
    raise ValueError(f"kind: {kind[:100]!r} is none of {known}.")
