"""Sends batches through the tracking API: several in flight, acknowledged in their order."""

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final

import httpx
from isal import igzip

from headwater.errors import ImportFileError, UnauthorizedError
from headwater.imports.batches import Batch

IN_FLIGHT: Final = 4
_FIRST_WAIT = 0.1
_LONGEST_WAIT = 10.0
_LONGEST_RETRY_AFTER = 300.0
_NEW_KEY_SECONDS = 10.0
_AGAIN = frozenset({408, 429, 460, *range(500, 600)})

Acknowledge = Callable[[Batch], None]


def wait_before_retry(attempt: int, response: httpx.Response | None) -> float:
    """The seconds to wait after a failed attempt (from 1): what Retry-After says, or more and more.

    `response` is None where the network failed.
    """
    asked = response.headers.get("Retry-After", "") if response is not None else ""
    if asked.isascii() and asked.isdigit():
        return min(max(float(asked), _FIRST_WAIT), _LONGEST_RETRY_AFTER)
    return float(min(_FIRST_WAIT * 2 ** min(attempt - 1, 10), _LONGEST_WAIT))


class Sender:
    """Sends batches to one source. Use it as a context manager, from one thread.

    `acknowledge` is called with each batch when the server has it on disk, in the order of
    sending. A batch is sent again, with the same messageIds, until it has waited `patience`
    seconds in all. `is_new_key` says that the key was made a moment ago, so that the server may
    take some seconds to know it.
    """

    def __init__(
        self,
        client: httpx.Client,
        write_key: str,
        acknowledge: Acknowledge,
        *,
        is_new_key: bool = False,
        patience: float = 600.0,
        pause: Callable[[float], object] | None = None,
    ) -> None:
        self._client = client
        self._auth = (write_key, "")
        self._acknowledge = acknowledge
        self._key_patience = _NEW_KEY_SECONDS if is_new_key else 0.0
        self._patience = patience
        self._stopped = threading.Event()
        self._pause = pause or self._stopped.wait
        self._pending: deque[tuple[Batch, Future[None]]] = deque()
        self._pool = ThreadPoolExecutor(IN_FLIGHT, thread_name_prefix="send")

    def __enter__(self) -> "Sender":
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def send(self, batch: Batch) -> None:
        """Send a batch soon; waits while enough are in flight.

        Raises ImportFileError when the server refuses or cannot be reached, and
        UnauthorizedError when it does not know the write key.
        """
        self._pending.append((batch, self._pool.submit(self._deliver, batch)))
        while self._pending[0][1].done() or len(self._pending) > IN_FLIGHT:
            self._take_oldest()
            if not self._pending:
                return

    def drain(self) -> None:
        """Wait until every batch is acknowledged. Raises as `send`."""
        while self._pending:
            self._take_oldest()

    def _take_oldest(self) -> None:
        batch, future = self._pending.popleft()
        future.result()
        self._acknowledge(batch)

    def _deliver(self, batch: Batch) -> None:
        body = igzip.compress(batch.body, 1)
        waited, attempt = 0.0, 0
        while not self._stopped.is_set():
            attempt += 1
            response, trouble = self._post(body)
            if response is not None and response.status_code == 200:
                return
            if response is not None and not self._may_pass(response, waited):
                raise _refusal(response)
            wait = wait_before_retry(attempt, response)
            waited += wait
            if waited > self._patience:
                raise ImportFileError(
                    f"The server did not take a batch for {self._patience:.0f} s: {trouble}.",
                    hint="Run the same command again: it goes on where this one stopped.",
                )
            self._pause(wait)

    def _may_pass(self, response: httpx.Response, waited: float) -> bool:
        if response.status_code == 401:
            return waited < self._key_patience
        return response.status_code in _AGAIN

    def _post(self, body: bytes) -> tuple[httpx.Response | None, str]:
        try:
            response = self._client.post(
                "/v1/import",
                content=body,
                headers={"Content-Type": "application/json", "Content-Encoding": "gzip"},
                auth=self._auth,
            )
        except httpx.TransportError as error:
            return None, str(error) or type(error).__name__
        return response, f"it answered {response.status_code}"


def _refusal(response: httpx.Response) -> Exception:
    try:
        message = str(response.json()["message"])
    except (ValueError, KeyError, TypeError):
        message = response.text[:200]
    if response.status_code == 401:
        return UnauthorizedError(f"The server does not know the source's write key: {message}")
    return ImportFileError(f"The server refused a batch with {response.status_code}: {message}")
