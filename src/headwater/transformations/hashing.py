"""Values as their hashes: salted, so that nobody finds what was hashed by trying."""

import base64
import hashlib
import hmac
from typing import Any, Final

import msgspec

from headwater.pipeline.members import Change

ALGORITHMS: Final = ("MD5", "SHA1", "SHA256", "SHA384", "SHA512")


def hasher(algorithm: str, key: str, encoding: str) -> Change:
    """The function from a value to its hash: an HMAC, where there is a key. Texts are hashed as
    they are, other values as their JSON; null stays null. Raises ValueError."""
    name = algorithm.upper().replace("HMAC", "").replace("-", "").replace("_", "")
    if name not in ALGORITHMS:
        raise ValueError(f"algorithm: {algorithm!r} is none of {', '.join(ALGORITHMS)}")
    if "HMAC" in algorithm.upper() and not key:
        raise ValueError(f"key: {algorithm} needs one")
    secret = key.encode()

    def change(value: Any) -> Any:
        if value is None:
            return None
        text = value.encode() if type(value) is str else msgspec.json.encode(value)
        if secret:
            return _encoded(hmac.digest(secret, text, name.lower()), encoding)
        return _encoded(hashlib.new(name.lower(), text).digest(), encoding)

    return change


def _encoded(digest: bytes, encoding: str) -> str:
    match encoding:
        case "BASE64":
            return base64.b64encode(digest).decode()
        case "BASE64URL":
            return base64.urlsafe_b64encode(digest).decode()
        case "BASE16":
            return digest.hex().upper()
    return digest.hex()
