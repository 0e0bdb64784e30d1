"""What a function in Python raises to say what is to become of an event: Segment's names."""


class FunctionError(Exception):
    """The event is kept in quarantine with this message, as it is for any other exception."""


class DropEvent(Exception):  # noqa: N818 - Segment's name
    """The event is left out on purpose, and counted."""


class EventNotSupported(FunctionError):  # noqa: N818 - Segment's name
    """The function cannot do anything with such an event."""


class InvalidEventPayload(FunctionError):  # noqa: N818 - Segment's name
    """The event is not as it should be."""


class ValidationError(FunctionError):
    """The event is not as it should be."""


class RetryError(FunctionError):
    """The event may succeed later: it is given again a few times at once, then kept aside."""
