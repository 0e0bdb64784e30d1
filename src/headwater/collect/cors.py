"""Cross-origin headers, for browsers: on every answer of the tracking API, errors included.

Nothing can be read back with a write key, so every origin may send. The origin is echoed with
credentials allowed, for pages that set `credentials: include`. `Retry-After` is exposed, or
browser code could not read it.
"""

import re
from typing import Final

from headwater.collect.answers import Answer, Headers, answer

_EXPOSED: Final = (b"access-control-expose-headers", b"Retry-After, X-RateLimit-Reset")
ANY: Final[Headers] = ((b"access-control-allow-origin", b"*"), _EXPOSED)
_CREDENTIALS: Final = (b"access-control-allow-credentials", b"true")
_VARY: Final = (b"vary", b"Origin")

_HEADER_NAMES: Final = re.compile(rb"[A-Za-z0-9!#$%&'*+.^_`|~, \t-]{1,2000}")
_ORIGIN: Final = re.compile(rb"[\x21-\x7e]{1,500}")
# Every header that an SDK has been seen to ask for.
_KNOWN_HEADERS: Final = (
    b"authorization, content-type, content-encoding, anonymousid, sentat, x-retry-count, "
    b"rsa-recovered, rsa-retry-attempt, rsa-retry-reason, rsa-since-first-attempt, "
    b"rsa-since-last-attempt, x-write-key, x-enable-debug, x-ip-policy, cache-control"
)


def headers(origin: bytes | None) -> Headers:
    """The headers that every answer to this origin carries."""
    if origin is None or not _ORIGIN.fullmatch(origin):
        return ANY
    return ((b"access-control-allow-origin", origin), _EXPOSED, _CREDENTIALS, _VARY)


def preflight(asked: bytes | None) -> Answer:
    """The answer to OPTIONS; `asked` is Access-Control-Request-Headers, which is granted."""
    granted = asked if asked and _HEADER_NAMES.fullmatch(asked) else _KNOWN_HEADERS
    return answer(
        200,
        b"",
        (b"access-control-allow-methods", b"GET, POST, OPTIONS, HEAD"),
        (b"access-control-allow-headers", granted),
        (b"access-control-max-age", b"86400"),
        (b"allow", b"GET, POST, OPTIONS, HEAD"),
    )
