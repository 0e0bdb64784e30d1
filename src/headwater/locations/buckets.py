"""A bucket of a storage that speaks S3."""

from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from headwater.errors import LocationError
from headwater.locations.definition import Where
from headwater.locations.model import GoneError, Remote, Stop

_PIECE: Final = 8_000_000
_CLIENT: Final[Any] = {"timeout": "60s", "connect_timeout": "10s", "allow_http": True}


class BucketPlace:
    """The objects below a prefix. Raises LocationError for what cannot be opened."""

    def __init__(self, where: Where, stop: Stop) -> None:
        try:
            import obstore
            from obstore.exceptions import BaseError
            from obstore.store import S3Store
        except ModuleNotFoundError:
            raise LocationError(
                "Reading a bucket needs the Python package obstore.",
                hint="Install it with: pip install 'headwater[buckets]'",
            ) from None
        parts = urlsplit(where.urls[0])
        self._prefix = unquote(parts.path).lstrip("/")
        self._pattern, self._stop = where.pattern, stop
        self._obstore: Any = obstore
        self._errors: Any = BaseError
        self._gone: Any = (
            obstore.exceptions.NotFoundError,
            obstore.exceptions.PreconditionError,
        )
        try:
            self._store: Any = S3Store(
                parts.netloc,
                config=_config(where),
                client_options=_CLIENT,
                retry_config={"max_retries": 5},
            )
        except (BaseError, ValueError) as error:
            raise LocationError(f"The bucket {parts.netloc!r} cannot be opened: {error}.") from None

    def files(self) -> Iterator[Remote]:
        folder, _, begun = self._prefix.rpartition("/")
        try:
            for piece in self._obstore.list(self._store, prefix=folder or None):
                for each in piece:
                    key = str(each["path"])
                    below = key[len(folder) + 1 :] if folder else key
                    if not below.startswith(begun) or each["size"] == 0:
                        continue
                    if fnmatchcase(below, self._pattern):
                        yield _remote(key, each)
        except self._errors as error:
            raise LocationError(f"The bucket cannot be listed: {_said(error)}") from None

    def fetch(self, remote: Remote, to: Path) -> str:
        here = to.stat().st_size if to.exists() else 0
        if remote.size is not None and here >= remote.size:
            here = 0
        options: dict[str, Any] = {"range": {"offset": here}} if here else {}
        if remote.version.startswith('"'):
            options["if_match"] = remote.version
        try:
            found = self._obstore.get(self._store, remote.key, options=options)
            if _remote(remote.key, found.meta).version != remote.version:
                raise GoneError
            with to.open("ab" if here else "wb") as file:
                for piece in found.stream(min_chunk_size=_PIECE):
                    file.write(piece)
                    if self._stop.is_set():
                        raise GoneError
        except self._gone:
            to.unlink(missing_ok=True)
            raise GoneError from None
        except self._errors as error:
            raise LocationError(f"{remote.key} cannot be read: {_said(error)}") from None
        except OSError as error:
            raise LocationError(f"{to} cannot be written: {error.strerror}.") from None
        return remote.version


def _config(where: Where) -> Any:
    s3 = where.s3
    given: dict[str, Any] = {
        "region": s3.region,
        "endpoint": s3.endpoint,
        "access_key_id": s3.access_key_id,
        "secret_access_key": s3.secret_access_key,
        "session_token": s3.session_token,
    }
    config = {name: value for name, value in given.items() if value}
    config["virtual_hosted_style_request"] = s3.virtual_hosted
    if s3.anonymous:
        config["skip_signature"] = True
    return config


def _remote(key: str, meta: Any) -> Remote:
    modified = meta["last_modified"].timestamp()
    version = meta.get("e_tag") or f"{meta['size']}-{modified}"
    return Remote(key, str(version), int(meta["size"]), modified)


def _said(error: Exception) -> str:
    """What the storage said, in a line."""
    return " ".join(str(error).split("\n\nDebug source:")[0].split())[:400]
