"""Asks an API: at its pace, again where that may help, within bounds, and nobody else."""

import time
from collections.abc import Mapping, Sequence
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any, Final

import httpx
import msgspec
import tenacity

from headwater import __version__
from headwater.errors import PullError
from headwater.pulls.around import Around, StoppedError
from headwater.pulls.rest.credentials import Credentials, TokenKeeper
from headwater.pulls.rest.deadline import Deadline
from headwater.pulls.rest.definition import Api
from headwater.pulls.rest.members import at, condition_of
from headwater.pulls.rest.paging import Answer, Asked

_AGAIN: Final = frozenset({408, 425, 429, 500, 502, 503, 504, 520, 522, 524, 529})
_REDIRECTS: Final = 5
_SHOWN: Final = 300
_EPOCH_SECONDS: Final = 1_000_000_000
_backoff: Final = tenacity.wait_exponential(multiplier=0.5, max=60) + tenacity.wait_random(0, 1)


class GoneError(PullError):
    """What is asked for is not there."""


class _AgainError(Exception):
    """An attempt that may succeed when it is repeated, after so many seconds where that is said."""

    def __init__(self, why: str, wait: float | None = None) -> None:
        super().__init__(why)
        self.wait = wait


class Fetcher:
    """The way to one API. Use it from one thread, as a context manager.

    `hidden` are values that no error says, beside those of the credentials.
    """

    def __init__(
        self, api: Api, around: Around, keeper: TokenKeeper, hidden: Sequence[str] = ()
    ) -> None:
        self._hidden = hidden
        self._api = api
        self._limits = api.limits
        self._around = around
        self._base = httpx.URL(api.base_url.rstrip("/"))
        if self._base.scheme not in ("http", "https") or not self._base.host:
            raise PullError("`rest.base_url` is no address that begins with https:// or http://.")
        agent = f"headwater/{__version__}"
        self._client = httpx.Client(
            transport=around.transport,
            timeout=httpx.Timeout(min(60.0, api.limits.timeout_seconds), connect=15.0),
            headers={"User-Agent": agent, "Accept": "application/json", "Accept-Encoding": "gzip"},
            trust_env=around.transport is None,
        )
        self._credentials = Credentials(api.auth, self._post_form, keeper, self._now)
        self._is_limited = condition_of(api.limits.limited_when)
        self._is_expired = condition_of(api.expired_when)
        self._deadline = Deadline()
        self._next_at = 0.0
        self._ends_at = time.monotonic() + api.limits.max_minutes * 60
        self.requests = 0

    def __enter__(self) -> "Fetcher":
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def get(self, asked: Asked, method: str, resource: str) -> Answer:
        """The answer to a request. Raises PullError, which names the resource; GoneError for what
        is not there; StoppedError."""
        url = self._address(asked, resource)
        tried = self._retrying()
        has_renewed = False
        try:
            while True:
                response = tried(self._attempt, url, asked, method)
                if self._is_refused(response) and not has_renewed and self._credentials.expired():
                    has_renewed = True
                    continue
                break
        except _AgainError as error:
            again = ", also when asked again" if self._limits.retries else ""
            raise self._error(resource, f"{error}{again}", "The next run goes on.") from None
        except PullError as error:
            raise self._error(resource, error.message, error.hint or "") from None
        return self._answer(response, resource)

    def _retrying(self) -> tenacity.Retrying:
        return tenacity.Retrying(
            stop=tenacity.stop_after_attempt(self._limits.retries + 1),
            wait=_wait,
            retry=tenacity.retry_if_exception_type(_AgainError),
            sleep=self._sleep,
            reraise=True,
        )

    def _address(self, asked: Asked, resource: str) -> httpx.URL:
        if not asked.url:
            return httpx.URL(f"{self._base}{asked.path}")
        try:
            url = self._base.join(asked.url)
        except (httpx.InvalidURL, ValueError):
            raise self._error(resource, "the next page's address is none") from None
        self._require_same(url, resource, "the next page's address")
        return url

    def _require_same(self, url: httpx.URL, resource: str, what: str) -> None:
        if _origin(url) != _origin(self._base):
            raise self._error(
                resource,
                f"{what} leads to {url.scheme}://{url.netloc.decode()[:200]}, away from the API",
                "Credentials are sent to `rest.base_url` alone. Mend it, if the API has moved.",
            )

    def _attempt(self, url: httpx.URL, asked: Asked, method: str) -> httpx.Response:
        headers = dict(self._api.headers)
        params: dict[str, Any] = dict(asked.params) if asked.url else self._params(asked)
        self._credentials.put_on(headers, params)
        body = msgspec.json.encode(asked.body) if method == "POST" else None
        if body is not None:
            headers["Content-Type"] = "application/json"
        for _ in range(_REDIRECTS + 1):
            # An address that an answer gave has its parameters: they are kept beside ours.
            request = self._client.build_request(
                method, url.copy_merge_params(params), headers=headers, content=body
            )
            response = self._bounded(request)
            if not response.has_redirect_location:
                self._require_done(response)
                return response
            url = self._redirected(response)
            params = {}
            self._credentials.put_on(headers, params)
        raise PullError(f"it redirects more than {_REDIRECTS} times")

    def _params(self, asked: Asked) -> dict[str, Any]:
        return {**self._api.params, **asked.params}

    def _redirected(self, response: httpx.Response) -> httpx.URL:
        if response.request.method != "GET":
            raise PullError(f"a {response.request.method} is redirected")
        try:
            url = response.request.url.join(response.headers["Location"])
        except (httpx.InvalidURL, ValueError):
            raise PullError("it redirects to what is no address") from None
        if _origin(url) != _origin(self._base):
            raise PullError(
                f"it redirects to {url.scheme}://{url.netloc.decode()[:200]}, away from the API",
                hint="Credentials are sent to `rest.base_url` alone.",
            )
        return url

    def _bounded(self, request: httpx.Request) -> httpx.Response:
        """Send a request and read its answer, no longer and no larger than is allowed."""
        self._pace()
        self.requests += 1
        request.extensions = {**request.extensions, "trace": self._deadline.trace}
        try:
            with self._deadline.within(self._limits.timeout_seconds):
                response, content = self._read(request)
        except httpx.DecodingError:
            raise PullError("an answer is not packed as it says") from None
        except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
            raise PullError(f"the address cannot be used: {error}") from None
        except httpx.TransportError as error:
            raise _AgainError(self._why(error)) from None
        if self._deadline.has_passed:  # an answer without a length seems whole when it is cut off
            raise _AgainError(self._slow())
        whole = httpx.Response(
            response.status_code,
            headers=[(n, v) for n, v in response.headers.multi_items() if n not in _OF_TRANSFER],
            content=content,
            request=request,
        )
        self._heed_remaining(whole)
        return whole

    def _read(self, request: httpx.Request) -> tuple[httpx.Response, bytes]:
        read = bytearray()
        response = self._client.send(request, stream=True)
        try:
            for piece in response.iter_bytes():
                read += piece
                if len(read) > self._limits.max_bytes:
                    raise PullError(
                        f"an answer has more than {self._limits.max_bytes:,} bytes",
                        hint="Ask for smaller pages, or raise `limits.max_bytes`.",
                    )
        finally:
            response.close()
        return response, bytes(read)

    def _slow(self) -> str:
        return f"an answer takes more than {self._limits.timeout_seconds:g} s"

    def _why(self, error: httpx.TransportError) -> str:
        if self._deadline.has_passed:
            return self._slow()
        return f"it cannot be reached: {str(error) or type(error).__name__}"

    def _require_done(self, response: httpx.Response) -> None:
        """Raise _AgainError for an answer that may be another when it is asked for again."""
        status = response.status_code
        limited = status >= 400 and status != 429 and self._is_limited(_json(response))
        if status not in _AGAIN and not limited:
            return
        wait = self._asked_wait(response)
        if wait is not None and wait > self._limits.longest_wait_seconds:
            raise PullError(
                f"it answers {status} and asks to wait {wait:.0f} s, longer than is allowed",
                hint="The next run goes on. `limits.longest_wait_seconds` allows longer waits.",
            )
        raise _AgainError(f"it answers {status}{self._said(response)}", wait)

    def _is_refused(self, response: httpx.Response) -> bool:
        status = response.status_code
        return status == 401 or (status >= 400 and self._is_expired(_json(response)))

    def _answer(self, response: httpx.Response, resource: str) -> Answer:
        status, said = response.status_code, self._said(response)
        if self._is_refused(response):
            hint = "Mend the credentials that `rest.auth` names: they are wrong or have expired."
            raise self._error(resource, f"the credentials are refused ({status}){said}", hint)
        if status in (404, 410):
            raise GoneError(f"{resource}: it answers {status}{said}.")
        if not 200 <= status < 300:
            raise self._error(resource, f"it answers {status}{said}")
        kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if kind in _NO_JSON:
            raise self._error(
                resource,
                f"it answers with {kind}, where JSON is needed",
                "Look whether `rest.base_url` and `path` are those of the API.",
            )
        if status == 204 or not response.content.strip():
            return Answer(None, "")
        try:
            value = msgspec.json.decode(response.content)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise self._error(resource, f"its answer is no JSON: {str(error)[:200]}") from None
        return Answer(value, str(response.links.get("next", {}).get("url", "")))

    def _post_form(self, url: str, form: Mapping[str, str], headers: Mapping[str, str]) -> Any:
        request = self._client.build_request("POST", url, data=dict(form), headers=dict(headers))
        response = self._bounded(request)
        if response.status_code in _AGAIN:
            raise _AgainError(
                f"its token endpoint answers {response.status_code}", self._asked_wait(response)
            )
        if response.status_code != 200:
            raise PullError(
                f"its token endpoint refuses ({response.status_code}){self._said(response)}",
                hint="Look at the client and its secrets that `rest.auth` names.",
            )
        return _json(response)

    def _pace(self) -> None:
        """Wait until the next request may be made."""
        if time.monotonic() > self._ends_at:
            raise PullError(
                f"the run takes more than {self._limits.max_minutes:.0f} minutes",
                hint="The next run goes on.",
            )
        wait = self._next_at - time.monotonic()
        if wait > 0:
            self._sleep(wait)
        if self._limits.requests_per_second:
            now = max(time.monotonic(), self._next_at)
            self._next_at = now + 1 / self._limits.requests_per_second

    def _heed_remaining(self, response: httpx.Response) -> None:
        """Wait with the next request where the answer says that none is left."""
        limits = self._limits
        left = response.headers.get(limits.remaining_header, "") if limits.remaining_header else ""
        if not left.isdecimal() or int(left) > 0 or response.status_code == 429:
            return
        wait = self._until(response.headers.get(limits.reset_header, "")) or 1.0
        self._next_at = time.monotonic() + min(wait, limits.longest_wait_seconds)

    def _asked_wait(self, response: httpx.Response) -> float | None:
        asked = response.headers.get("Retry-After", "")
        if not asked and self._limits.reset_header:
            asked = response.headers.get(self._limits.reset_header, "")
        return self._until(asked)

    def _until(self, text: str) -> float | None:
        """The seconds that a header means: so many, an epoch, or a date."""
        try:
            number = float(text)
        except ValueError:
            try:
                moment = parsedate_to_datetime(text)
            except (TypeError, ValueError):
                return None
            moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
            return max(moment.timestamp() - self._now(), 0.0)
        if not 0 <= number < 1e15:
            return None
        return max(number - self._now(), 0.0) if number > _EPOCH_SECONDS else number

    def _sleep(self, seconds: float) -> None:
        self._around.wait(seconds)
        if self._around.stop.is_set():
            raise StoppedError

    def _now(self) -> float:
        return self._around.clock.now() / 1e6

    def _said(self, response: httpx.Response) -> str:
        """What an answer says of itself, shortly and without secrets."""
        value = _json(response)
        for path in _MESSAGES:
            found = at(value, path)
            if isinstance(found, str) and found:
                return f": {self._without_secrets(' '.join(found.split()))[:_SHOWN]}"
        return ""

    def _without_secrets(self, text: str) -> str:
        for secret in sorted({*self._credentials.secrets(), *self._hidden}, key=len, reverse=True):
            text = text.replace(secret, "***") if len(secret) > 3 else text
        return text

    def _error(self, resource: str, why: str, hint: str = "") -> PullError:
        text = self._without_secrets(why).rstrip(".")
        return PullError(f"{resource}: {text}.", hint=hint)


_OF_TRANSFER: Final = frozenset({"content-encoding", "content-length", "transfer-encoding"})
_NO_JSON: Final = frozenset({"text/html", "text/xml", "application/xml", "application/pdf"})
_MESSAGES: Final = (
    "error.message",
    "message",
    "detail",
    "error_description",
    "description",
    "error",
    "0.message",
    "errors.0.message",
    "title",
)


def _wait(state: tenacity.RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome is not None else None
    asked = error.wait if isinstance(error, _AgainError) else None
    return _backoff(state) if asked is None else asked + 0.1


def _json(response: httpx.Response) -> Any:
    """What an answer holds; None for what is no JSON."""
    try:
        return msgspec.json.decode(response.content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _origin(url: httpx.URL) -> tuple[str, str, int]:
    port = url.port or {"http": 80, "https": 443}.get(url.scheme, 0)
    return url.scheme, url.host.lower(), port
