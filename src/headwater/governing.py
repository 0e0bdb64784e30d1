"""From the published configuration to the program of each source: who governs, in which order.

And who makes events of what webhook sources are sent.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, Final

import msgspec

from headwater.cleaning import stages as cleaning
from headwater.cleaning.model import PART as CLEANING
from headwater.cleaning.model import Published as CleaningRules
from headwater.functions import making
from headwater.functions import stages as functions
from headwater.functions.model import PART as FUNCTIONS
from headwater.functions.model import Published as Functions
from headwater.pipeline.program import Memory, Programs, Stage
from headwater.plans import stages as plans
from headwater.plans.model import PART as PLANS
from headwater.plans.model import Published as Plans
from headwater.transformations import stages as transformations
from headwater.transformations.model import PART as TRANSFORMATIONS
from headwater.transformations.model import Published as Transformations
from headwater.webhooks import making as presets
from headwater.webhooks.model import HandlerKind, Made, Maker, handlers_in
from headwater.workspaces.model import Configuration, Source


class Feature(msgspec.Struct, frozen=True):
    """A feature that has stages: its part of the configuration, the part's type, and how stages
    are made of it for a source. `stages` must not fail for what was published. One that
    `is_always` asked has stages without a part too: it gets None then."""

    part: str
    published: Any
    stages: Callable[[Any, Source, Memory], Sequence[Stage]]
    is_always: bool = False


FEATURES: Final[tuple[Feature, ...]] = (
    Feature(CLEANING, CleaningRules, cleaning.stages),
    Feature(PLANS, Plans, plans.stages),
    Feature(TRANSFORMATIONS, Transformations, transformations.stages),
    Feature(FUNCTIONS, Functions, functions.stages, is_always=True),
)
"""In the order in which events meet them: clean, enrich, plan, transform, functions."""

MAKERS: Final[Mapping[HandlerKind, Maker]] = {
    HandlerKind.FUNCTION: making.make,
    HandlerKind.PRESET: presets.make,
}
"""What makes events of what webhook sources are sent, by the kind of their handlers."""


def made_of(
    configuration: Configuration, source_id: str, requests: list[dict[str, Any]]
) -> list[Made]:
    """What becomes of requests to a webhook source."""
    handler = handlers_in(configuration).get(source_id)
    if handler is None:
        why = "The source has nothing any more that makes events of what it is sent."
        return [Made(failed=why)] * len(requests)
    return MAKERS[handler.kind](configuration, source_id, requests)


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
    parts = configuration.parts
    governing = [each for each in features if each.is_always or each.part in parts]

    @cache
    def published(part: str) -> Any:
        if part not in parts:
            return None
        kind = next(feature.published for feature in governing if feature.part == part)
        return msgspec.json.decode(parts[part], type=kind)

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
