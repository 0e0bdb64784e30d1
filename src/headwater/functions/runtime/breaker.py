"""How much of the pipeline's time a function may take when it is slow, or keeps dying.

Each event pays for itself: so many microseconds are no matter. What a function takes beyond comes
out of an allowance, which fills at a tenth of the time that passes. A function that uses it up
rests until there is some again. One whose child died rests nine times as long as that took, or
longer each time.
"""

import time
from collections.abc import Callable

import msgspec

from headwater.functions.runtime.model import Failed, Failure, Health, State


class Share(msgspec.Struct, frozen=True):
    """The most that a function may take of the time, in the long run, and at once."""

    share: float = 0.1
    burst_seconds: float = 10.0
    free_seconds: float = 0.0001
    """An event may take so long at no charge."""
    first_rest_seconds: float = 1.0
    longest_rest_seconds: float = 300.0


class Breaker:
    """The account of one function. `now` counts seconds from any start."""

    def __init__(self, share: Share, now: Callable[[], float] = time.monotonic) -> None:
        self._share = share
        self._now = now
        self._left = share.burst_seconds
        self._at = now()
        self._opens_at = self._at
        self._rest = share.first_rest_seconds
        self._deaths = 0
        self._seconds = 0.0
        self._events = 0
        self._reason = ""

    def refusal(self) -> Failed | None:
        """Why no event is given to the function now, if so."""
        rests_for = self._rests_for()
        if rests_for <= 0:
            return None
        message = f"The function rests for another {rests_for:.0f} s: {self._reason}"
        return Failed(Failure.RESTING, message, is_retryable=True)

    def left_seconds(self) -> float:
        """So long may the function take now."""
        self._fill()
        return max(self._left, 0.0)

    def spent(self, seconds: float, events: int, died: Failed | None = None) -> None:
        """Account for a run; `died` says what its child died of."""
        self._fill()
        self._seconds += seconds
        self._events += events
        self._left -= max(0.0, seconds - events * self._share.free_seconds)
        if died is None:
            self._rest = max(self._share.first_rest_seconds, self._rest / 2)
        else:
            self._deaths += 1
            self._reason = f"it was stopped ({died.kind.value})."
            longer = seconds * (
                1 / self._share.share - 1
            )  # so that this death took its share alone
            self._opens_at = self._now() + max(self._rest, longer)
            self._rest = min(self._rest * 2, self._share.longest_rest_seconds)
        if self._left <= 0:
            self._reason = "it used up its time."
            owed = (0.1 * self._share.burst_seconds - self._left) / self._share.share
            self._opens_at = max(self._opens_at, self._now() + owed)

    def health(self) -> Health:
        rests_for = self._rests_for()
        return Health(
            State.RESTING if rests_for > 0 else State.READY,
            max(rests_for, 0.0),
            self._deaths,
            self._reason,
            self._seconds,
            self._events,
        )

    def _rests_for(self) -> float:
        return self._opens_at - self._now()

    def _fill(self) -> None:
        now = self._now()
        gained = (now - self._at) * self._share.share
        self._left = min(self._share.burst_seconds, self._left + gained)
        self._at = now
