"""Which server a command talks to: the one named, or the one that runs on the data folder."""

from pathlib import Path
from typing import Any, Final

import httpx
import msgspec

from headwater.errors import RequestError, UnauthorizedError, UnavailableError
from headwater.kit.claim import announced, is_claimed
from headwater.settings import Settings

TOKEN_FILE: Final = "admin-token"  # noqa: S105
_TIMEOUT_SECONDS: Final = 60.0


class Connection(msgspec.Struct, frozen=True):
    """A server's address, without a slash at its end, and the token to use with it."""

    url: str
    token: str


def find(settings: Settings) -> Connection | None:
    """The server that the settings name, or that runs on the data folder; None at rest.

    Raises UnavailableError while a program holds the folder that is no server (yet), and
    UnauthorizedError when there is a server and no token for it.
    """
    if settings.url:
        return Connection(settings.url.rstrip("/"), token_of(settings))
    server = announced(settings.data_dir)
    if server is not None:
        return Connection(server.url, token_of(settings))
    if is_claimed(settings.data_dir):
        raise UnavailableError(
            f"Another Headwater works on {settings.data_dir} and does not answer yet.",
            hint="Try again in a moment.",
        )
    return None


def require(settings: Settings) -> Connection:
    """As `find`, and raises UnavailableError when there is no server."""
    connection = find(settings)
    if connection is None:
        raise UnavailableError(
            f"No server runs on {settings.data_dir}.",
            hint="Start one with `headwater serve`, or name one with --url.",
        )
    return connection


def token_of(settings: Settings) -> str:
    """The token given, or the data folder's. Raises UnauthorizedError when there is none."""
    if token := settings.token or settings.admin_token:
        return token
    path = Path(settings.data_dir) / TOKEN_FILE
    try:
        return path.read_text("utf-8").strip()
    except OSError as error:
        raise UnauthorizedError(
            f"There is no API token: none was given, and {path} cannot be read ({error.strerror}).",
            hint="Give one with --token or HEADWATER_TOKEN.",
        ) from None


def call(connection: Connection, method: str, path: str, body: object = None) -> Any:
    """The `data` of the control API's answer.

    Raises UnavailableError where the server cannot be reached, and what the server says went
    wrong as a RequestError with its code, message and hint.
    """
    try:
        response = httpx.request(
            method,
            connection.url + path,
            json=body,
            headers={"Authorization": f"Bearer {connection.token}"},
            timeout=_TIMEOUT_SECONDS,
        )
        answer = response.json()
    except httpx.HTTPError as error:
        raise UnavailableError(
            f"{connection.url} cannot be reached: {error}.",
            hint="Check --url, and that the server runs there.",
        ) from error
    except ValueError:
        raise UnavailableError(
            f"{connection.url} is no Headwater: it answers {method} {path} without JSON.",
            hint="Check --url.",
        ) from None
    if response.is_success:
        return answer.get("data", answer)
    raise RequestError(
        answer.get("message", response.reason_phrase),
        hint=answer.get("hint", ""),
        code=answer.get("code", "bad_request"),
    )
