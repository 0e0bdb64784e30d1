"""Opens an API for one run: secrets filled in, credentials ready, a reading for each resource."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import msgspec
import xxhash

from headwater.errors import HeadwaterError, PullError
from headwater.imports.definition_file import resolved
from headwater.kit.vault import Vault, open_vault
from headwater.pulls.around import Around
from headwater.pulls.rest.auth_rules import OAuth2
from headwater.pulls.rest.definition import Api, Listing, Resource, RestDefinition
from headwater.pulls.rest.fetching import Fetcher
from headwater.pulls.rest.reading import ResourceReading
from headwater.pulls.state import CREDENTIAL, PullState

_SHORT: Final = 8
"""What is shorter is a word, not a secret."""


@contextmanager
def opened_api(
    definition: RestDefinition, state: PullState, around: Around, folder: Path | None
) -> Iterator[list[ResourceReading]]:
    """The readings of the resources, in their order. Without a folder no token is kept.

    Raises PullError, also for a `${NAME}` that is nowhere.
    """
    api: Api = _with_secrets(definition.rest, Api, "rest", around)
    resources = [_resource(each, around) for each in definition.resources]
    by_name = {each.name: each for each in resources}
    given = api.auth.refresh_token if isinstance(api.auth, OAuth2) else ""
    values = [around.secrets[name] for name in definition.names()]
    hidden = [each for each in values if len(each) >= _SHORT and each not in api.base_url]
    with Fetcher(api, around, _Keeper(state, folder, given), hidden) as fetcher:
        yield [
            ResourceReading(each, by_name.get(each.parent), state, fetcher, api.limits, around)
            for each in resources
        ]


class _Keeper:
    """Keeps a refresh token sealed in the pull's state, until another one is given."""

    def __init__(self, state: PullState, folder: Path | None, given: str) -> None:
        self._state = state
        self._folder = folder
        self._name = f"{CREDENTIAL}{xxhash.xxh3_64_hexdigest(given.encode())}"
        self._token = self._read() if given and folder is not None else ""

    def kept(self) -> str:
        return self._token

    def keep(self, token: str) -> None:
        self._token = token
        if self._folder is not None:
            self._state.keep({}, {self._name: _vault(self._folder).seal(token.encode())})

    def _read(self) -> str:
        sealed = self._state.note(self._name)
        if not sealed or self._folder is None:
            return ""
        try:
            return _vault(self._folder).open(sealed).decode()
        except HeadwaterError:  # under another key: what is given is tried
            return ""


def _vault(folder: Path) -> Vault:
    return open_vault(folder)


def _resource(resource: Resource, around: Around) -> Resource:
    """A resource whose requests have their secrets; what its records become has none."""
    parts: dict[str, Any] = {}
    for name in ("path", "params", "body"):
        parts[name] = _filled(getattr(resource, name), f"resources.{resource.name}.{name}", around)
    for name in ("deletions", "feed"):
        listing: Listing | None = getattr(resource, name)
        if listing is not None:
            where = f"resources.{resource.name}.{name}"
            parts[name] = _with_secrets(listing, type(listing), where, around)
    return msgspec.structs.replace(resource, **parts)


def _with_secrets(struct: Any, kind: type[Any], where: str, around: Around) -> Any:
    return msgspec.convert(_filled(msgspec.to_builtins(struct), where, around), kind)


def _filled(value: Any, where: str, around: Around) -> Any:
    if isinstance(value, str):
        return resolved(value, where, PullError, around.secrets)
    if isinstance(value, dict):
        return {name: _filled(each, f"{where}.{name}", around) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_filled(each, where, around) for each in value]
    return value
