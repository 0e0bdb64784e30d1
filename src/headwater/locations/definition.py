"""A location: where files appear, which of them are meant, and what becomes of their rows."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

import msgspec
import xxhash
from msgspec import Meta

from headwater.errors import LocationError
from headwater.imports import definition_file
from headwater.imports.model import ColumnRule, EventRule, FileMapping, FileRules, RowRule

PAGE: Final = "docs/locations.md"
_BUCKET: Final = re.compile(r"[A-Za-z0-9$][A-Za-z0-9._${}-]{1,99}")
SCHEMES: Final = ("s3", "http", "https", "file")
Text = Annotated[str, Meta(max_length=4000)]


class S3(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a bucket is reached. Without keys, the machine's own credentials are taken, if any."""

    endpoint: Text = ""
    """Of a storage that is not Amazon's, such as `https://minio.example.com`."""
    region: Text = "us-east-1"
    access_key_id: Text = ""
    secret_access_key: Text = ""
    session_token: Text = ""
    anonymous: bool = False
    """A bucket that everybody may read: requests are not signed."""
    virtual_hosted: bool = False
    """Whether the bucket's name is part of the host's, as at Amazon; else of the path."""


class Where(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which files there are. A text may name `${NAME}`s, so that no secret stands in the file."""

    url: Annotated[tuple[Text, ...], Meta(min_length=1, max_length=500)] | Text
    """`s3://bucket/prefix`, `https://host/path` (each address one file) or `file:///folder`."""
    pattern: Text = "*"
    """Of the names below a bucket's prefix or a folder: `*` any text, `?` one character."""
    changed: Literal["again", "once"] = "again"
    """Whether a file whose content has changed is imported again, as a new version of it."""
    order: Literal["name", "modified"] = "name"
    settled_seconds: Annotated[float, Meta(ge=0, le=86_400)] = 0.0
    """How long a file must have stood unchanged, where it is written in pieces."""
    max_bytes: Annotated[int, Meta(ge=1)] = 10_000_000_000
    """Larger files are refused."""
    headers: dict[Text, Text] = {}
    """Sent to `http` addresses, such as `Authorization = "Bearer ${TOKEN}"`."""
    s3: S3 = S3()

    @property
    def urls(self) -> tuple[str, ...]:
        return (self.url,) if isinstance(self.url, str) else self.url


class Definition(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A location file: where, and the mapping of the files' rows, as for one that is imported."""

    location: Where
    file: FileRules = FileRules()
    columns: dict[str, str | ColumnRule] = {}
    skip: tuple[RowRule, ...] = ()
    reject: tuple[RowRule, ...] = ()
    events: tuple[EventRule, ...] = ()

    @property
    def mapping(self) -> FileMapping | None:
        """How a row becomes events; None takes it by its columns' names, or as an event."""
        if not self.events:
            return None
        return FileMapping(self.file, self.columns, self.skip, self.reject, self.events)

    @property
    def kind(self) -> str:
        return urlsplit(self.location.urls[0]).scheme.replace("https", "http")

    def id_in(self, source_id: str) -> str:
        """The same for the same place into the same source, whatever the mapping."""
        told = [self.location.urls, self.location.s3.endpoint, source_id]
        return xxhash.xxh3_128_hexdigest(msgspec.json.encode(told))

    def names(self) -> list[str]:
        """The `${NAME}`s that it needs."""
        return definition_file.names_in(msgspec.json.encode(self.location).decode())

    def opened(self, secrets: Mapping[str, str]) -> Where:
        """Where, with what the `${NAME}`s mean. Raises LocationError for one that is missing."""
        return msgspec.convert(
            _resolved(msgspec.to_builtins(self.location), "location", secrets), Where
        )


def parse(text: str, name: str) -> Definition:
    """The definition in a text: YAML where the name ends so, TOML otherwise.

    Raises LocationError, which names the member that is wrong.
    """
    raw = definition_file.loaded(text, name, LocationError)
    try:
        found = msgspec.convert(raw, Definition)
    except msgspec.ValidationError as problem:
        raise LocationError(
            f"{name} cannot be used: {problem}.", hint=f"{PAGE} lists its members."
        ) from None
    schemes = {urlsplit(url).scheme.lower().replace("https", "http") for url in found.location.urls}
    unknown = schemes.difference(SCHEMES)
    if unknown or len(schemes) != 1:
        raise LocationError(
            f"`location.url` begins with {', '.join(sorted(schemes)) or 'nothing'}.",
            hint="It is of one kind: s3://bucket/prefix, https://…, http://… or file:///folder.",
        )
    if found.kind == "s3" and not _BUCKET.fullmatch(urlsplit(found.location.urls[0]).netloc):
        raise LocationError("`location.url` names no bucket.", hint="Such as s3://bucket/prefix.")
    if found.kind != "http" and len(found.location.urls) > 1:
        raise LocationError("`location.url` names several places.", hint="Only https:// may.")
    if not found.events and (found.columns or found.skip or found.reject):
        raise LocationError("The mapping makes no event.", hint="Add an [[events]] table.")
    return found


def read_definition(path: Path) -> Definition:
    """The definition in a file. Raises LocationError."""
    return parse(definition_file.text_of(path, LocationError), path.name)


def _resolved(value: Any, member: str, secrets: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return definition_file.resolved(value, member, LocationError, secrets)
    if isinstance(value, dict):
        return {name: _resolved(each, f"{member}.{name}", secrets) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_resolved(each, member, secrets) for each in value]
    return value
