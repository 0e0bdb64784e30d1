"""What each reason of quarantine means, what to do about it, and which field it is about."""

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

REMEDIES: Final[Mapping[str, str]] = {
    Reason.NO_USER_ANON_ID: "Add the userId or anonymousId that is meant, and send it on again.",
    Reason.ID_REQUIRED: "Add the id that is missing, and send it on again.",
    Reason.ID_NOT_STRING: "Make the id a text where it is sent; here it can be mended by hand.",
    Reason.EVENT_NOT_DEFINED: "Give the event a name; what sends it leaves the name out.",
    Reason.EVENT_NOT_STRING: "Give the event a name that is text.",
    Reason.PROPERTIES_NOT_OBJECT: "Send the properties as a JSON object, not as text or a list.",
    Reason.TRAITS_NOT_OBJECT: "Send the traits as a JSON object, not as text or a list.",
    Reason.CONTEXT_NOT_OBJECT: "Send the context as a JSON object, not as text or a list.",
    Reason.NAME_NOT_STRING: "Send the name as text.",
    Reason.CATEGORY_NOT_STRING: "Send the category as text.",
    Reason.TYPE_NOT_KNOWN: "Make the type one of identify, track, page, screen, group and alias.",
    Reason.MESSAGE_ID_INVALID: "Send a messageId of at most 100 characters, or none at all.",
    Reason.EMPTY_BATCH: "Nothing is lost: there was no event in it.",
    Reason.NOT_AN_OBJECT: "See what puts something else than events into its batches.",
    Reason.MALFORMED_JSON: "Mend the JSON by hand, and what sends it.",
    Reason.TOO_LARGE: "Send less in one event, or allow more: max_event_bytes.",
    Reason.TOO_MANY: "Send smaller batches, or allow larger ones: max_batch_events.",
    Reason.TOO_DEEP: "Send flatter objects, or allow deeper ones: max_nesting.",
    Reason.SOURCE_DISABLED: "Enable the source, and send its events on again.",
    Reason.RULE_VIOLATION: "Correct the event by hand; or change the rule, if the event is right. "
    "Then send it on again.",
    Reason.SCHEMA_VIOLATION: "Correct the event by hand; or change the tracking plan, if the event "
    "is right. Then send it on again.",
    Reason.UNPLANNED_EVENT: "Add the event to the tracking plan, or correct its name. Then send it "
    "on again.",
    Reason.FUNCTION_ERROR: "Look at the function's log, mend the function, and send the event on "
    "again.",
    Reason.STAGE_FAILED: "The sentence names what failed: mend it or turn it off, and send the "
    "event on again.",
    Reason.LOAD_FAILED: "The sentence says what the warehouse could not take. Correct the event, "
    "and send it on again.",
}
"""What a person can do, by reason."""

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
    Reason.UNPLANNED_EVENT: "event",
}
_NAMED: Final = re.compile(r"`([^`]+)`")
_NAMING: Final = frozenset({Reason.ID_NOT_STRING, Reason.ID_REQUIRED, Reason.SCHEMA_VIOLATION})
"""Reasons whose verdicts name the field."""


def meaning_of(reason: str) -> str:
    """The reason in a sentence."""
    return MEANINGS.get(reason, reason)


def remedy_of(reason: str) -> str:
    """What to do about events that are kept aside for a reason; empty where nothing is known."""
    return REMEDIES.get(reason, "")


def field_of(reason: str, detail: str) -> str | None:
    """The path that a verdict is about; None where it is about the whole event.

    >>> field_of("id_not_string", "`groupId` is [] and not text.")
    'groupId'
    """
    named = _NAMED.search(detail)
    if reason in _NAMING and named:
        return named[1]
    return _FIELDS.get(reason)
