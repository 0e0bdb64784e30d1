"""Puts on requests who asks; keeps access tokens, and asks for new ones."""

import base64
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

from headwater.errors import PullError
from headwater.pulls.rest.auth_rules import ApiKey, Auth, Basic, Bearer, NoAuth, OAuth2
from headwater.pulls.rest.members import at

_EARLY_SECONDS: Final = 30.0
Post = Callable[[str, Mapping[str, str], Mapping[str, str]], Any]
"""Sends a form with headers to an address, and gives the JSON of the answer."""


class TokenKeeper(Protocol):
    """Remembers a refresh token that the server has put in the place of the one given."""

    def kept(self) -> str: ...
    def keep(self, token: str) -> None: ...


class Credentials:
    """What a request needs beside what it asks. `now` gives seconds."""

    def __init__(
        self, auth: Auth, post: Post, keeper: TokenKeeper, now: Callable[[], float]
    ) -> None:
        self._auth = auth
        self._post = post
        self._keeper = keeper
        self._now = now
        self._access = ""
        self._until = 0.0

    def put_on(self, headers: dict[str, str], params: dict[str, Any]) -> None:
        """Add to a request's headers and parameters. Raises PullError."""
        match self._auth:
            case NoAuth():
                pass
            case ApiKey(value=value, name=name, where="header"):
                headers[name] = value
            case ApiKey(value=value, name=name):
                params[name] = value
            case Bearer(token=token):
                headers["Authorization"] = f"Bearer {token}"
            case Basic(user=user, password=password):
                headers["Authorization"] = _basic(user, password)
            case OAuth2() as oauth:
                if not self._access or self._now() >= self._until:
                    self._ask(oauth)
                headers["Authorization"] = f"Bearer {self._access}"

    def expired(self) -> bool:
        """Forget a token that was refused. False where there is none to ask for anew."""
        self._access = ""
        return isinstance(self._auth, OAuth2)

    def secrets(self) -> list[str]:
        """What is never to be said."""
        values = [
            getattr(self._auth, name, "")
            for name in ("value", "token", "password", "client_secret", "refresh_token")
        ]
        return [value for value in (*values, self._access, self._keeper.kept()) if value]

    def _ask(self, oauth: OAuth2) -> None:
        form = {"grant_type": oauth.grant, **oauth.params}
        if oauth.grant == "refresh_token":
            form["refresh_token"] = self._keeper.kept() or oauth.refresh_token
        if oauth.scope:
            form["scope"] = oauth.scope
        headers = {}
        if oauth.client_in == "header":
            headers["Authorization"] = _basic(oauth.client_id, oauth.client_secret)
        else:
            form |= {"client_id": oauth.client_id}
            form |= {"client_secret": oauth.client_secret} if oauth.client_secret else {}
        answer = self._post(oauth.token_url, form, headers)
        access, lasts = at(answer, "access_token"), at(answer, "expires_in")
        if not isinstance(access, str) or not access or not access.isascii():
            raise PullError("The token endpoint gave no `access_token`.")
        self._access = access
        seconds = float(lasts) if isinstance(lasts, int | float) else 3600.0
        self._until = self._now() + max(seconds - _EARLY_SECONDS, seconds / 2)
        replaced = at(answer, "refresh_token")
        used = form.get("refresh_token")
        if used and isinstance(replaced, str) and replaced not in ("", used):
            self._keeper.keep(replaced)


def _basic(user: str, password: str) -> str:
    return f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"
