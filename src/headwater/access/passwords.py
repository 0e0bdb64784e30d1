"""Passwords: Argon2id, so many at a time that their memory is bounded."""

import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from headwater.errors import InvalidError, UnavailableError

SHORTEST: Final = 10
LONGEST: Final = 200

_HASHER: Final = PasswordHasher(time_cost=2, memory_cost=47_104, parallelism=1, type=Type.ID)
"""46 MiB for each: more than what OWASP's password storage page asks for."""

_SOME: Final = threading.BoundedSemaphore(2)
_WAITING: Final = threading.BoundedSemaphore(16)
_NOBODYS: Final = _HASHER.hash("the password of an account that does not exist")


def checked(password: str, *, email: str = "", field: str = "password") -> str:
    """A password that may be chosen. Raises InvalidError."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise InvalidError(
            f"{field}: must have {SHORTEST} to {LONGEST} characters.",
            field=field,
            hint="Some words that have nothing to do with each other are easy to remember.",
        )
    easy = len(set(password)) < 5 or password.casefold() in (email, email.partition("@")[0])
    if easy or password.casefold() in _GUESSED_FIRST:
        raise InvalidError(
            f"{field}: is among the first that somebody would try.",
            field=field,
            hint="Some words that have nothing to do with each other are easy to remember.",
        )
    return password


def hashed(password: str) -> str:
    """What is kept of a password: the salted hash, with its parameters.

    Raises UnavailableError while too many are asked at once.
    """
    with _turn():
        return _HASHER.hash(_normal(password))


def matches(kept: str | None, password: str) -> bool:
    """Whether this is the password. Takes as long where nothing is kept of one.

    Raises UnavailableError while too many are asked at once.
    """
    with _turn():
        try:
            _HASHER.verify(_NOBODYS if kept is None else kept, _normal(password[: 4 * LONGEST]))
        except (VerificationError, InvalidHashError):
            return False
    return kept is not None


def is_outdated(kept: str) -> bool:
    """Whether a password's hash was made with other parameters than those of today."""
    return _HASHER.check_needs_rehash(kept)


@contextmanager
def _turn() -> Iterator[None]:
    """One of few at a time; of those who wait, too few to keep everybody else from being served."""
    if not _WAITING.acquire(blocking=False):
        raise UnavailableError(
            "Too many people sign in at this moment.", hint="Try again in a second."
        )
    try:
        with _SOME:
            yield
    finally:
        _WAITING.release()


def _normal(password: str) -> str:
    # The same characters, whichever keyboard typed them.
    return unicodedata.normalize("NFKC", password)


_GUESSED_FIRST: Final = frozenset(
    {
        "0123456789",
        "1234567890",
        "1q2w3e4r5t",
        "abcdefghij",
        "administrator",
        "changeme123",
        "headwater1",
        "headwater123",
        "iloveyou123",
        "letmein123",
        "password12",
        "password123",
        "password1234",
        "qwerty1234",
        "qwerty12345",
        "qwertyuiop",
        "welcome123",
    }
)
