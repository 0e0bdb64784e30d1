"""Feishu (Lark): events of an app: messages, approvals, members.

Encryption, signature and the challenge: https://open.feishu.cn/document/server-docs/event-subscription-guide
"""

import base64
import binascii
import hashlib
from typing import Any, Final

import msgspec
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

from headwater.webhooks.presets.preset import (
    Event,
    Incoming,
    Preset,
    UnreadableError,
    digest,
    iso,
    member,
    person,
    require_equal,
    require_recent,
    spoken,
    track,
)

_BLOCK: Final = 16


def verify(request: Incoming, secret: str, now: int) -> None:
    """The secret is the encrypt key. The challenge is told by being encrypted with it."""
    if _challenge(request, secret) is not None:
        return
    at = request.header("x-lark-request-timestamp")
    nonce = request.header("x-lark-request-nonce")
    wanted = hashlib.sha256((at + nonce + secret).encode() + request.body).hexdigest()
    require_equal(request.header("x-lark-signature"), wanted)
    require_recent(at, now)


def answer(request: Incoming, secret: str) -> bytes | None:
    """An address is tried with a challenge, which the answer must hold."""
    challenge = _challenge(request, secret)
    return None if challenge is None else msgspec.json.encode({"challenge": challenge})


def events(request: Incoming, secret: str) -> list[Event]:
    body = _opened(request, secret)
    header, found = body.get("header"), body.get("event")
    if not isinstance(found, dict):
        raise UnreadableError("the body has no `event`")
    kind = member(header, "event_type") or found.get("type") or "event"
    message_id = str(member(header, "event_id") or body.get("uuid") or digest(request.body))
    created = member(header, "create_time")
    is_number = isinstance(created, str) and created.isdigit()
    at = iso(int(created) / 1000) if is_number else iso(body.get("ts"))
    who = person(*_ids(found), fallback=f"feishu-{message_id}")
    return [track(spoken(str(kind)), message_id, found, timestamp=at, **who)]


def _ids(found: dict[str, Any]) -> list[Any]:
    """Ids of the person: the union id is the same in all apps, the open id in this one."""
    places = (
        member(found, "sender", "sender_id"),
        member(found, "operator_id"),
        member(found, "operator", "operator_id"),
        member(found, "user_id"),
        member(found, "object"),
        found,
    )
    names = ("union_id", "user_id", "open_id")
    ids = [member(place, name) for place in places for name in names]
    return ids or [None]


def _challenge(request: Incoming, secret: str) -> str | None:
    try:
        body = _opened(request, secret)
    except UnreadableError:
        return None
    is_one = body.get("type") == "url_verification" and "encrypt" in request.record()
    challenge = body.get("challenge")
    return challenge if is_one and isinstance(challenge, str) else None


def _opened(request: Incoming, secret: str) -> dict[str, Any]:
    """The body, decrypted: AES-256-CBC, the key SHA-256 of the secret, the first block the IV."""
    sealed = request.record().get("encrypt")
    if not isinstance(sealed, str):
        raise UnreadableError("the body is not encrypted: set an encrypt key for the app's events")
    try:
        content = base64.b64decode(sealed, validate=True)
        key = hashlib.sha256(secret.encode()).digest()
        cipher = Cipher(algorithms.AES(key), modes.CBC(content[:_BLOCK])).decryptor()
        padded = cipher.update(content[_BLOCK:]) + cipher.finalize()
        unpadder = PKCS7(_BLOCK * 8).unpadder()
        found = msgspec.json.decode(unpadder.update(padded) + unpadder.finalize())
    except (binascii.Error, ValueError, RecursionError):
        raise UnreadableError("the body cannot be decrypted with this source's key") from None
    if not isinstance(found, dict):
        raise UnreadableError("the body holds no JSON object")
    return found


PRESET = Preset(
    "feishu",
    "Feishu",
    "The app's Encrypt Key, under Events and Callbacks, Encryption Strategy.",
    verify,
    events,
    answer,
)
