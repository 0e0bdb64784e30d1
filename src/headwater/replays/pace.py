"""How fast a replay may go."""

from headwater.kit.clock import Clock


class Pace:
    """So many events a second, over all of a replay's way."""

    def __init__(self, clock: Clock, rate: int) -> None:
        """`rate` 0 sets no limit."""
        self._clock = clock
        self._rate = rate
        self._due = clock.now()

    def at_once(self, most: int) -> int:
        """How many events to send in one go: no more than in a second."""
        return most if not self._rate else max(1, min(most, self._rate))

    def wait(self) -> float:
        """The seconds until more may be sent."""
        return max(0.0, (self._due - self._clock.now()) / 1e6) if self._rate else 0.0

    def sent(self, events: int) -> None:
        """So many were sent."""
        if self._rate:
            self._due = max(self._due, self._clock.now()) + round(events * 1e6 / self._rate)
