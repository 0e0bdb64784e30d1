"""What rules that enrich put into an event's context."""

from collections.abc import Mapping
from typing import Annotated, Any

from msgspec import Meta

from headwater.pipeline.event import Event

Overwrite = Annotated[bool, Meta(description="Whether to replace what was sent.")]


def put(event: Event, name: str, found: Mapping[str, Any], overwrites: bool = False) -> bool:
    """Put members into an object of `context`, and say whether anything changed.

    Where it has one of them already none is put, so that what was sent and what we found out are
    not mixed; unless `overwrites`.
    """
    known = event.context.get(name)
    if known is None:
        known = {}
    elif type(known) is not dict:
        return False
    if known and not overwrites:
        for member in found:
            if known.get(member) is not None:
                return False
    merged = {**known, **found}
    if merged == known:
        return False
    event.context = {**event.context, name: merged}
    return True
