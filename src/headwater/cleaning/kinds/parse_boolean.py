"""Make booleans of texts and of 0 and 1: `yes`, `No`, `TRUE`, `off`, `是`, `否`, `真`, `假`."""

from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from headwater.cleaning.model import Decide, Kind, Making
from headwater.cleaning.values import Otherwise, Paths, of_values, on_paths

_Words = Annotated[list[str], Meta(max_length=100)]
_TRUE: Final = frozenset({"true", "t", "yes", "y", "on", "1", "是", "真", "对", "對", "有"})
_FALSE: Final = frozenset({"false", "f", "no", "n", "off", "0", "否", "假", "错", "錯", "无", "無"})


class Settings(msgspec.Struct, forbid_unknown_fields=True):
    """What is set of the rule."""

    paths: Paths
    true: Annotated[_Words, Meta(description="More words that mean true.")] = msgspec.field(
        default_factory=list
    )
    false: Annotated[_Words, Meta(description="More words that mean false.")] = msgspec.field(
        default_factory=list
    )
    otherwise: Otherwise = "keep"


def compiled(settings: Settings, rule: Making) -> Decide:  # noqa: ARG001
    """Raises ValueError for a bad path."""
    true = _TRUE | {word.strip().casefold() for word in settings.true}
    false = _FALSE | {word.strip().casefold() for word in settings.false}

    def parse(value: Any) -> Any:
        if type(value) in (int, float):
            return bool(value) if value in (0, 1) else None
        if type(value) is not str:
            return value
        word = value.strip().casefold()
        return True if word in true else False if word in false else None

    return on_paths(settings.paths, of_values(parse, settings.otherwise))


KIND = Kind("parse_boolean", __doc__, Settings, compiled, {"paths": ["traits.subscribed"]})
