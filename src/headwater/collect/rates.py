"""The most requests per second from one source: a token bucket for each."""

from headwater.errors import RateLimitedError

MICROSECONDS = 1_000_000


class RateLimiter:
    """Admits `rate` requests per second from each source, and as many at once after a rest."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._buckets: dict[str, tuple[float, int]] = {}

    def check(self, source_id: str, now: int) -> None:
        """Count one request at `now` (microseconds). Raises RateLimitedError when it is too many.

        The buckets are as many as there are sources.
        """
        tokens, at = self._buckets.get(source_id, (float(self._rate), now))
        tokens = min(float(self._rate), tokens + max(0, now - at) * self._rate / MICROSECONDS)
        if tokens < 1.0:
            self._buckets[source_id] = (tokens, max(at, now))
            raise RateLimitedError(
                f"This source sends more than {self._rate:,} requests per second.",
                retry_after_seconds=1,
                hint="Send larger batches, or raise rate_limit.",
            )
        self._buckets[source_id] = (tokens - 1.0, max(at, now))
