"""Write texts in lower case, upper case, with capitals at the start of words, or case-folded.

`fold` is lower case as it is meant for comparing: `Straße` becomes `strasse`.
"""

from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from headwater.cleaning.model import Decide, Kind, Making
from headwater.cleaning.values import Paths, of_texts, on_paths

_CASES: Final = {"lower": str.lower, "upper": str.upper, "title": str.title, "fold": str.casefold}


class Settings(msgspec.Struct, forbid_unknown_fields=True):
    """What is set of the rule."""

    paths: Paths
    to: Annotated[Literal["lower", "upper", "title", "fold"], Meta(description="The case.")] = (
        "lower"
    )


def compiled(settings: Settings, rule: Making) -> Decide:  # noqa: ARG001
    """Raises ValueError for a bad path."""
    return on_paths(settings.paths, of_texts(_CASES[settings.to]))


KIND = Kind("change_case", __doc__, Settings, compiled, {"paths": ["properties.plan"]})
