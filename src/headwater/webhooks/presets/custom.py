"""Any other sender: told by a secret, its requests made into events by a mapping."""

import base64
import binascii
import hmac
from urllib.parse import parse_qs

from headwater.webhooks.presets.preset import (
    Event,
    Incoming,
    Preset,
    RefusedError,
    UnreadableError,
    hexadecimal,
    in_base64,
)

_SIGNATURES = (
    *("x-signature", "x-signature-256", "x-hub-signature-256", "x-webhook-signature", "signature"),
    *("x-hmac-sha256", "x-signature-sha256"),
)
_SHOWN = ("x-webhook-secret", "x-webhook-token", "x-api-key", "x-secret", "x-token")


def verify(request: Incoming, secret: str, _now: int) -> None:
    """Take a request that shows the secret, or is signed with it (HMAC-SHA256 of the body)."""
    shown = [request.header(name) for name in _SHOWN]
    shown += _authorized(request.header("authorization"))
    query = parse_qs(request.query, max_num_fields=100)
    shown += query.get("secret", []) + query.get("token", [])
    if any(_equal(each, secret) for each in shown):
        return
    signatures = [request.header(name) for name in _SIGNATURES]
    given = [each.strip().removeprefix("sha256=") for each in signatures if each]
    wanted = hexadecimal(secret, request.body), in_base64(secret, request.body)
    if any(_equal(each, good) or _equal(each.lower(), good) for each in given for good in wanted):
        return
    raise RefusedError(
        "the signature is not that of this source's secret"
        if given
        else "the request does not show this source's secret, and is not signed with it"
    )


def _authorized(header: str) -> list[str]:
    """The token, or the password, of an Authorization header."""
    kind, _, value = header.partition(" ")
    if kind.lower() != "basic":
        return [value.strip()]
    try:
        return [base64.b64decode(value, validate=True).decode().partition(":")[2]]
    except (binascii.Error, UnicodeDecodeError):
        return []


def _equal(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), wanted.encode())


def events(_request: Incoming, _secret: str) -> list[Event]:
    """A sender without a mapping: see headwater.webhooks.mapped for those that have one."""
    raise UnreadableError("the source has no mapping")


PRESET = Preset(
    "custom",
    "Another sender",
    "A text of your own: sent as a bearer token, in X-Webhook-Secret, as ?secret= in the address, "
    "or used to sign the body (HMAC-SHA256 in X-Signature).",
    verify,
    events,
)
