"""Pages and screens have names that are text."""

from typing import Any, Final

from headwater.pipeline.event import Event, Quarantine, Verdict, shown
from headwater.spec.reasons import Reason

_NAMED: Final = frozenset({"page", "screen"})


class _NotTextError(Exception):
    pass


def require_name(event: Event) -> Verdict:
    """Take the name and category of a page or screen, which it need not have.

    Jitsu's SDK has them in the properties alone: from there they are read, and stay there.
    """
    if event.type not in _NAMED:
        return None
    try:
        event.name = _taken(event, "name")
    except _NotTextError as error:
        return Quarantine(Reason.NAME_NOT_STRING, str(error))
    try:
        event.category = _taken(event, "category")
    except _NotTextError as error:
        return Quarantine(Reason.CATEGORY_NOT_STRING, str(error))
    return None


def _taken(event: Event, member: str) -> str | None:
    value: Any = event.rest.pop(member, None)
    if value is None:
        value = event.properties.get(member)
        return value if type(value) is str else None
    if type(value) is not str:
        raise _NotTextError(f"`{member}` is {shown(value)} and not text.")
    return value
