"""Ids are text."""

from typing import Any

from headwater.pipeline.event import Event, Quarantine, Verdict, shown
from headwater.pipeline.identifiers import number_text
from headwater.spec.reasons import Reason


class _NotTextError(Exception):
    pass


def require_ids(event: Event) -> Verdict:
    """Take the ids that the call has: numbers become text, "" and null mean that there is none.

    An event without anonymousId gets the one of its request's header.
    """
    rest = event.rest
    try:
        event.user_id = _taken(rest, "userId")
        event.anonymous_id = _taken(rest, "anonymousId") or event.receipt.anonymous_id or None
        if event.type == "group":
            event.group_id = _taken(rest, "groupId")
        elif event.type == "alias":
            event.previous_id = _taken(rest, "previousId")
    except _NotTextError as error:
        return Quarantine(Reason.ID_NOT_STRING, str(error))
    return None


def _taken(rest: dict[str, Any], name: str) -> str | None:
    value = rest.pop(name, None)
    if type(value) is str:
        return value or None
    if value is None:
        return None
    text = number_text(value)
    if text is None:
        raise _NotTextError(f"`{name}` is {shown(value)} and not text.")
    return text
