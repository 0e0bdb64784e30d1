"""Files at HTTP addresses, each told from its next version by ETag or Last-Modified.

What was cut off is continued by a range, where the server knows what was cut off; redirects are
followed, without the headers where they lead to another origin.
"""

from collections.abc import Iterator, Mapping
from email.utils import parsedate_to_datetime
from pathlib import Path, PurePosixPath
from typing import Final
from urllib.parse import unquote

import httpx
import xxhash

from headwater.errors import LocationError
from headwater.imports.sending import wait_before_retry
from headwater.locations.definition import Where
from headwater.locations.model import GoneError, Remote, Stop

ATTEMPTS: Final = 6
_LOOKS: Final = 3
_MOST_REDIRECTS: Final = 5
_TIMEOUT: Final = httpx.Timeout(60.0, connect=10.0)
_AGAIN: Final = frozenset({408, 425, 429, *range(500, 600)})
_NO_HEAD: Final = frozenset({400, 403, 405, 501})


class AddressPlace:
    """The files at some addresses. Use it as a context manager."""

    def __init__(self, where: Where, stop: Stop, transport: httpx.BaseTransport | None) -> None:
        self._urls, self._headers, self._stop = where.urls, where.headers, stop
        self._client = httpx.Client(
            transport=transport, timeout=_TIMEOUT, headers={"Accept-Encoding": "identity"}
        )

    def close(self) -> None:
        self._client.close()

    def files(self) -> Iterator[Remote]:
        for url in self._urls:
            status, headers = self._told(url)
            if status == 404:
                continue
            if status >= 400:
                raise LocationError(f"{_shown(url)} answers {status}.")
            yield _remote(url, headers)

    def _told(self, url: str) -> tuple[int, httpx.Headers]:
        """The status and headers of an address, asked for again while it may pass."""
        for attempt in range(1, _LOOKS + 1):
            try:
                answer = self._looked("HEAD", url)
                if answer.status_code in _NO_HEAD:  # some servers do not answer it
                    answer = self._looked("GET", url)
            except httpx.TransportError as error:
                if attempt == _LOOKS:
                    raise LocationError(f"{_shown(url)} cannot be reached: {error}.") from None
                self._stop.wait(wait_before_retry(attempt, None))
                continue
            if answer.status_code not in _AGAIN or attempt == _LOOKS:
                break
            self._stop.wait(wait_before_retry(attempt, answer))
        return answer.status_code, answer.headers

    def _looked(self, method: str, url: str) -> httpx.Response:
        with self._asked(method, url, {}) as answer:
            return answer

    def fetch(self, remote: Remote, to: Path) -> str:
        trouble = ""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                answer_waits = self._taken(remote, to)
            except httpx.TransportError as error:
                trouble = str(error) or type(error).__name__
                answer_waits = wait_before_retry(attempt, None)
            if answer_waits is None:
                return remote.version or _digest(to)
            trouble = trouble or "it did not give the whole file"
            if self._stop.is_set() or self._stop.wait(answer_waits):
                raise GoneError
        raise LocationError(f"{_shown(remote.key)} could not be read to its end: {trouble}.")

    def _taken(self, remote: Remote, to: Path) -> float | None:
        """Read what is still missing; None when all is here, else how long to wait."""
        here = to.stat().st_size if to.exists() else 0
        if not remote.version or (remote.size is not None and here > remote.size):
            here = 0
        if here and here == remote.size:
            return None
        ranged = {"Range": f"bytes={here}-", "If-Range": _validator(remote)} if here else {}
        with self._asked("GET", remote.key, ranged) as answer:
            if answer.status_code in _AGAIN:
                return wait_before_retry(1, answer)
            if answer.status_code in (404, 410, 412):
                raise GoneError
            if answer.status_code == 416:
                to.unlink(missing_ok=True)
                return 0.0
            if answer.status_code not in (200, 206):
                raise LocationError(f"{_shown(remote.key)} answers {answer.status_code}.")
            now = _remote(remote.key, answer.headers)
            if remote.version and now.version and not _same(remote, now, answer.status_code):
                to.unlink(missing_ok=True)
                raise GoneError
            self._write(answer, to, here if answer.status_code == 206 else 0)
        if remote.size is not None and to.stat().st_size < remote.size:
            return wait_before_retry(1, None)
        return None

    def _write(self, answer: httpx.Response, to: Path, here: int) -> None:
        with to.open("ab" if here else "wb") as file:
            for piece in answer.iter_raw():  # as it comes, so that a cut loses nothing
                file.write(piece)
                if self._stop.is_set():
                    raise GoneError

    def _asked(self, method: str, url: str, more: Mapping[str, str]) -> "_Answer":
        return _Answer(self._client, method, url, {**self._headers, **more})


class _Answer:
    """An answer whose body is read as it comes, after redirects."""

    def __init__(
        self, client: httpx.Client, method: str, url: str, headers: Mapping[str, str]
    ) -> None:
        self._client, self._method, self._url, self._headers = client, method, url, headers
        self._answer: httpx.Response | None = None

    def __enter__(self) -> httpx.Response:
        first = at = httpx.URL(self._url)
        for _ in range(_MOST_REDIRECTS + 1):
            own = _origin(at) == _origin(first)
            headers = dict(self._headers) if own else _harmless(self._headers)
            request = self._client.build_request(self._method, at, headers=headers)
            try:
                answer = self._client.send(request, stream=True)
            except httpx.UnsupportedProtocol as error:
                raise LocationError(f"{_shown(str(at))} cannot be asked: {error}.") from None
            if not answer.has_redirect_location:
                self._answer = answer
                return answer
            answer.close()
            at = at.join(answer.headers["location"])
            if first.scheme == "https" and at.scheme != "https":
                raise LocationError(f"{_shown(self._url)} leads to an address without TLS.")
        raise LocationError(f"{_shown(self._url)} leads on and on.")

    def __exit__(self, *_: object) -> None:
        if self._answer is not None:
            self._answer.close()


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


def _harmless(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name in ("Range", "If-Range")}


def _remote(url: str, headers: httpx.Headers) -> Remote:
    size = headers.get("content-length", "")
    said = headers.get("last-modified", "")
    try:
        modified = parsedate_to_datetime(said).timestamp() if said else 0.0
    except ValueError:
        modified, said = 0.0, ""
    length = int(size) if size.isdigit() else None
    version = headers.get("etag", "") or (f"{said} {length}" if said else "")
    return Remote(url, version, length, modified)


def _same(remote: Remote, now: Remote, status: int) -> bool:
    """Whether it is the version that was meant. A part's length is not the file's."""
    if "etag" in remote.version.lower() or remote.version[:1] in ('"', "W"):
        return remote.version == now.version
    return remote.modified == now.modified and (status == 206 or remote.size == now.size)


def _validator(remote: Remote) -> str:
    """What If-Range takes: a strong ETag, or the date."""
    if remote.version.startswith('"'):
        return remote.version
    return remote.version.rpartition(" ")[0] if remote.modified else '"none"'


def _digest(path: Path) -> str:
    made = xxhash.xxh3_128()
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            made.update(piece)
    return made.hexdigest()


def name_of(key: str) -> str:
    """The name of the file that an address or a key means, by which its format is told."""
    path = httpx.URL(key).path if "://" in key else key
    return PurePosixPath(unquote(path)).name or "file"


def _shown(url: str) -> str:
    """An address without what may be secret in it."""
    found = httpx.URL(url)
    return f"{found.scheme}://{found.host}{found.path}"[:300]
