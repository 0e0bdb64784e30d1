"""Looks at how many people there are."""

from typing import Any, Final

from headwater.loading.model import events_key
from headwater.usage.model import PeopleCount, PeopleLook
from headwater.warehouses.duckdb.looks.events import known_slugs
from headwater.warehouses.duckdb.looks.running import looking
from headwater.warehouses.duckdb.sql import table_name, text
from headwater.warehouses.duckdb.warehouse import DuckDBWarehouse

_DAY: Final = "epoch_us(min(received_at)) // 86400000000 AS day"


def people(warehouse: DuckDBWarehouse, wanted: PeopleLook) -> list[PeopleCount]:
    """The numbers of ids by the day on which each was first seen in the time."""
    slugs = known_slugs(warehouse.catalog, wanted.slugs)
    if not slugs:
        return []
    seen = " UNION ALL ".join(
        f"SELECT {text(slug) if wanted.by_source else 'NULL::VARCHAR'} AS slug, user_id,"
        f" anonymous_id, received_at FROM {table_name(events_key(slug))}"
        " WHERE received_at >= make_timestamp($start) AND received_at < make_timestamp($end)"
        for slug in slugs
    )
    sql = (
        f"WITH seen AS ({seen}), firsts AS ("
        f" SELECT slug, user_id AS id, 'user' AS kind, {_DAY} FROM seen"
        " WHERE user_id IS NOT NULL GROUP BY ALL UNION ALL"
        f" SELECT slug, anonymous_id, 'anonymous', {_DAY} FROM seen"
        " WHERE anonymous_id IS NOT NULL GROUP BY ALL UNION ALL"
        f" SELECT slug, anonymous_id, 'both', {_DAY} FROM seen"
        " WHERE anonymous_id IS NOT NULL AND user_id IS NOT NULL GROUP BY ALL)"
        " SELECT slug, day, count(*) FILTER (kind = 'user'), count(*) FILTER (kind = 'anonymous'),"
        " count(*) FILTER (kind = 'both') FROM firsts GROUP BY slug, day"
    )
    with looking(warehouse) as looker:
        rows: list[dict[str, Any]] = looker.rows(sql, {"start": wanted.start, "end": wanted.end})
    return [PeopleCount(*row.values()) for row in rows]
