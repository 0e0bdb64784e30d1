"""The further kinds of change, each with its settings and the function that it becomes."""

from collections.abc import Mapping
from typing import Final

from headwater.transformations.kinds import converting, moving, texts, values
from headwater.transformations.kinds.kind import Kind

KINDS: Final[Mapping[str, Kind]] = {
    kind.name: kind for module in (moving, values, texts, converting) for kind in module.KINDS
}
"""By name, in the order in which people are shown them."""
