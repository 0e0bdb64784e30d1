"""Who calls: by a bearer token, or HTTP basic authentication with the token as name or password."""

import base64
import binascii
from ipaddress import ip_address

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from headwater.access.changes import Changes
from headwater.access.model import Access, Principal
from headwater.errors import ForbiddenError, UnauthorizedError

_LONGEST = 1000


async def admit(request: Request, access: Access, changes: Changes) -> Principal | None:
    """The caller, who may do this; None where nobody need be known.

    Raises UnauthorizedError and ForbiddenError.
    """
    if access is Access.ANYONE:
        return None
    secret = credentials(request.headers.get("authorization", ""))
    if not secret:
        if access is Access.LOCAL and is_local(request):
            return None
        raise UnauthorizedError(
            "This needs an API token.",
            hint="Send the header Authorization: Bearer TOKEN.",
        )
    principal = await run_in_threadpool(changes.principal, secret)
    if not principal.may(access):
        raise ForbiddenError(
            "This token may look, but not change anything.", hint="Use an owner's token."
        )
    return principal


def credentials(header: str) -> str:
    """The token in an Authorization header; empty where there is none."""
    scheme, _, rest = header.strip().partition(" ")
    rest = rest.strip()
    if len(rest) > _LONGEST:
        return ""
    if scheme.lower() == "bearer":
        return rest
    if scheme.lower() == "basic":
        try:
            name, _, password = base64.b64decode(rest, validate=True).decode().partition(":")
        except (binascii.Error, ValueError):
            return ""
        return password or name
    return ""


def is_local(request: Request) -> bool:
    """Whether every party to this call is on this machine.

    The collector passes calls on through a unix socket and names the caller, and whoever that
    says it calls for, in X-Forwarded-For; a proxy on this machine is no proof of a local caller.
    """
    addresses = request.headers.get("x-forwarded-for", "")
    return all(_is_loopback(part.strip()) for part in addresses.split(","))


def _is_loopback(text: str) -> bool:
    try:
        return ip_address(text).is_loopback
    except ValueError:
        return False
