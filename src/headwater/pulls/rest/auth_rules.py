"""How requests say who asks: the words of `auth`. Secrets are written `${NAME}`."""

from typing import Literal

import msgspec


class NoAuth(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="none"):
    """Whoever asks is answered."""


class ApiKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="api_key"):
    """A key in a header or a parameter."""

    value: str
    name: str = "X-API-Key"
    where: Literal["header", "query"] = "header"


class Bearer(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="bearer"):
    token: str


class Basic(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="basic"):
    user: str
    password: str = ""


class OAuth2(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="oauth2"):
    """An access token that is asked for, and again when it has expired."""

    token_url: str
    client_id: str
    client_secret: str = ""
    grant: Literal["client_credentials", "refresh_token"] = "client_credentials"
    refresh_token: str = ""
    """One that the server replaces by another is kept, sealed, in DIR/pulls."""
    scope: str = ""
    params: dict[str, str] = {}
    client_in: Literal["body", "header"] = "body"


Auth = NoAuth | ApiKey | Bearer | Basic | OAuth2
