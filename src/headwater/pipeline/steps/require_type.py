"""Every event is one of the six calls."""

from typing import Final

from headwater.pipeline.event import Event, Quarantine, Verdict, shown
from headwater.spec import EVENT_TYPES
from headwater.spec.reasons import Reason

_TYPES: Final = frozenset(EVENT_TYPES)


def require_type(event: Event) -> Verdict:
    """Take the type from `type`, or from the path where the event does not say it.

    A path may also set `channel` (RudderStack's pixels do), where the event has none.
    """
    receipt = event.receipt
    if receipt.channel:
        event.rest.setdefault("channel", receipt.channel)
    kind = event.rest.pop("type", None)
    if kind is None or kind == "":
        kind = receipt.type
    if type(kind) is not str:
        return Quarantine(Reason.TYPE_NOT_KNOWN, f"`type` is {shown(kind)} and not text.")
    event.type = kind
    if kind in _TYPES:
        return None
    if not kind:
        return Quarantine(Reason.TYPE_NOT_KNOWN, "Neither the event nor its path has a type.")
    return Quarantine(
        Reason.TYPE_NOT_KNOWN,
        f"`type` is {shown(kind)}, which is none of {', '.join(EVENT_TYPES)}.",
    )
