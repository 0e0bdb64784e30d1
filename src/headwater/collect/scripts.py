"""The browser tracker's files, and the code that loads them."""

from collections.abc import Mapping
from typing import Final

from headwater.collect.answers import Answer, answer, json_answer
from headwater.tracker import snippet as code
from headwater.tracker.files import files

SNIPPET: Final = "snippet.json"

# Ten minutes, and then a question that is answered with 304: a new version is soon everywhere.
_CACHED: Final = (b"cache-control", b"public, max-age=600")
_SAFE: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"cross-origin-resource-policy", b"cross-origin"),
    (b"timing-allow-origin", b"*"),
)
_VARY: Final = (b"vary", b"Accept-Encoding")


def script(name: str, headers: Mapping[bytes, bytes]) -> Answer:
    """A file by its name: compressed where the browser can, and not again where it has it."""
    file = files()[name]
    common = ((b"etag", file.etag.encode()), _CACHED, _VARY, *_SAFE)
    if file.etag.encode() in headers.get(b"if-none-match", b""):
        return Answer(304, b"", common)
    content_type = (b"content-type", file.content_type.encode())
    if b"gzip" in headers.get(b"accept-encoding", b""):
        return answer(200, file.gzipped, content_type, (b"content-encoding", b"gzip"), *common)
    return answer(200, file.body, content_type, *common)


def snippet(base: str, write_key: str) -> Answer:
    """The code for a page, for a server that was called at `base`."""
    return json_answer(200, code.code(base, write_key), (b"cache-control", b"no-store"))
