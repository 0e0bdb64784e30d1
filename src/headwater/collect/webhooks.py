"""What is kept of a request to a webhook source: all that its handler may need, within bounds."""

from collections.abc import Mapping
from typing import Final

from headwater.collect import body as bodies
from headwater.collect.sources import Sources
from headwater.errors import BadRequestError, NotFoundError
from headwater.spec import received
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
            hint="Deploy a source function and connect it to this source, enabled.",
            code="no_handler",
        )
    return source


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
