"""The versions of Segment's Public API, which its clients ask for by media type.

npm's client and Go's ask for `application/json`; Python's for the version that it knows of an
operation, `application/vnd.segment.v1+json`, `…v1beta+json` or `…v1alpha+json`, and takes the
answer under either name. The answers do not differ by version here: each has the fields of all.
"""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

JSON: Final = "application/json"
VERSIONS: Final = tuple(
    f"application/vnd.segment.{version}+json" for version in ("v1", "v1beta", "v1alpha")
)


def as_accepted(request: Request, response: Response) -> Response:
    """The answer under the version's name that the call asks for first, if it asks for one."""
    if response.headers.get("content-type", "") == JSON:
        for part in request.headers.get("accept", "").split(","):
            wanted = part.partition(";")[0].strip().lower()
            if wanted in VERSIONS:
                response.headers["content-type"] = wanted
                break
    response.headers.add_vary_header("Accept")
    return response
