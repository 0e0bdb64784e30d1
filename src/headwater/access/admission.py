"""Who calls, and whether they may: for the API and for the pages, by a request's headers alone.

Credentials are an API token (as a bearer, or as the name or password of HTTP basic
authentication), or the cookie of a session. What a browser sends by itself (the cookie, basic
authentication) changes something only when the request comes from a page of ours.
"""

import base64
import binascii
from collections.abc import Mapping
from ipaddress import ip_address
from typing import Final

import msgspec

from headwater.access import sessions, tokens
from headwater.access.changes import Changes
from headwater.access.model import Access, OnSome, Principal, Rule, forbidden
from headwater.access.permissions import Permission
from headwater.errors import ForbiddenError, UnauthorizedError

_LONGEST: Final = 1000
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})


class Credentials(msgspec.Struct, frozen=True):
    """What a request shows to be let in: a token, or a session's secret; or neither."""

    token: str = ""
    session: str = ""
    is_sent_by_itself: bool = False
    """Whether a browser adds it to whatever request goes here, also from another site's page."""


def identify(changes: Changes, method: str, headers: Mapping[str, str]) -> Principal | None:
    """Who calls; None for a stranger, and for a session that is over. Blocks: for a thread.

    Raises UnauthorizedError for an unknown token, and ForbiddenError for a change that another
    site's page asks for with the visitor's cookie.
    """
    shown = credentials(headers)
    if shown.is_sent_by_itself and method not in _SAFE:
        require_same_origin(headers)
    if shown.token:
        return by_token(changes, shown.token)
    return sessions.principal(changes, shown.session) if shown.session else None


def by_token(changes: Changes, secret: str) -> Principal:
    """Whose token this is. Raises UnauthorizedError."""
    found = tokens.principal(changes, secret)
    if found is None:
        raise UnauthorizedError(
            "The API token is not known.",
            hint="Use the one at DIR/admin-token, or the one that an owner gave you.",
        )
    return found


def admit(rule: Rule, principal: Principal | None, headers: Mapping[str, str]) -> None:
    """Let the caller through, or raise UnauthorizedError or ForbiddenError."""
    if rule is Access.ANYONE or (rule is Access.LOCAL and principal is None and is_local(headers)):
        return
    if principal is None:
        raise UnauthorizedError(
            "This needs an API token, or a session.",
            hint="Send the header Authorization: Bearer TOKEN, or sign in at /sign-in.",
        )
    if (missing := lacking(rule, principal)) is not None:
        raise forbidden(missing)


def lacking(rule: Rule, principal: Principal) -> Permission | None:
    """The first permission that a known caller lacks for a rule; None where he may pass."""
    if rule is Access.LOCAL:
        rule = Permission.WORKSPACE_READ
    if isinstance(rule, Access):
        return None
    if isinstance(rule, OnSome):
        return None if principal.may_on_some(rule.permission) else rule.permission
    wanted = (rule,) if isinstance(rule, Permission) else rule
    return next((each for each in wanted if not principal.may(each)), None)


def credentials(headers: Mapping[str, str]) -> Credentials:
    """What a request's headers show; a token goes before a cookie."""
    scheme, _, rest = headers.get("authorization", "").strip().partition(" ")
    rest = rest.strip()
    if scheme and len(rest) <= _LONGEST:
        if scheme.lower() == "bearer" and rest:
            return Credentials(token=rest)
        if scheme.lower() == "basic" and (token := _basic(rest)):
            return Credentials(token=token, is_sent_by_itself=True)
    secret = _session(headers.get("cookie", ""))
    return Credentials(session=secret, is_sent_by_itself=bool(secret))


def require_same_origin(headers: Mapping[str, str]) -> None:
    """Refuse what another site's page sends with a visitor's cookie. Raises ForbiddenError."""
    site = headers.get("sec-fetch-site", "")
    if site:
        is_ours = site == "same-origin"
    elif origin := headers.get("origin", ""):
        called = headers.get("x-forwarded-host") or headers.get("host", "")
        is_ours = origin.partition("://")[2].lower() == called.lower()
    else:
        # Every browser says one of the two with a change; a program with basic credentials, none.
        is_ours = "cookie" not in headers
    if not is_ours:
        raise ForbiddenError(
            "This was not sent by a page of this Headwater.",
            hint="Open the page here and try again; programs send an API token as a bearer.",
            code="other_origin",
        )


def is_local(headers: Mapping[str, str]) -> bool:
    """Whether every party to this call is on this machine.

    The collector passes calls on through a unix socket and names the caller, and whoever that
    says it calls for, in X-Forwarded-For; a proxy on this machine is no proof of a local caller.
    """
    addresses = headers.get("x-forwarded-for", "")
    return all(_is_loopback(part.strip()) for part in addresses.split(","))


def _basic(encoded: str) -> str:
    try:
        name, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return ""
    return password or name


def _session(header: str) -> str:
    if len(header) > 16 * _LONGEST:
        return ""
    # One odd cookie of another program on the same host must not hide ours.
    for part in header.split(";"):
        name, _, value = part.strip().partition("=")
        if name == sessions.COOKIE and 0 < len(value) <= _LONGEST:
            return value
    return ""


def _is_loopback(text: str) -> bool:
    try:
        return ip_address(text).is_loopback
    except ValueError:
        return False
