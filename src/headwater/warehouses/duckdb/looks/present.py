"""The look for which events a source has."""

from headwater.loading.model import events_key
from headwater.replays.model import PresentLook
from headwater.warehouses.duckdb.looks.events import known_slugs
from headwater.warehouses.duckdb.looks.running import looking
from headwater.warehouses.duckdb.sql import table_name
from headwater.warehouses.duckdb.warehouse import DuckDBWarehouse


def present(warehouse: DuckDBWarehouse, wanted: PresentLook) -> list[str]:
    """The messageIds that there are rows of."""
    if not known_slugs(warehouse.catalog, [wanted.slug]):
        return []
    sql = (
        f"SELECT DISTINCT id FROM {table_name(events_key(wanted.slug))}"
        " WHERE id IN (SELECT unnest($ids))"
    )
    with looking(warehouse) as looker:
        return [str(row["id"]) for row in looker.rows(sql, {"ids": list(wanted.ids)})]
