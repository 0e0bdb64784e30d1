"""From the published configuration to the program of each source: who governs, in which order."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, Final

import msgspec

from headwater.cleaning import stages as cleaning
from headwater.cleaning.model import PART as CLEANING
from headwater.cleaning.model import Published as CleaningRules
from headwater.pipeline.program import Memory, Programs, Stage
from headwater.transformations import stages as transformations
from headwater.transformations.model import PART as TRANSFORMATIONS
from headwater.transformations.model import Published as Transformations
from headwater.workspaces.model import Configuration, Source


class Feature(msgspec.Struct, frozen=True):
    """A feature that has stages: its part of the configuration, the part's type, and how stages
    are made of it for a source. `stages` must not fail for what was published."""

    part: str
    published: Any
    stages: Callable[[Any, Source, Memory], Sequence[Stage]]


FEATURES: Final[tuple[Feature, ...]] = (
    Feature(CLEANING, CleaningRules, cleaning.stages),
    Feature(TRANSFORMATIONS, Transformations, transformations.stages),
)
"""In the order in which events meet them: clean, enrich, plan, transform, functions."""


def compile_program(
    configuration: Configuration,
    memory: Memory | None = None,
    features: Sequence[Feature] = FEATURES,
) -> Programs:
    """The programs of all sources. What stages remember goes on in `memory`, if it is given.

    Parts are decoded, and stages made, when a source of theirs has its first event.
    """
    sources = configuration.by_id()
    remembered = Memory() if memory is None else memory
    governing = [feature for feature in features if feature.part in configuration.parts]

    @cache
    def published(part: str) -> Any:
        kind = next(feature.published for feature in governing if feature.part == part)
        return msgspec.json.decode(configuration.parts[part], type=kind)

    def make(source_id: str) -> Sequence[Stage]:
        source = sources.get(source_id)
        if source is None:
            return ()
        return [
            stage
            for feature in governing
            for stage in feature.stages(published(feature.part), source, remembered)
        ]

    return Programs(make)
