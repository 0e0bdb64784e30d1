"""The sandboxes of a process: one for each function that is in use, and not too many children."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from headwater.functions.runtime.breaker import Share
from headwater.functions.runtime.fetching import Fetcher
from headwater.functions.runtime.model import Health, Limits, Program
from headwater.functions.runtime.sandbox import Sandbox
from headwater.kit.addresses import FetchPolicy


class Sandboxes:
    """Holds sandboxes by name. Of those that are not asked for any more the oldest are let go."""

    def __init__(
        self,
        fetch: FetchPolicy = FetchPolicy(),  # noqa: B008
        share: Share = Share(),  # noqa: B008
        *,
        most: int = 32,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """`most` sandboxes are held at a time. Raises ValueError for a policy that is none."""
        self._fetcher = Fetcher(fetch) if fetch.is_on else None
        self._share = share
        self._most = most
        self._now = now
        self._held: OrderedDict[str, Sandbox] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, name: str, program: Program, limits: Limits = Limits()) -> Sandbox:  # noqa: B008
        """The sandbox of a name. Another program, or other limits, begin anew under it."""
        with self._lock:
            held = self._held.get(name)
            if held is not None and (held.program, held.limits) == (program, limits):
                self._held.move_to_end(name)
                return held
            made = self.one(program, limits)
            self._held[name] = made
            self._held.move_to_end(name)
            gone = [held] if held is not None else []
            while len(self._held) > self._most:
                gone.append(self._held.popitem(last=False)[1])
        for each in gone:
            each.close()
        return made

    def one(self, program: Program, limits: Limits = Limits()) -> Sandbox:  # noqa: B008
        """A sandbox that is not held here: for a trial. Whoever asks for it closes it."""
        return Sandbox(program, limits, fetcher=self._fetcher, share=self._share, now=self._now)

    def close_one(self, name: str) -> None:
        """End the sandbox of a name, if there is one."""
        with self._lock:
            held = self._held.pop(name, None)
        if held is not None:
            held.close()

    def health(self) -> dict[str, Health]:
        """How each function does that has a sandbox."""
        with self._lock:
            held = list(self._held.items())
        return {name: sandbox.health() for name, sandbox in held}

    def close(self) -> None:
        """End all children."""
        with self._lock:
            held = list(self._held.values())
            self._held.clear()
        for each in held:
            each.close()
        if self._fetcher is not None:
            self._fetcher.close()
