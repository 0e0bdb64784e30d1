"""Rules that change values: what they have in common."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from msgspec import Meta

from headwater.cleaning.model import LONGEST_CONDITION, Decide
from headwater.pipeline.event import Event
from headwater.pipeline.members import GONE, Change, changer

Path = Annotated[str, Meta(min_length=1, max_length=500, extra_json_schema={"format": "path"})]
OptionalPath = Annotated[str, Meta(max_length=500, extra_json_schema={"format": "path"})]
Condition = Annotated[str, Meta(max_length=LONGEST_CONDITION, extra_json_schema={"format": "fql"})]
Paths = Annotated[
    list[Path],
    Meta(
        min_length=1,
        max_length=50,
        description="The members to change, such as `properties.price` or `traits.*`.",
    ),
]
Otherwise = Annotated[
    Literal["keep", "null"],
    Meta(description="What becomes of a value that cannot be read."),
]


def on_paths(paths: Sequence[str], change: Change) -> Decide:
    """The rule that changes the values at some paths. Raises ValueError for a bad path."""
    changers = [changer(path) for path in paths]
    if len(changers) == 1:
        only = changers[0]
        return lambda event: only(event, change)

    def decide(event: Event) -> bool:
        is_touched = False
        for one in changers:
            if one(event, change):
                is_touched = True
        return is_touched

    return decide


def of_texts(change: Change) -> Change:
    """The same change for texts alone; other values stay."""
    return lambda value: change(value) if type(value) is str else value


def of_values(change: Change, otherwise: str) -> Change:
    """A change that answers None for what it cannot read, which then stays or becomes null."""
    is_kept = otherwise == "keep"

    def apply(value: Any) -> Any:
        if value is GONE or value is None:
            return value
        after = change(value)
        return value if after is None and is_kept else after

    return apply
