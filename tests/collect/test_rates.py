"""The most requests per second from one source."""

import pytest

from headwater.collect.rates import RateLimiter
from headwater.errors import RateLimitedError

SECOND = 1_000_000


def test_a_source_may_send_its_rate_at_once_and_no_more() -> None:
    limiter = RateLimiter(3)
    for _ in range(3):
        limiter.check("a", 0)
    with pytest.raises(RateLimitedError) as caught:
        limiter.check("a", 0)
    assert caught.value.retry_after_seconds >= 1


def test_time_gives_room_again_up_to_the_rate() -> None:
    limiter = RateLimiter(2)
    for at in (0, 0, SECOND // 2, 100 * SECOND, 100 * SECOND):
        limiter.check("a", at)
    with pytest.raises(RateLimitedError):
        limiter.check("a", 100 * SECOND)


def test_sources_do_not_share_their_room() -> None:
    limiter = RateLimiter(1)
    limiter.check("a", 0)
    limiter.check("b", 0)


def test_a_clock_that_goes_back_takes_no_room() -> None:
    limiter = RateLimiter(1)
    limiter.check("a", 10 * SECOND)
    with pytest.raises(RateLimitedError):
        limiter.check("a", 0)
    limiter.check("a", 11 * SECOND)
