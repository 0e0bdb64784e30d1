"""The context is an object."""

from headwater.pipeline.event import Event, Quarantine, Verdict, shown
from headwater.spec.reasons import Reason


def require_context(event: Event) -> Verdict:
    """Take `context`; none and null are an empty one."""
    context = event.rest.pop("context", None)
    if type(context) is dict:
        event.context = context
    elif context is not None:
        detail = f"`context` is {shown(context)} and not an object."
        return Quarantine(Reason.CONTEXT_NOT_OBJECT, detail)
    return None
