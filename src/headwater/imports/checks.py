"""What an event must have, by Segment's rules: checked here, so that its row can be named."""

from collections.abc import Mapping
from typing import Any

from headwater.imports.model import RowRejectedError
from headwater.spec import EVENT_TYPES
from headwater.spec.reasons import Reason

LONGEST_MESSAGE_ID = 100


def require_ids(event: Mapping[str, Any]) -> None:
    """Raise RowRejectedError for an event that could only be quarantined."""
    kind = event["type"]
    user_id = event.get("userId")
    if kind == "alias":
        if not user_id or not event.get("previousId"):
            raise RowRejectedError(f"{Reason.ID_REQUIRED}: an alias needs userId and previousId")
        return
    if not user_id and not event.get("anonymousId"):
        raise RowRejectedError(f"{Reason.NO_USER_ANON_ID}: neither userId nor anonymousId")
    if kind == "group" and not event.get("groupId"):
        raise RowRejectedError(f"{Reason.ID_REQUIRED}: a group call needs groupId")
    if kind == "track" and not event.get("event"):
        raise RowRejectedError(f"{Reason.EVENT_NOT_DEFINED}: a track call needs an event name")


def require_message_id(message_id: object) -> None:
    """Raise RowRejectedError for a messageId that could only be quarantined."""
    if not isinstance(message_id, str) or len(message_id) > LONGEST_MESSAGE_ID:
        raise RowRejectedError(
            f"{Reason.MESSAGE_ID_INVALID}: a messageId is text of at most {LONGEST_MESSAGE_ID}"
        )


def require_type(kind: object) -> None:
    """Raise RowRejectedError for a type that is none of the six calls."""
    if kind not in EVENT_TYPES:
        raise RowRejectedError(
            f"{Reason.TYPE_NOT_KNOWN}: the type is none of {', '.join(EVENT_TYPES)}"
        )
