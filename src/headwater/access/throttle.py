"""Slowing down whoever guesses passwords, alike for addresses that have an account and others.

An attempt is counted before it is judged, so that many at once are no way around the limits.
"""

import hashlib
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final

import msgspec
from sqlalchemy import Connection, delete, insert, select, update

from headwater.access.tables import FAILED_SIGN_INS
from headwater.errors import RateLimitedError

_SECOND: Final = 1_000_000
_FORGOTTEN_AFTER: Final = 86_400 * _SECOND
_FIRST_WAIT: Final = 30 * _SECOND
_LONGEST_WAIT: Final = 900 * _SECOND


class Limit(msgspec.Struct, frozen=True):
    """Whose attempts are counted, and how many may fail before each further one must wait."""

    subject: str
    free: int


def limits(email: str, address: str) -> tuple[Limit, ...]:
    """An account from one place, one place whatever the account, an account from anywhere.

    The last lets very many fail, so that nobody is easily locked out by others.
    """
    place = _network(address)
    return (
        Limit(_hashed("pair", email, place), 5),
        Limit(_hashed("place", place), 50),
        Limit(_hashed("account", email), 200),
    )


def count_attempt(connection: Connection, limits: tuple[Limit, ...], *, now: int) -> bool:
    """Count an attempt as failed until `forget` says otherwise.

    Returns whether it was the last one before waiting. Raises RateLimitedError.
    """
    connection.execute(
        delete(FAILED_SIGN_INS).where(FAILED_SIGN_INS.c.last_at < now - _FORGOTTEN_AFTER)
    )
    names = [limit.subject for limit in limits]
    rows = connection.execute(select(FAILED_SIGN_INS).where(FAILED_SIGN_INS.c.subject.in_(names)))
    known = {row.subject: row for row in rows}
    if (wait := max((row.blocked_until - now for row in known.values()), default=0)) > 0:
        raise RateLimitedError(
            "Too many attempts to sign in have failed.",
            retry_after_seconds=-(-wait // _SECOND),
            hint="Wait a little, then try again.",
        )
    is_last = False
    for limit in limits:
        row = known.get(limit.subject)
        failures = 1 if row is None else row.failures + 1
        values = {
            "failures": failures,
            "last_at": now,
            "blocked_until": now + _wait(failures - limit.free),
        }
        is_last = is_last or failures >= limit.free
        if row is None:
            connection.execute(insert(FAILED_SIGN_INS).values(subject=limit.subject, **values))
        else:
            connection.execute(
                update(FAILED_SIGN_INS)
                .where(FAILED_SIGN_INS.c.subject == limit.subject)
                .values(**values)
            )
    return is_last


def forget(connection: Connection, limits: tuple[Limit, ...]) -> None:
    """Take back the count of an attempt that was right; the account's own place starts anew."""
    own, *others = limits
    connection.execute(delete(FAILED_SIGN_INS).where(FAILED_SIGN_INS.c.subject == own.subject))
    connection.execute(
        update(FAILED_SIGN_INS)
        .where(FAILED_SIGN_INS.c.subject.in_([each.subject for each in others]))
        .values(failures=FAILED_SIGN_INS.c.failures - 1, blocked_until=0)
    )


def _wait(excess: int) -> int:
    """Nothing while there are free attempts; then twice as long each time, up to a bound."""
    return 0 if excess < 0 else min(_FIRST_WAIT << min(excess, 10), _LONGEST_WAIT)


def _network(address: str) -> str:
    """What one subscriber has: an address, or in IPv6 a whole network of them."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        return str(ip_network((parsed, 64), strict=False))
    return str(parsed)


def _hashed(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
