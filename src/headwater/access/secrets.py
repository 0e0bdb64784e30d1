"""Secrets of our own making: tokens, sessions and links are kept as hashes alone."""

import hashlib


def digest(secret: str) -> str:
    """What is kept of a secret.

    One SHA-256 is enough: the secret is 256 random bits, not a password, so there is nothing to
    guess that a slower hash would protect, and it is computed for every request.
    """
    return hashlib.sha256(secret.encode()).hexdigest()
