"""Finds a source by its name, id or slug; for events to be sent, makes it where there is none."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from headwater.cli.connection import Connection, call
from headwater.errors import ConflictError, NotFoundError


class NamedSource(msgspec.Struct, frozen=True):
    """A source that events can be sent to."""

    id: str
    name: str
    write_key: str
    is_new: bool = False


def listed_sources(connection: Connection) -> Sequence[Mapping[str, Any]]:
    """The sources that this token may see."""
    found = call(connection, "GET", "/api/sources?pagination.count=1000")["sources"]
    sources: Sequence[Mapping[str, Any]] = found
    return sources


def source_id(connection: Connection, named: str) -> str:
    """The id of the source with this id, slug or name. Raises NotFoundError."""
    for source in listed_sources(connection):
        if named in (source["id"], source["slug"], source["name"]):
            return str(source["id"])
    raise NotFoundError(f"There is no source {named!r}.", hint="See `headwater source list`.")


def source_named(connection: Connection, asked: str, kind: str) -> NamedSource:
    """The source with this id, slug or name; a new one of this kind where there is none.

    Raises ConflictError when several are named so, and NotFoundError for one that has no write
    key that this token may see.
    """
    sources = listed_sources(connection)
    if found := chosen(sources, asked):
        return found
    made = call(connection, "POST", "/api/sources", {"name": asked, "type": kind})["source"]
    return _usable(made, is_new=True)


def chosen(sources: Sequence[Mapping[str, Any]], asked: str) -> NamedSource | None:
    """The source among these with this id, slug or name. Raises as `source_named`."""
    for member in ("id", "slug", "name"):
        found = [source for source in sources if source.get(member) == asked]
        if len(found) > 1:
            raise ConflictError(
                f"{len(found)} sources are named {asked!r}.", hint="Give the id of the one meant."
            )
        if found:
            return _usable(found[0], is_new=False)
    return None


def _usable(source: Mapping[str, Any], *, is_new: bool) -> NamedSource:
    keys = source["writeKeys"]
    if not keys:
        raise NotFoundError(
            f"The source {source['id']} shows no write key.",
            hint="Make one for it, or use a token that may see it.",
        )
    return NamedSource(source["id"], source.get("name") or source["slug"], keys[-1], is_new)
