"""A track call says what happened."""

from headwater.pipeline.event import Event, Quarantine, Verdict, shown
from headwater.spec.reasons import Reason


def require_event(event: Event) -> Verdict:
    """Take the name of a track event, which is text and not blank."""
    if event.type != "track":
        return None
    name = event.rest.pop("event", None)
    if name is None or name == "":
        return Quarantine(Reason.EVENT_NOT_DEFINED, "A track call needs the event's name.")
    if type(name) is not str:
        return Quarantine(Reason.EVENT_NOT_STRING, f"`event` is {shown(name)} and not text.")
    if name.isspace():
        return Quarantine(Reason.EVENT_NOT_DEFINED, "The event's name is blank.")
    event.event = name
    return None
