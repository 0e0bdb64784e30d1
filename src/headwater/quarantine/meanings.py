"""What each reason of quarantine means, and which field it is about."""

import re
from collections.abc import Mapping
from typing import Final

from headwater.spec.reasons import Reason

MEANINGS: Final[Mapping[str, str]] = {
    Reason.NO_USER_ANON_ID: "The event has neither a userId nor an anonymousId.",
    Reason.ID_REQUIRED: "A group call has no groupId, or an alias call no userId or previousId.",
    Reason.ID_NOT_STRING: "An id is neither text nor a number.",
    Reason.EVENT_NOT_DEFINED: "A track call has no event name.",
    Reason.EVENT_NOT_STRING: "The event's name is not text.",
    Reason.PROPERTIES_NOT_OBJECT: "The properties are not an object.",
    Reason.TRAITS_NOT_OBJECT: "The traits are not an object.",
    Reason.CONTEXT_NOT_OBJECT: "The context is not an object.",
    Reason.NAME_NOT_STRING: "The page's or screen's name is not text.",
    Reason.CATEGORY_NOT_STRING: "The page's or screen's category is not text.",
    Reason.TYPE_NOT_KNOWN: "The type is none of the six calls, or there is none.",
    Reason.MESSAGE_ID_INVALID: "The messageId is not text, or longer than 100 characters.",
    Reason.EMPTY_BATCH: "A batch held no events.",
    Reason.NOT_AN_OBJECT: "A member of a batch is not a JSON object.",
    Reason.MALFORMED_JSON: "The JSON cannot be read in full.",
    Reason.TOO_LARGE: "The event is larger than an event may be.",
    Reason.TOO_MANY: "The batch held more events than a batch may hold.",
    Reason.TOO_DEEP: "The event is nested more deeply than events may be.",
    Reason.SOURCE_DISABLED: "The source was disabled or deleted when the event came.",
    Reason.RULE_VIOLATION: "A cleaning rule keeps such events aside.",
    Reason.SCHEMA_VIOLATION: "The event is not as the tracking plan says.",
    Reason.UNPLANNED_EVENT: "The tracking plan has no such event.",
    Reason.FUNCTION_ERROR: "A function of the source refused the event, or failed.",
    Reason.STAGE_FAILED: "A rule, plan or function of the source could not deal with the event.",
    Reason.LOAD_FAILED: "The warehouse could not make a row of the event.",
}

_FIELDS: Final[Mapping[str, str]] = {
    Reason.NO_USER_ANON_ID: "userId",
    Reason.EVENT_NOT_DEFINED: "event",
    Reason.EVENT_NOT_STRING: "event",
    Reason.PROPERTIES_NOT_OBJECT: "properties",
    Reason.TRAITS_NOT_OBJECT: "traits",
    Reason.CONTEXT_NOT_OBJECT: "context",
    Reason.NAME_NOT_STRING: "name",
    Reason.CATEGORY_NOT_STRING: "category",
    Reason.TYPE_NOT_KNOWN: "type",
    Reason.MESSAGE_ID_INVALID: "messageId",
}
_NAMED: Final = re.compile(r"`([\w.]+)`")


def meaning_of(reason: str) -> str:
    """The reason in a sentence."""
    return MEANINGS.get(reason, reason)


def field_of(reason: str, detail: str) -> str | None:
    """The path that a verdict is about; None where it is about the whole event.

    >>> field_of("id_not_string", "`groupId` is [] and not text.")
    'groupId'
    """
    named = _NAMED.search(detail)
    if reason in (Reason.ID_NOT_STRING, Reason.ID_REQUIRED) and named:
        return named[1]
    return _FIELDS.get(reason)
