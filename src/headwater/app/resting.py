"""The warehouses of a data folder: opened by its role, or at rest by a command alone."""

from collections.abc import Iterator
from contextlib import contextmanager

from headwater.errors import NotFoundError, WarehouseError
from headwater.kit.claim import Claim
from headwater.settings import Settings
from headwater.warehouses.duckdb.asking import Limits
from headwater.warehouses.duckdb.engine import Tuning
from headwater.warehouses.duckdb.served import DuckDBWarehouses
from headwater.workspaces.model import Configuration, Workspace
from headwater.workspaces.snapshot import PublishedConfiguration


def open_warehouses(settings: Settings, *, read_only: bool = False) -> DuckDBWarehouses:
    """The warehouses of a data folder; each is opened when it is first needed."""
    return DuckDBWarehouses(
        settings.data_dir / "warehouse",
        Tuning(
            memory=settings.warehouse_memory,
            threads=settings.warehouse_threads,
            wal_bytes=settings.warehouse_wal_bytes,
        ),
        Limits(
            max_rows=settings.query_max_rows,
            timeout_seconds=settings.query_timeout_seconds,
            concurrency=settings.query_concurrency,
        ),
        read_only=read_only,
    )


@contextmanager
def resting_warehouse(settings: Settings) -> Iterator[tuple[DuckDBWarehouses, Workspace]]:
    """The warehouses of a folder that no server works on, read-only, and its first workspace.

    Raises WarehouseError when there is nothing to open, and ConflictError while a server runs.
    """
    workspace = _configuration(settings).workspaces[0]
    with Claim(settings.data_dir):
        warehouses = open_warehouses(settings, read_only=True)
        try:
            yield warehouses, workspace
        finally:
            warehouses.close()


def slug_of(settings: Settings, workspace: Workspace, named: str) -> str:
    """The slug of a workspace's source, named by its id, slug or name. Raises NotFoundError."""
    for source in _configuration(settings).sources:
        if source.workspace_id == workspace.id and named in (source.id, source.slug, source.name):
            return source.slug
    raise NotFoundError(
        f"There is no source {named!r}.", hint="Name a source by its id, slug or name."
    )


def _configuration(settings: Settings) -> Configuration:
    configuration = PublishedConfiguration(settings.data_dir).current()
    if configuration is None or not configuration.workspaces:
        raise WarehouseError(
            f"There is no Headwater in {settings.data_dir}.",
            hint="Name the folder with --data-dir, or a running server with --url.",
            code="no_data_folder",
        )
    return configuration
