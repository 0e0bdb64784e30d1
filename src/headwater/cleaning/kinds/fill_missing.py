"""Fill a member that is missing or null: with a constant, or with what another member has.

`from` is a path, and wins over `value` where there is something at it.
"""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from headwater.cleaning.model import Decide, Kind, Making
from headwater.cleaning.values import OptionalPath, Path
from headwater.pipeline.event import Event
from headwater.pipeline.members import GONE, changer, reader


class Settings(msgspec.Struct, forbid_unknown_fields=True, rename={"source": "from"}):
    """What is set of the rule."""

    path: Annotated[Path, Meta(description="The member to fill.")]
    value: Annotated[Any, Meta(description="The constant; null is none.")] = None
    source: Annotated[OptionalPath, Meta(description="The path of another member.")] = ""
    blank: Annotated[bool, Meta(description="Whether to fill an empty text too.")] = False


def compiled(settings: Settings, rule: Making) -> Decide:  # noqa: ARG001
    """Raises ValueError for a bad path, and where neither a constant nor a member is named."""
    if settings.value is None and not settings.source:
        raise ValueError("value or from must be given")
    change_at = changer(settings.path)
    read = reader(settings.source) if settings.source else None
    constant = settings.value
    fills_blank = settings.blank

    def decide(event: Event) -> bool:
        def fill(value: Any) -> Any:
            if value is not GONE and value is not None and not (fills_blank and value == ""):
                return value
            found = GONE if read is None else read(event)
            filling = constant if found is GONE or found is None else found
            return value if filling is None else filling

        return change_at(event, fill)

    return decide


KIND = Kind(
    "fill_missing",
    __doc__,
    Settings,
    compiled,
    {"path": "properties.currency", "value": "CNY"},
)
