"""Every error that Headwater raises on purpose.

HeadwaterError                  code, message, hint, HTTP status
├── SettingsError               the options do not make a runnable whole; lists every problem
├── RequestError                a call to the tracking API or the control API is refused
│   ├── BadRequestError         400: the body, a parameter or a header cannot be used
│   │   └── InvalidError         422: it was understood, and a value in it is not admitted
│   ├── UnauthorizedError       401: no credentials, or unknown ones
│   ├── ForbiddenError          403: known, and not allowed
│   ├── NotFoundError           404
│   ├── ConflictError           409: the state does not admit it
│   ├── RateLimitedError        429: too fast; retry_after_seconds says when
│   └── UnavailableError        503: cannot be kept now; retry_after_seconds says when
├── LogError                    the durable log cannot do what it was asked
│   └── LogFullError            the disk is over its watermark
├── ArchiveError                the archive's files cannot be read or written
├── AccountError                events went in and did not come out: nothing of it is kept
├── SeenIdsError                what remembers message ids on disk is damaged
├── WarehouseError              the warehouse refused or failed
│   ├── WarehouseLostError      the database must be opened anew
│   ├── WarehouseStaleError     its tables changed after the rows were prepared
│   └── WarehouseRefusedError   the rows are at fault, not the machine
├── QueryError                  a SQL question is refused or failed
│   ├── QueryRefusedError       not one SELECT, or it reaches outside the warehouse
│   ├── QueryLimitError         over its row, time or memory limit
│   └── QueryCancelledError     cancelled by its asker
├── ImportFileError             a file cannot be imported as asked
├── FqlError                    a destination filter does not parse
└── MappingError                a mapping cannot be rendered
"""

from collections.abc import Sequence


class HeadwaterError(Exception):
    """Something that went wrong, said so that its reader can mend it.

    `code` is stable and for programs, `message` says what happened to what, `hint` says what to
    do next (empty when there is nothing to do).
    """

    code = "internal_error"
    status = 500

    def __init__(self, message: str, *, hint: str = "", code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        if code is not None:
            self.code = code

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".rstrip()


class SettingsError(HeadwaterError):
    """The options do not make a runnable whole; `problems` lists all that is wrong at once."""

    code = "invalid_settings"

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__(
            "\n".join(["These settings cannot be used:", *(f"  - {p}" for p in problems)])
        )
        self.problems = tuple(problems)


class RequestError(HeadwaterError):
    """A request is refused; `status` is its HTTP status."""

    code = "bad_request"
    status = 400


class BadRequestError(RequestError):
    """400: something of the request cannot be used; the message names it."""


class InvalidError(BadRequestError):
    """422: a value of the body or of a parameter is not admitted; `field` names it where known."""

    code = "invalid"
    status = 422

    def __init__(
        self, message: str, *, field: str = "", hint: str = "", code: str | None = None
    ) -> None:
        super().__init__(message, hint=hint, code=code)
        self.field = field


class UnauthorizedError(RequestError):
    """401: no credentials, or unknown ones."""

    code = "unauthorized"
    status = 401


class ForbiddenError(RequestError):
    """403: the caller is known, and not allowed to do this."""

    code = "forbidden"
    status = 403


class NotFoundError(RequestError):
    """404: there is no such thing, or none that the caller may see."""

    code = "not_found"
    status = 404


class ConflictError(RequestError):
    """409: the present state does not admit the change."""

    code = "conflict"
    status = 409


class RateLimitedError(RequestError):
    """429: too fast. Try again after `retry_after_seconds` (whole seconds, at least 1)."""

    code = "rate_limited"
    status = 429

    def __init__(self, message: str, *, retry_after_seconds: int = 1, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.retry_after_seconds = retry_after_seconds


class UnavailableError(RequestError):
    """503: cannot be kept or answered now. Try again after `retry_after_seconds` (at least 1)."""

    code = "unavailable"
    status = 503

    def __init__(
        self,
        message: str,
        *,
        retry_after_seconds: int = 1,
        hint: str = "",
        code: str | None = None,
    ) -> None:
        super().__init__(message, hint=hint, code=code)
        self.retry_after_seconds = retry_after_seconds


class LogError(HeadwaterError):
    """The durable log cannot do what it was asked."""

    code = "log_error"


class LogFullError(LogError):
    """The disk is over its watermark: nothing is accepted until there is room again."""

    code = "log_full"
    status = 503


class ArchiveError(HeadwaterError):
    """The archive's files cannot be read or written."""

    code = "archive_error"
    status = 503


class AccountError(HeadwaterError):
    """Events went into a stage and were not all accounted for; nothing of the batch is kept."""

    code = "account_error"


class SeenIdsError(HeadwaterError):
    """What remembers message ids on disk is damaged."""

    code = "seen_ids_damaged"


class WarehouseError(HeadwaterError):
    """The warehouse refused or failed."""

    code = "warehouse_error"


class WarehouseLostError(WarehouseError):
    """The database cannot go on: only opening it anew helps."""

    code = "warehouse_lost"


class WarehouseStaleError(WarehouseError):
    """The tables were changed after these rows were prepared: prepare them again."""

    code = "warehouse_stale"


class WarehouseRefusedError(WarehouseError):
    """The warehouse refused rows that are at fault themselves, not the machine."""

    code = "warehouse_refused"


class QueryError(HeadwaterError):
    """A SQL question is refused or failed; `position` (from 0) says where in its text, if known."""

    code = "query_failed"
    status = 400
    position: int | None = None


class QueryRefusedError(QueryError):
    """The question is not one SELECT, or reaches outside the warehouse."""

    code = "query_refused"


class QueryLimitError(QueryError):
    """The question went over its row, time or memory limit."""

    code = "query_limit"


class QueryCancelledError(QueryError):
    """The question was cancelled by its asker."""

    code = "query_cancelled"


class ImportFileError(HeadwaterError):
    """A file cannot be imported as asked."""

    code = "import_failed"
    status = 400


class PullError(HeadwaterError):
    """A database cannot be pulled as asked."""

    code = "pull_failed"
    status = 400


class LocationError(HeadwaterError):
    """A location cannot be watched as asked."""

    code = "location_failed"
    status = 400


class StreamError(HeadwaterError):
    """A stream cannot be read as asked."""

    code = "stream_failed"
    status = 400


class FqlError(HeadwaterError):
    """A destination filter does not parse; `column` (from 1) says where."""

    code = "invalid_fql"
    status = 400

    def __init__(self, message: str, *, column: int = 0, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.column = column


class MappingError(HeadwaterError):
    """A mapping cannot be rendered."""

    code = "invalid_mapping"
    status = 400
