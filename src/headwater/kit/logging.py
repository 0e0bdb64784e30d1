"""Structured logs on standard error: one line an event, in the past tense, fields not sentences.

Never traits, properties, write keys or tokens: what happened to one event is in the ledger, the
quarantine or a metric, not here.
"""

import logging
import sys
from typing import Any

import structlog

_TRACEBACKS = structlog.processors.ExceptionRenderer(
    structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
)
"""Where an error came from. Never the values that it met there: they may be somebody's."""


def configure(level: str, form: str, role: str) -> None:
    """Set up the logs of this process.

    `level` is debug, info, warning or error; `form` is json, text or auto (text on a terminal);
    `role` is in every line.
    """
    number = logging.getLevelNamesMapping()[level.upper()]
    as_text = form == "text" or (form == "auto" and sys.stderr.isatty())
    render: Any = (
        structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
        if as_text
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _TRACEBACKS if not as_text else _unchanged,
            render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(role=role)
    logging.basicConfig(level=max(number, logging.WARNING), handlers=[_Libraries()], force=True)


class _Libraries(logging.Handler):
    """Gives what libraries log the form of our own lines."""

    def emit(self, record: logging.LogRecord) -> None:
        structlog.get_logger(part=record.name).log(
            record.levelno,
            "library.logged",
            message=record.getMessage(),
            exc_info=record.exc_info or None,
        )


def _unchanged(_: object, __: str, event: Any) -> Any:
    return event


def logger(name: str) -> Any:
    """The logger of a part of Headwater."""
    return structlog.get_logger(part=name)
