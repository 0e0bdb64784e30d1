"""Secrets at rest, sealed with a key outside of the data, or beside it for its owner alone.

What is sealed with one key cannot be opened with another: keep the key with the backups.
"""

import base64
import hashlib
import os
from pathlib import Path
from typing import Final

from cryptography.fernet import Fernet, InvalidToken

from headwater.errors import HeadwaterError

FILE_NAME: Final = "secret-key"


class Vault:
    """Seals texts and opens them again, for any number of threads."""

    def __init__(self, key: str) -> None:
        # Any text may be the key; Fernet wants 32 bytes.
        digest = hashlib.sha256(key.encode()).digest()
        self._cipher = Fernet(base64.urlsafe_b64encode(digest))

    def seal(self, text: bytes) -> str:
        """The text as only this vault's key opens it."""
        return self._cipher.encrypt(text).decode()

    def open(self, sealed: str) -> bytes:
        """The text that was sealed. Raises HeadwaterError under another key."""
        try:
            return self._cipher.decrypt(sealed)
        except InvalidToken:
            raise HeadwaterError(
                "A secret in the state database cannot be opened with this key.",
                hint=f"Give the key that it was sealed with: secret_key, or DIR/{FILE_NAME}.",
                code="wrong_secret_key",
            ) from None


def open_vault(folder: Path, key: str = "") -> Vault:
    """The vault of a data folder. Without a key, one is made once and kept in the folder."""
    return Vault(key or _kept_key(folder / FILE_NAME))


def _kept_key(path: Path) -> str:
    try:
        return path.read_text("ascii").strip()
    except FileNotFoundError:
        pass
    made = Fernet.generate_key().decode()
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(f"{made}\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(temporary, path)  # unlike a renaming, does not replace a key made meanwhile
    except FileExistsError:
        pass
    finally:
        temporary.unlink()
    return path.read_text("ascii").strip()
