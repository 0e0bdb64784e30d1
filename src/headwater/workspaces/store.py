"""Workspaces and sources in the state database. All functions work in the caller's transaction."""

from collections import defaultdict
from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection, Row, delete, insert, select, update

from headwater.errors import ConflictError, InvalidError, NotFoundError
from headwater.kit import ids
from headwater.kit.tables import later
from headwater.workspaces import origins, warehouses
from headwater.workspaces.labels import labels_of_sources
from headwater.workspaces.model import Configuration, Label, Source, SourceType, Workspace
from headwater.workspaces.rules import LONGEST_NAME, schema_of, slug_of
from headwater.workspaces.tables import (
    CONFIGURATION,
    RETIRED_SLUGS,
    SOURCES,
    WORKSPACES,
    WRITE_KEYS,
)


def create_workspace(connection: Connection, *, name: str, now: int) -> Workspace:
    """Make a workspace. Its slug is unlike all others'."""
    taken = set(connection.scalars(select(WORKSPACES.c.slug)))
    name = _checked(name)
    workspace = Workspace(id=ids.resource_id(), name=name, slug=slug_of(name, taken))
    connection.execute(
        insert(WORKSPACES).values(
            id=workspace.id,
            name=workspace.name,
            slug=workspace.slug,
            created_at=later(connection, WORKSPACES, now),
        )
    )
    warehouses.create_embedded(connection, workspace.id, now=now)
    raise_version(connection)
    return workspace


def workspaces(connection: Connection) -> list[Workspace]:
    """All workspaces, the oldest first."""
    rows = connection.execute(select(WORKSPACES).order_by(WORKSPACES.c.created_at, WORKSPACES.c.id))
    return [Workspace(id=row.id, name=row.name, slug=row.slug) for row in rows]


def workspace(connection: Connection, workspace_id: str) -> Workspace:
    """One workspace. Raises NotFoundError."""
    row = connection.execute(select(WORKSPACES).where(WORKSPACES.c.id == workspace_id)).first()
    if row is None:
        raise NotFoundError(f"There is no workspace {workspace_id!r}.")
    return Workspace(id=row.id, name=row.name, slug=row.slug)


def rename_workspace(connection: Connection, workspace_id: str, name: str) -> Workspace:
    """Give a workspace another name; its slug stays. Raises NotFoundError."""
    workspace(connection, workspace_id)
    connection.execute(
        update(WORKSPACES).where(WORKSPACES.c.id == workspace_id).values(name=_checked(name))
    )
    raise_version(connection)
    return workspace(connection, workspace_id)


def delete_workspace(connection: Connection, workspace_id: str) -> None:
    """Remove a workspace and its sources and write keys. Raises NotFoundError."""
    workspace(connection, workspace_id)
    connection.execute(delete(WORKSPACES).where(WORKSPACES.c.id == workspace_id))
    raise_version(connection)


def create_source(
    connection: Connection,
    workspace_id: str,
    *,
    name: str,
    type: SourceType,  # noqa: A002 - the field's name
    now: int,
    slug: str = "",
    enabled: bool = True,
    allowed_origins: Sequence[str] = (),
) -> Source:
    """Make a source with one write key.

    Without `slug` the name makes one that is free; with it, raises ConflictError when it is taken
    or was a deleted source's (whose tables still bear it). Raises NotFoundError for the workspace.
    """
    workspace(connection, workspace_id)
    taken = _taken_slugs(connection, workspace_id)
    chosen = schema_of(slug or name, () if slug else taken)
    if chosen in taken:
        raise ConflictError(
            f"slug: a source with the slug {chosen!r} exists, or did.",
            hint="Choose another, or leave it out.",
        )
    source = Source(
        id=ids.resource_id(),
        workspace_id=workspace_id,
        name=_checked(name or slug),
        slug=chosen,
        type=type,
        write_keys=(ids.write_key(),),
        enabled=enabled,
        created_at=later(connection, SOURCES, now),
        allowed_origins=origins.checked(allowed_origins),
    )
    connection.execute(
        insert(SOURCES).values(
            id=source.id,
            workspace_id=workspace_id,
            name=source.name,
            slug=source.slug,
            type=source.type.value,
            enabled=enabled,
            created_at=source.created_at,
            allowed_origins=_json(source.allowed_origins),
        )
    )
    _insert_key(connection, source.id, source.write_keys[0], now)
    raise_version(connection)
    return source


def sources(connection: Connection, workspace_id: str | None = None) -> list[Source]:
    """The sources of a workspace, or of all of them; the oldest first."""
    keys = defaultdict(list)
    for key in connection.execute(
        select(WRITE_KEYS).order_by(WRITE_KEYS.c.created_at, WRITE_KEYS.c.write_key)
    ):
        keys[key.source_id].append(key.write_key)
    labels = labels_of_sources(connection)
    statement = select(SOURCES).order_by(SOURCES.c.created_at, SOURCES.c.id)
    if workspace_id is not None:
        statement = statement.where(SOURCES.c.workspace_id == workspace_id)
    return [
        _source(row, keys[row.id], labels.get(row.id, ())) for row in connection.execute(statement)
    ]


def source(connection: Connection, workspace_id: str, source_id: str) -> Source:
    """One source of a workspace. Raises NotFoundError, also for another workspace's."""
    for each in sources(connection, workspace_id):
        if each.id == source_id:
            return each
    raise NotFoundError(f"There is no source {source_id!r}.")


def update_source(
    connection: Connection,
    workspace_id: str,
    source_id: str,
    *,
    name: str | None = None,
    enabled: bool | None = None,
    allowed_origins: Sequence[str] | None = None,
) -> Source:
    """Change what is given of a source. Raises NotFoundError and InvalidError."""
    source(connection, workspace_id, source_id)
    changed = {
        **({} if name is None else {"name": _checked(name)}),
        **({} if enabled is None else {"enabled": enabled}),
        **(
            {}
            if allowed_origins is None
            else {"allowed_origins": _json(origins.checked(allowed_origins))}
        ),
    }
    if changed:
        connection.execute(update(SOURCES).where(SOURCES.c.id == source_id).values(**changed))
        raise_version(connection)
    return source(connection, workspace_id, source_id)


def delete_source(connection: Connection, workspace_id: str, source_id: str) -> None:
    """Remove a source and its write keys; its events stay. Raises NotFoundError."""
    gone = source(connection, workspace_id, source_id)
    connection.execute(delete(SOURCES).where(SOURCES.c.id == source_id))
    connection.execute(insert(RETIRED_SLUGS).values(workspace_id=workspace_id, slug=gone.slug))
    raise_version(connection)


def add_write_key(
    connection: Connection, workspace_id: str, source_id: str, *, now: int
) -> tuple[Source, str]:
    """Give a source one more write key; the others stay. Raises NotFoundError."""
    source(connection, workspace_id, source_id)
    key = ids.write_key()
    _insert_key(connection, source_id, key, now)
    raise_version(connection)
    return source(connection, workspace_id, source_id), key


def remove_write_key(
    connection: Connection, workspace_id: str, source_id: str, write_key: str
) -> Source:
    """Take a write key from a source: calls with it are refused from then on.

    Raises NotFoundError for either, and ConflictError for the last key.
    """
    keys = source(connection, workspace_id, source_id).write_keys
    if write_key not in keys:
        raise NotFoundError("The source has no such write key.")
    if len(keys) == 1:
        raise ConflictError(
            "This is the source's only write key.",
            hint="Make another first, or disable the source.",
        )
    connection.execute(delete(WRITE_KEYS).where(WRITE_KEYS.c.write_key == write_key))
    raise_version(connection)
    return source(connection, workspace_id, source_id)


def version(connection: Connection) -> int:
    """The configuration's version: it rises with whatever changes what the roles need to know."""
    return connection.scalar(select(CONFIGURATION.c.version)) or 0


def configuration(connection: Connection) -> Configuration:
    """All that the roles need to know, as it is in this transaction."""
    return Configuration(
        version=version(connection),
        workspaces=tuple(workspaces(connection)),
        sources=tuple(sources(connection)),
    )


def _source(row: Row[tuple[object, ...]], keys: list[str], labels: tuple[Label, ...]) -> Source:
    return Source(
        id=row.id,
        workspace_id=row.workspace_id,
        name=row.name,
        slug=row.slug,
        type=SourceType(row.type),
        write_keys=tuple(keys),
        enabled=row.enabled,
        created_at=row.created_at,
        allowed_origins=msgspec.json.decode(row.allowed_origins, type=tuple[str, ...]),
        labels=labels,
    )


def _json(texts: Sequence[str]) -> str:
    return msgspec.json.encode(texts).decode()


def _taken_slugs(connection: Connection, workspace_id: str) -> set[str]:
    taken: set[str] = set()
    for table in (SOURCES, RETIRED_SLUGS):
        statement = select(table.c.slug).where(table.c.workspace_id == workspace_id)
        taken.update(connection.scalars(statement))
    return taken


def _checked(name: str) -> str:
    name = name.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise InvalidError(
            f"name: must be 1 to {LONGEST_NAME} printable characters.",
            field="name",
            hint="Give it a name that people know it by.",
        )
    return name


def _insert_key(connection: Connection, source_id: str, key: str, now: int) -> None:
    created_at = later(connection, WRITE_KEYS, now)
    connection.execute(
        insert(WRITE_KEYS).values(write_key=key, source_id=source_id, created_at=created_at)
    )


def raise_version(connection: Connection) -> None:
    """Say that what the roles need to know has changed."""
    raised = connection.execute(
        update(CONFIGURATION).values(version=CONFIGURATION.c.version + 1)
    ).rowcount
    if not raised:
        connection.execute(insert(CONFIGURATION).values(id=1, version=1))
