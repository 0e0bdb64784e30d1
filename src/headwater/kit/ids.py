"""Identifiers in the forms that Segment's programs expect."""

import secrets

_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_LOWER = "abcdefghijklmnopqrstuvwxyz0123456789"


def resource_id() -> str:
    """22 random characters (about 128 bits), as the Public API's resources have."""
    return "".join(secrets.choice(_BASE58) for _ in range(22))


def write_key() -> str:
    """25 characters, `c` and then [a-z0-9]: Segment's, RudderStack's and Jitsu's SDKs take it."""
    return "c" + "".join(secrets.choice(_LOWER) for _ in range(24))


def secret() -> str:
    """256 random bits as text that stands in a cookie or an address as it is."""
    return secrets.token_urlsafe(32)


def api_token() -> str:
    """A secret of 256 bits that says in its first letters what it is."""
    return f"hw_{secret()}"
