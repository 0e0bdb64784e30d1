"""The paths into the JSON of the event views that are known: those that fill a typed column."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Final

from headwater.loading.model import Catalog, Origin, Table, TableKey
from headwater.loading.standard import CALL_TABLES
from headwater.queries.model import Column
from headwater.warehouses.duckdb.sql import TYPES
from headwater.warehouses.duckdb.views import slugs_of

MOST_PATHS: Final = 300
"""Of a view."""

MOST_IN_ALL: Final = 30_000
"""Of a workspace: those of further views are left out."""

_TOPS: Final = {Origin.PROPERTIES: "properties", Origin.CONTEXT: "context"}


def known_paths(catalog: Catalog) -> Mapping[str, tuple[Column, ...]]:
    """The paths of each event view by its name, those in properties first."""
    slugs = slugs_of(catalog)
    events = sorted({name for slug in slugs for name in catalog.event_tables(slug)})
    views = {"track": "tracks", **CALL_TABLES, **{name: name for name in events}}
    found: dict[str, tuple[Column, ...]] = {}
    left = MOST_IN_ALL
    for view, name in views.items():
        keys = (TableKey(slug, name) for slug in slugs)
        tables = [held for key in keys if (held := catalog.table(key)) is not None]
        known = tuple(islice(_paths(tables), min(MOST_PATHS, left)))
        left -= len(known)
        if known:
            found[view] = known
    return found


def _paths(tables: Sequence[Table]) -> Iterator[Column]:
    """The paths that fill the columns of some tables, each once, with the column's type.

    A key with a point in it would read as two: its paths are left out.
    """
    seen: set[str] = set()
    for origin, top in _TOPS.items():
        for column in (each for table in tables for each in table.columns.values()):
            for keys in column.paths if column.origin is origin else ():
                path = ".".join((top, *keys))
                if path not in seen and not any("." in key for key in keys):
                    seen.add(path)
                    yield Column(path, TYPES[column.type])
