"""Make null of texts that say nothing: empty ones, and words such as `N/A`.

Blanks around them and their case do not matter.
"""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from headwater.cleaning.model import Decide, Kind, Making
from headwater.cleaning.values import Paths, of_texts, on_paths
from headwater.pipeline.members import GONE


class Settings(msgspec.Struct, forbid_unknown_fields=True):
    """What is set of the rule."""

    paths: Paths
    words: Annotated[
        list[str],
        Meta(max_length=100, description="Words that mean nothing, beside the empty one."),
    ] = msgspec.field(default_factory=list)
    remove: Annotated[bool, Meta(description="Whether to remove the member instead.")] = False


def compiled(settings: Settings, rule: Making) -> Decide:  # noqa: ARG001
    """Raises ValueError for a bad path."""
    nothing = frozenset({"", *(word.strip().casefold() for word in settings.words)})
    empty: Any = GONE if settings.remove else None
    return on_paths(
        settings.paths,
        of_texts(lambda text: empty if text.strip().casefold() in nothing else text),
    )


KIND = Kind(
    "empty_to_null",
    __doc__,
    Settings,
    compiled,
    {"paths": ["properties.*"], "words": ["n/a", "null", "undefined", "无"]},
)
