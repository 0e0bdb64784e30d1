"""The warehouses of all workspaces, one file each, as the warehouse role serves them."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

import duckdb
import msgspec

from headwater.errors import WarehouseError, WarehouseRefusedError
from headwater.loading.model import INTERNAL_SCHEMA, Prepared, Quarantined, Replaced, Violated
from headwater.loading.model import Catalog as TableCatalog
from headwater.loading.replacing import Standing
from headwater.ports import Positions, Tally, add_tallies
from headwater.queries.catalog import Catalog
from headwater.queries.contents import Contents, TableDetail
from headwater.queries.model import (
    Column,
    Export,
    LoaderLedger,
    Question,
    Repair,
    Spooled,
    TableInfo,
)
from headwater.warehouses.duckdb.asking import Asker, Limits
from headwater.warehouses.duckdb.contents import contents_of, table_of
from headwater.warehouses.duckdb.engine import Tuning
from headwater.warehouses.duckdb.export import export
from headwater.warehouses.duckdb.known_paths import known_paths
from headwater.warehouses.duckdb.looks import look
from headwater.warehouses.duckdb.lookup import CursorCatalog
from headwater.warehouses.duckdb.merging import Rules
from headwater.warehouses.duckdb.relations import event_relation
from headwater.warehouses.duckdb.repair import repair
from headwater.warehouses.duckdb.warehouse import DuckDBWarehouse, Load

_SUFFIX: Final = ".duckdb"


class DuckDBWarehouses:
    """Opens each workspace's file when it is first needed; safe for several threads."""

    def __init__(
        self, folder: Path, tuning: Tuning, limits: Limits, *, read_only: bool = False
    ) -> None:
        self._folder = folder
        self._tuning = tuning
        self._read_only = read_only
        self._open: dict[str, DuckDBWarehouse] = {}
        self._counted: dict[str, tuple[TableCatalog, int, Contents]] = {}
        self._lock = threading.Lock()
        self._asker = Asker(self, limits)

    def workspace(self, workspace_id: str) -> DuckDBWarehouse:
        """A workspace's warehouse. Raises WarehouseError when it cannot be opened."""
        with self._lock:
            if workspace_id not in self._open:
                path = self._folder / f"{workspace_id}{_SUFFIX}"
                if self._read_only and not path.exists():
                    raise WarehouseError(
                        f"{path} does not exist: nothing was loaded yet.",
                        hint="Run `headwater serve` and send an event first.",
                        code="not_found",
                    )
                opened = DuckDBWarehouse(path, self._tuning, read_only=self._read_only)
                self._open[workspace_id] = opened
            return self._open[workspace_id]

    def all(self) -> Mapping[str, DuckDBWarehouse]:
        """Every warehouse that there is a file of, by its workspace's id."""
        for path in sorted(self._folder.glob(f"*{_SUFFIX}")):
            self.workspace(path.stem)
        return dict(self._open)

    def commit(
        self,
        workspace_id: str,
        prepared: Prepared,
        quarantined: Sequence[Quarantined],
        slugs: Mapping[str, str],
        positions: Mapping[str, Positions],
        replaced: Replaced | None = None,
        violations: Sequence[Violated] = (),
    ) -> None:
        """Carry out a load of a workspace in one transaction. Raises WarehouseError."""
        load = Load(prepared, quarantined, slugs, positions, replaced, violations)
        self.workspace(workspace_id).load(load)

    def merge(self, rules_of: Callable[[str], Rules]) -> int:
        """Put the next merged rows of every workspace together, by its sync rules. Returns how
        many. Raises WarehouseError."""
        return sum(held.merge(rules_of(name)) for name, held in self.all().items())

    def standing(
        self, workspace_id: str, source_id: str, slug: str, ids: Sequence[str]
    ) -> Standing:
        return self.workspace(workspace_id).standing(source_id, slug, ids)

    def refusal(self, workspace_id: str, prepared: Prepared) -> WarehouseRefusedError | None:
        """Why these rows cannot be loaded, tried in a transaction that is taken back."""
        return self.workspace(workspace_id).refusal(prepared)

    def ask(self, question: Question) -> Spooled:
        return self._asker.ask(question)

    def cancel(self, query_id: str) -> bool:
        return self._asker.cancel(query_id)

    def cursor(self, workspace_id: str) -> duckdb.DuckDBPyConnection:
        return self.workspace(workspace_id).cursor()

    def catalog(self, cursor: duckdb.DuckDBPyConnection, workspace_id: str) -> Catalog:
        known = self.workspace(workspace_id).catalog
        return CursorCatalog(cursor, partial(event_relation, known))

    def ledger(self) -> LoaderLedger:
        """Counts and positions; a stream's position is the furthest of any workspace, for each
        load moves all of them (see workers.loader)."""
        positions: dict[str, dict[str, int]] = {}
        tallies: list[Tally] = []
        for warehouse in self.all().values():
            read, counted = warehouse.account()
            tallies += counted
            for stream, of_stream in read.items():
                known = positions.setdefault(stream, {})
                for partition, position in of_stream.items():
                    known[partition] = max(position, known.get(partition, 0))
        return LoaderLedger(positions, tuple(add_tallies(tallies)))

    def positions(self) -> Mapping[str, Mapping[str, Positions]]:
        """How far each workspace was loaded: by workspace, stream and partition."""
        return {name: warehouse.positions() for name, warehouse in self.all().items()}

    def export(self, wanted: Export) -> Iterator[bytes]:
        return export(self.workspace(wanted.workspace_id), wanted)

    def tables(self, workspace_id: str) -> Sequence[TableInfo]:
        warehouse = self.workspace(workspace_id)
        paths = known_paths(warehouse.catalog)
        with warehouse.reading() as cursor:
            rows = cursor.execute(
                "SELECT table_schema, table_name, column_name, data_type"
                " FROM information_schema.columns"
                f" WHERE table_catalog = current_database() AND table_schema <> '{INTERNAL_SCHEMA}'"
                " ORDER BY table_schema <> 'main', table_schema, table_name, ordinal_position"
            ).fetchall()
        found: dict[tuple[str, str], list[Column]] = {}
        for schema, table, column, kind in rows:
            found.setdefault((schema, table), []).append(Column(column, kind))
        return [
            TableInfo(*named, tuple(columns), paths.get(named[1], ()) if named[0] == "main" else ())
            for named, columns in found.items()
        ]

    def contents(self, workspace_id: str) -> Contents:
        warehouse = self.workspace(workspace_id)
        # Every load and every repair leaves another catalogue, and every merge another number:
        # until then nothing is counted anew.
        catalog, merges = warehouse.catalog, warehouse.merges
        counted = self._counted.get(workspace_id)
        if counted is None or counted[0] is not catalog or counted[1] != merges:
            counted = (catalog, merges, contents_of(warehouse))
            self._counted[workspace_id] = counted
        return counted[2]

    def table(self, workspace_id: str, schema: str, name: str) -> TableDetail:
        return table_of(self.workspace(workspace_id), schema, name)

    def repair(self, wanted: Repair) -> Mapping[str, Any]:
        warehouse = self.workspace(wanted.workspace_id)
        done = repair(warehouse, wanted.table, wanted.column, wanted.type)
        found: dict[str, Any] = msgspec.to_builtins(done)
        return found

    def look(self, name: str, workspace_id: str, wanted: bytes) -> bytes:
        return look(self.workspace(workspace_id), name, wanted)

    def health(self) -> Mapping[str, Any]:
        sizes = {}
        for name, warehouse in self.all().items():
            with warehouse.reading() as cursor:
                cursor.execute("SELECT count(*) FROM _headwater.positions").fetchall()
            sizes[name] = warehouse.path.stat().st_size
        return {"engine": f"DuckDB {duckdb.__version__}", "bytes": sizes}

    def checkpoint(self) -> None:
        for warehouse in self._open.values():
            warehouse.checkpoint()

    def close(self) -> None:
        with self._lock:
            for warehouse in self._open.values():
                warehouse.close()
            self._open.clear()
