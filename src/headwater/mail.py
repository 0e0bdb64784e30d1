"""Messages by e-mail, through the mail server that the settings name."""

import smtplib
import ssl
from email.message import EmailMessage
from email.utils import make_msgid
from typing import Final

import msgspec

from headwater.errors import BadRequestError, UnavailableError
from headwater.settings import Settings

_PATIENCE_SECONDS: Final = 10.0


class Message(msgspec.Struct, frozen=True):
    """A message in plain text to one address."""

    to: str
    subject: str
    text: str


def is_configured(settings: Settings) -> bool:
    """Whether messages can be sent at all."""
    return bool(settings.smtp_host and settings.mail_from)


def send(settings: Settings, *messages: Message) -> None:
    """Hand messages to the mail server; on return it has taken them all. Blocks: for a thread.

    Raises BadRequestError where none is configured, and UnavailableError where it does not take
    them.
    """
    if not is_configured(settings):
        raise BadRequestError(
            "No mail server is configured.",
            hint="Set smtp_host and mail_from, and restart.",
            code="no_mail_server",
        )
    try:
        with _connected(settings) as server:
            for message in messages:
                server.send_message(_written(settings, message))
    except (OSError, smtplib.SMTPException) as error:
        raise UnavailableError(
            f"The mail server {settings.smtp_host} did not take the message: {_reason(error)}",
            hint="Check the smtp_ options, and that this machine may reach the server.",
            code="mail_not_sent",
            retry_after_seconds=60,
        ) from error


def _connected(settings: Settings) -> smtplib.SMTP:
    context = ssl.create_default_context()
    if settings.smtp_security == "tls":
        server: smtplib.SMTP = smtplib.SMTP_SSL(
            settings.smtp_host, settings.smtp_port, timeout=_PATIENCE_SECONDS, context=context
        )
    else:
        server = smtplib.SMTP(settings.smtp_host, settings.smtp_port, timeout=_PATIENCE_SECONDS)
    try:
        if settings.smtp_security == "starttls":
            server.starttls(context=context)
        if settings.smtp_username:
            server.login(settings.smtp_username, settings.smtp_password)
    except BaseException:
        server.close()
        raise
    return server


def _written(settings: Settings, message: Message) -> EmailMessage:
    written = EmailMessage()
    written["From"] = settings.mail_from
    written["To"] = message.to
    written["Subject"] = message.subject
    written["Message-ID"] = make_msgid(domain=settings.mail_from.rpartition("@")[2])
    written.set_content(message.text)
    return written


def _reason(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        said = error.smtp_error
        text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
        return f"{error.smtp_code} {text}"[:200]
    return str(error)[:200] or type(error).__name__
