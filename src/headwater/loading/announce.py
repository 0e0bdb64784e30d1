"""The tables of sources that have no events yet."""

from collections.abc import Iterable

from headwater.loading.learning import Learning
from headwater.loading.model import Catalog, Limits, Prepared


def announce(slugs: Iterable[str], catalog: Catalog, limits: Limits) -> Prepared:
    """All that makes the standard tables of these sources, where they are missing."""
    learning = Learning(catalog, limits)
    for slug in slugs:
        learning.meet_source(slug)
    return Prepared(learning.catalog, learning.changes, [], [], [], [], [], [], catalog)
