"""Every event belongs to someone."""

from headwater.pipeline.event import Event, Quarantine, Verdict
from headwater.spec.reasons import Reason


def require_identity(event: Event) -> Verdict:
    """Require userId or anonymousId, a group's groupId, and both ids of an alias."""
    if event.user_id is None and event.anonymous_id is None:
        return Quarantine(Reason.NO_USER_ANON_ID, "It has neither userId nor anonymousId.")
    if event.type == "group" and event.group_id is None:
        return Quarantine(Reason.ID_REQUIRED, "A group call needs groupId.")
    if event.type == "alias" and (event.user_id is None or event.previous_id is None):
        missing = "userId" if event.user_id is None else "previousId"
        return Quarantine(Reason.ID_REQUIRED, f"An alias call needs {missing}.")
    return None
