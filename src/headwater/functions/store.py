"""Functions in the state database. All functions work in the caller's transaction."""

from collections import defaultdict
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, delete, func, insert, select, update

from headwater.errors import NotFoundError
from headwater.functions.model import (
    MOST_VERSIONS,
    Function,
    Instance,
    Published,
    Ready,
    ResourceType,
    Setting,
    Version,
)
from headwater.functions.tables import FUNCTIONS, INSTANCES, VERSIONS
from headwater.workspaces.store import raise_version

_ORDER = (INSTANCES.c.created_at, INSTANCES.c.id)


def functions(connection: Connection, workspace_id: str) -> list[Function]:
    """Those of a workspace, the oldest first."""
    statement = select(FUNCTIONS).where(FUNCTIONS.c.workspace_id == workspace_id)
    rows = list(connection.execute(statement.order_by(FUNCTIONS.c.created_at, FUNCTIONS.c.id)))
    newest = _versions(connection, [row.id for row in rows])
    return [_function(row, newest[row.id]) for row in rows]


def function(connection: Connection, workspace_id: str, wanted: str) -> Function:
    """One of them. Raises NotFoundError, also for another workspace's."""
    statement = select(FUNCTIONS).where(
        FUNCTIONS.c.workspace_id == workspace_id, FUNCTIONS.c.id == wanted
    )
    row = connection.execute(statement).first()
    if row is None:
        raise NotFoundError(f"There is no function {wanted!r}.")
    return _function(row, _versions(connection, [row.id])[row.id])


def is_named(connection: Connection, workspace_id: str, name: str, *, besides: str) -> bool:
    """Whether another one of the workspace has this name."""
    statement = select(FUNCTIONS.c.id).where(
        FUNCTIONS.c.workspace_id == workspace_id,
        FUNCTIONS.c.display_name == name,
        FUNCTIONS.c.id != besides,
    )
    return connection.execute(statement).first() is not None


def insert_function(connection: Connection, workspace_id: str, made: Function) -> None:
    connection.execute(
        insert(FUNCTIONS).values(
            workspace_id=workspace_id,
            resource_type=made.resource_type.value,
            created_at=made.created_at,
            created_by=made.created_by,
            **_described(made),
        )
    )


def update_function(connection: Connection, changed: Function) -> None:
    connection.execute(
        update(FUNCTIONS).where(FUNCTIONS.c.id == changed.id).values(**_described(changed))
    )
    raise_version(connection)


def delete_function(connection: Connection, function_id: str) -> None:
    """Remove a function with its versions and connections."""
    connection.execute(delete(FUNCTIONS).where(FUNCTIONS.c.id == function_id))
    raise_version(connection)


def versions(connection: Connection, function_id: str) -> list[Version]:
    """All versions that are kept of a function, the newest first."""
    statement = select(VERSIONS).where(VERSIONS.c.function_id == function_id)
    return [_version(row) for row in connection.execute(statement.order_by(-VERSIONS.c.number))]


def version(connection: Connection, function_id: str, wanted: str) -> Version:
    """One of them. Raises NotFoundError."""
    statement = select(VERSIONS).where(
        VERSIONS.c.function_id == function_id, VERSIONS.c.id == wanted
    )
    row = connection.execute(statement).first()
    if row is None:
        raise NotFoundError(f"The function has no version {wanted!r}.")
    return _version(row)


def insert_version(connection: Connection, made: Version) -> Version:
    """Add a version with the next number; the oldest go when there are too many."""
    [(last,)] = connection.execute(
        select(func.max(VERSIONS.c.number)).where(VERSIONS.c.function_id == made.function_id)
    )
    made = msgspec.structs.replace(made, number=(last or 0) + 1)
    connection.execute(insert(VERSIONS).values(**msgspec.structs.asdict(made)))
    connection.execute(
        delete(VERSIONS).where(
            VERSIONS.c.function_id == made.function_id,
            VERSIONS.c.number <= made.number - MOST_VERSIONS,
            VERSIONS.c.is_live.is_(False),
        )
    )
    return made


def deploy_version(connection: Connection, chosen: Version, now: int) -> None:
    """Make a version the live one."""
    of_function = VERSIONS.c.function_id == chosen.function_id
    connection.execute(update(VERSIONS).where(of_function).values(is_live=False))
    connection.execute(
        update(VERSIONS).where(VERSIONS.c.id == chosen.id).values(is_live=True, deployed_at=now)
    )
    raise_version(connection)


def instances(connection: Connection, workspace_id: str) -> list[Instance]:
    """The connections of a workspace, in the order in which events go through them."""
    statement = select(INSTANCES).where(INSTANCES.c.workspace_id == workspace_id)
    return [_instance(row) for row in connection.execute(statement.order_by(*_ORDER))]


def instance(connection: Connection, workspace_id: str, wanted: str) -> Instance:
    """One of them. Raises NotFoundError, also for another workspace's."""
    statement = select(INSTANCES).where(
        INSTANCES.c.workspace_id == workspace_id, INSTANCES.c.id == wanted
    )
    row = connection.execute(statement).first()
    if row is None:
        raise NotFoundError(f"There is no function instance {wanted!r}.")
    return _instance(row)


def insert_instance(connection: Connection, workspace_id: str, made: Instance) -> None:
    connection.execute(insert(INSTANCES).values(workspace_id=workspace_id, **_values(made)))
    raise_version(connection)


def update_instance(connection: Connection, changed: Instance) -> None:
    connection.execute(
        update(INSTANCES).where(INSTANCES.c.id == changed.id).values(**_values(changed))
    )
    raise_version(connection)


def delete_instance(connection: Connection, instance_id: str) -> None:
    connection.execute(delete(INSTANCES).where(INSTANCES.c.id == instance_id))
    raise_version(connection)


def published(connection: Connection) -> Published | None:
    """The connected functions that are on and deployed, with their secrets sealed; None where
    there are none."""
    statement = (
        select(INSTANCES, FUNCTIONS.c.resource_type, VERSIONS.c.code)
        .join(FUNCTIONS, FUNCTIONS.c.id == INSTANCES.c.function_id)
        .join(VERSIONS, VERSIONS.c.function_id == FUNCTIONS.c.id)
        .where(INSTANCES.c.enabled, VERSIONS.c.is_live)
        .order_by(*_ORDER)
    )
    inserts: dict[str, list[Ready]] = defaultdict(list)
    sources: dict[str, Ready] = {}
    for row in connection.execute(statement):
        ready = Ready(
            instance_id=row.id,
            name=row.name,
            function_id=row.function_id,
            resource_type=ResourceType(row.resource_type),
            code=row.code,
            settings=msgspec.json.decode(row.settings),
            sealed=row.sealed,
        )
        if ready.resource_type.is_insert:
            inserts[row.source_id].append(ready)
        else:
            sources.setdefault(row.source_id, ready)
    if not inserts and not sources:
        return None
    return Published({key: tuple(ready) for key, ready in inserts.items()}, sources)


class _Newest(msgspec.Struct):
    version: Version | None = None
    live: Version | None = None


def _versions(connection: Connection, function_ids: list[str]) -> dict[str, _Newest]:
    """Of each function the newest version and the live one."""
    found: dict[str, _Newest] = defaultdict(_Newest)
    statement = select(VERSIONS).where(VERSIONS.c.function_id.in_(function_ids))
    for row in connection.execute(statement.order_by(VERSIONS.c.number)):
        each = found[row.function_id]
        each.version = _version(row)
        if row.is_live:
            each.live = each.version
    return found


def _function(row: Row[tuple[object, ...]], newest: _Newest) -> Function:
    version, live = newest.version, newest.live
    return Function(
        id=row.id,
        resource_type=ResourceType(row.resource_type),
        display_name=row.display_name,
        code=version.code if version else "",
        version_id=version.id if version else "",
        description=row.description,
        logo_url=row.logo_url,
        settings=msgspec.json.decode(row.settings, type=tuple[Setting, ...]),
        created_at=row.created_at,
        created_by=row.created_by,
        live_version=live.id if live else "",
        deployed_at=live.deployed_at if live else 0,
    )


def _described(held: Function) -> dict[str, Any]:
    return {
        "id": held.id,
        "display_name": held.display_name,
        "description": held.description,
        "logo_url": held.logo_url,
        "settings": msgspec.json.encode(held.settings).decode(),
    }


def _version(row: Row[tuple[object, ...]]) -> Version:
    return Version(
        id=row.id,
        function_id=row.function_id,
        number=row.number,
        code=row.code,
        author=row.author,
        created_at=row.created_at,
        deployed_at=row.deployed_at,
        is_live=row.is_live,
    )


def _instance(row: Row[tuple[object, ...]]) -> Instance:
    return Instance(
        id=row.id,
        name=row.name,
        function_id=row.function_id,
        source_id=row.source_id,
        enabled=row.enabled,
        settings=msgspec.json.decode(row.settings),
        sealed=row.sealed,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def _values(held: Instance) -> dict[str, Any]:
    return {
        **msgspec.structs.asdict(held),
        "settings": msgspec.json.encode(held.settings).decode(),
    }
