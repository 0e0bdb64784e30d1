"""Deal with numbers outside absolute bounds: flag the event, clamp the number, make it null, ….

`flag` adds the rule's name to `context.flagged`; `clamp` puts the bound in the number's place. What
is no number is not looked at: make numbers of texts first. (Bounds that follow the data are
`outliers`.)
"""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from headwater.cleaning.actions import NumberAction, first_verdict, on_value
from headwater.cleaning.model import Decide, Kind, Making
from headwater.cleaning.values import Paths


class Settings(msgspec.Struct, forbid_unknown_fields=True):
    """What is set of the rule."""

    paths: Paths
    least: Annotated[float | None, Meta(description="The least number allowed.")] = None
    most: Annotated[float | None, Meta(description="The greatest number allowed.")] = None
    action: NumberAction = "flag"


def compiled(settings: Settings, rule: Making) -> Decide:
    """Raises ValueError for a bad path, and for bounds that admit nothing or everything."""
    least, most = _whole(settings.least), _whole(settings.most)
    if least is None and most is None:
        raise ValueError("least or most must be given")
    if least is not None and most is not None and least > most:
        raise ValueError("least is greater than most")

    def is_wrong(value: Any) -> bool:
        if type(value) not in (int, float):
            return False
        return (least is not None and value < least) or (most is not None and value > most)

    def clamped(value: Any) -> Any:
        return least if least is not None and value < least else most

    return first_verdict(
        [
            on_value(path, settings.action, rule, is_wrong, _why(path, least, most), clamped)
            for path in settings.paths
        ]
    )


def _why(path: str, least: Any, most: Any) -> Any:
    bounds = f"{'' if least is None else least} … {'' if most is None else most}".strip()
    return lambda value: f"`{path}` is {value}, outside {bounds}."


def _whole(bound: float | None) -> float | int | None:
    """A bound as people wrote it: 5 rather than 5.0."""
    return int(bound) if bound is not None and bound.is_integer() else bound


KIND = Kind(
    "allowed_range",
    __doc__,
    Settings,
    compiled,
    {"paths": ["properties.price"], "least": 0, "most": 100000, "action": "clamp"},
)
