"""The console's own styles and scripts, and Plotly's, at addresses that change with their content.

All of ours lie below one digest, so that a module finds those it imports by their relative path,
and a browser may keep each of them for a year.
"""

import gzip
import hashlib
import mimetypes
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from headwater.errors import NotFoundError

FOLDER: Final = Path(__file__).parent / "static"
_FOR_A_YEAR: Final = "public, max-age=31536000, immutable"
_TEXT: Final = frozenset({".css", ".js", ".svg"})


class Asset(msgspec.Struct, frozen=True):
    """A file as it is sent. `packed` is its gzip form; empty where that does not pay."""

    body: bytes
    packed: bytes
    type: str


@cache
def assets() -> Mapping[str, Asset]:
    """Every file of ours by its path below `static/`."""
    return {
        path.relative_to(FOLDER).as_posix(): _asset(path.read_bytes(), path.name)
        for path in sorted(FOLDER.rglob("*"))
        if path.is_file()
    }


@cache
def digest() -> str:
    """Stands for the content of all files together."""
    content = hashlib.sha256()
    for name, asset in assets().items():
        content.update(name.encode() + b"\0" + asset.body + b"\0")
    return content.hexdigest()[:16]


def url(name: str) -> str:
    """The address of one of our files. Raises KeyError for one that is not there."""
    assets()[name]
    return f"/static/{digest()}/{name}"


@cache
def plotly() -> Asset:
    """Plotly's script, from its Python package."""
    package = files("plotly") / "package_data" / "plotly.min.js"
    return _asset(package.read_bytes(), "plotly.min.js")


@cache
def plotly_url() -> str:
    """The address of Plotly's script; it does not read the script."""
    from importlib.metadata import version

    return f"/static/plotly-{version('plotly')}.min.js"


async def serve(request: Request) -> Response:
    """A file of ours; an old digest gets the present file, not to be kept."""
    asset = assets().get(request.path_params["name"])
    if asset is None:
        raise NotFoundError("There is no such file.")
    known = request.path_params["digest"] == digest()
    return _response(request, asset, _FOR_A_YEAR if known else "no-store")


async def serve_plotly(request: Request) -> Response:
    if request.url.path != plotly_url():
        raise NotFoundError("There is no such file.")
    return _response(request, plotly(), _FOR_A_YEAR)


def _response(request: Request, asset: Asset, cache_control: str) -> Response:
    headers = {"Cache-Control": cache_control, "Vary": "Accept-Encoding"}
    body = asset.body
    if asset.packed and "gzip" in request.headers.get("accept-encoding", ""):
        body = asset.packed
        headers["Content-Encoding"] = "gzip"
    return Response(body, media_type=asset.type, headers=headers)


def _asset(body: bytes, name: str) -> Asset:
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    packed = gzip.compress(body, 6, mtime=0) if Path(name).suffix in _TEXT else b""
    return Asset(body, packed if len(packed) < len(body) else b"", kind)
