"""What is kept of a request to a webhook source: all that its handler may need, within bounds."""

from collections.abc import Mapping
from typing import Final

from headwater.collect import body as bodies
from headwater.collect.sources import Sources
from headwater.errors import (
    BadRequestError,
    NotFoundError,
    UnauthorizedError,
    UnavailableError,
)
from headwater.spec import received
from headwater.webhooks.model import Sender
from headwater.webhooks.presets import PRESETS
from headwater.webhooks.presets.preset import (
    Incoming,
    Preset,
    RefusedError,
    UnreadableError,
)
from headwater.workspaces.model import Source, SourceType

_MOST_HEADERS: Final = 100
_LONGEST_VALUE: Final = 4_000
_LONGEST_URL: Final = 8_000


def source_of(sources: Sources, source_id: str) -> Source:
    """The webhook source with an id, ready to take requests.

    Raises NotFoundError for none, and BadRequestError for one whose requests nothing makes events
    of: its sender is to hear of that at once.
    """
    source = sources.by_id(source_id)
    if source is None or source.type is not SourceType.WEBHOOK:
        raise NotFoundError(
            f"There is no webhook source {source_id[:100]!r}.",
            hint="Make a source of the type webhook, and send to /webhooks/ and its id.",
            code="unknown_source",
        )
    if not sources.has_handler(source.id):
        raise BadRequestError(
            f"Nothing makes events of what the source {source.name!r} is sent.",
            hint="Say who sends to it (headwater webhook set), or connect a source function to it.",
            code="no_handler",
        )
    return source


def answer_of(sender: Sender, request: received.Request, body: bytes, now: int) -> bytes | None:
    """Check that a request is its sender's; what is to be answered at once, where a sender tries
    an address before it sends anything.

    Raises UnauthorizedError, also for a repeated request that is too old to be a repetition.
    """
    preset = PRESETS.get(sender.preset)
    if preset is None or sender.secret is None:
        raise UnavailableError(
            "The secret of this source's sender cannot be opened.",
            hint="Give the secret key that it was sealed with, or set the sender's secret anew.",
            code="sealed_secret",
        )
    incoming = Incoming(request.method, request.url, request.query, request.headers, body)
    try:
        preset.verify(incoming, sender.secret, now)
    except RefusedError as problem:
        if (answer := _unsigned_answer(preset, incoming, sender.secret)) is not None:
            return answer
        raise _refused(preset, str(problem)) from None
    except UnreadableError as problem:
        raise _refused(preset, str(problem)) from None
    try:
        return preset.answer(incoming, sender.secret)
    except UnreadableError:
        return None


def _unsigned_answer(preset: Preset, incoming: Incoming, secret: str) -> bytes | None:
    """What a trial of the address is answered that its sender does not sign."""
    try:
        return preset.answer(incoming, secret)
    except UnreadableError:
        return None


def _refused(preset: Preset, problem: str) -> UnauthorizedError:
    return UnauthorizedError(
        f"{preset.title}: {problem}.",
        hint=f"The secret that the source needs: {preset.secret}",
        code="webhook_refused",
    )


def request_of(
    method: str, url: str, path: str, query: bytes, headers: Mapping[bytes, bytes], ip: str
) -> received.Request:
    """What is kept beside the body."""
    kept = {
        name.decode("latin-1").lower(): value[:_LONGEST_VALUE].decode("utf-8", "replace")
        for name, value in list(headers.items())[:_MOST_HEADERS]
    }
    return received.Request(
        method=method,
        url=url[:_LONGEST_URL],
        path=path[:_LONGEST_URL],
        query=query[:_LONGEST_URL].decode("utf-8", "replace"),
        headers=kept,
        ip=ip,
    )


def content_of(body: bytes, headers: Mapping[bytes, bytes], limit: int) -> bytes:
    """The body, inflated where its sender says that it is compressed and it is. Raises
    BadRequestError where it is too large."""
    encoding = headers.get(b"content-encoding", b"").strip().lower()
    if encoding not in (b"gzip", b"x-gzip", b"deflate"):
        if len(body) > limit:
            raise bodies.too_large(limit)
        return body
    try:
        return bodies.opened(body, encoding, limit).plain
    except BadRequestError as error:
        if error.code == "request_too_large":
            raise
        return body
