"""A look at the loader's catalogue: which tables there are, with which columns."""

from headwater.loading.model import INTERNAL_SCHEMA, events_key
from headwater.warehouses.duckdb.warehouse import DuckDBWarehouse
from headwater.whatif.model import CatalogueLook, CatalogueRows


def catalogue(warehouse: DuckDBWarehouse, wanted: CatalogueLook) -> CatalogueRows:
    """The tables of some sources."""
    known, slugs = warehouse.catalog, set(wanted.slugs)
    internal = {events_key(slug) for slug in slugs}
    keys = [
        table.key
        for table in known.tables()
        if table.key in internal
        or (table.key.schema in slugs and table.key.schema != INTERNAL_SCHEMA)
    ]
    return CatalogueRows(
        list(known.column_rows(keys)),
        [name for name in known.event_names() if name.slug in slugs],
    )
