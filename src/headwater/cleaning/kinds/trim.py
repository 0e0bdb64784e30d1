"""Remove white space around texts, and if wanted make one space of many inside.

Every kind of space counts, also the full-width one and what cannot be seen (U+200B, U+FEFF).
"""

import re
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from headwater.cleaning.model import Decide, Kind, Making
from headwater.cleaning.values import Paths, of_texts, on_paths

_UNSEEN: Final = "\u200b\u200c\u200d\u2060\ufeff"
_AROUND: Final = "".join(chr(code) for code in range(0x3001) if chr(code).isspace()) + _UNSEEN
_SPACES: Final = re.compile(r"\s+")


class Settings(msgspec.Struct, forbid_unknown_fields=True):
    """What is set of the rule."""

    paths: Paths
    inside: Annotated[bool, Meta(description="Whether to make one space of many.")] = False


def compiled(settings: Settings, rule: Making) -> Decide:  # noqa: ARG001
    """Raises ValueError for a bad path."""
    if settings.inside:
        return on_paths(
            settings.paths, of_texts(lambda text: _SPACES.sub(" ", text.strip(_AROUND)))
        )
    return on_paths(settings.paths, of_texts(lambda text: text.strip(_AROUND)))


KIND = Kind("trim", __doc__, Settings, compiled, {"paths": ["properties.*"]})
