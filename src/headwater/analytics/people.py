"""Who a person is: a `user_id`, or an `anonymous_id` until a call ties it to one.

The one place that says so, until an identity graph does.
"""

from typing import Any

from headwater.analytics.engine import Tables
from headwater.analytics.lazily import ibis


def table_of(tables: Tables, name: str) -> Any:
    """A table as Ibis has it; one of a source's has the source's slug before it."""
    schema, _, own = name.rpartition(".")
    return ibis.table(dict(tables[name]), name=own, database=schema or None)


def ties(tables: Tables) -> Any:
    """`tied` (an anonymous_id) and `owner` (the user_id that it belongs to): by the first call of
    `identify` that has both, or of `alias`."""
    said = []
    for name, tied in (("identifies", "anonymous_id"), ("aliases", "previous_id")):
        if {tied, "user_id", "received_at"} <= set(tables.get(name, ())):
            calls = table_of(tables, name)
            calls = calls.filter(calls[tied].notnull(), calls.user_id.notnull())
            said.append(calls.select("received_at", tied=calls[tied], owner=calls.user_id))
    if not said:
        return None
    both = said[0] if len(said) == 1 else said[0].union(said[1])
    order = ibis.window(group_by="tied", order_by=["received_at", "owner"])
    ranked = both.mutate(place=ibis.row_number().over(order))
    return ranked.filter(ranked.place == 0).select("tied", "owner")


def with_person(calls: Any, tables: Tables) -> Any:
    """Calls with the `person` who made each; those of nobody are left out."""
    calls = calls.filter(_own(calls).notnull())
    known = ties(tables)
    if known is None or "anonymous_id" not in calls.columns:
        return calls.mutate(person=_own(calls))
    # Only where it is needed: most calls have a user, and a null matches nothing at once.
    unknown = calls.user_id.isnull().ifelse(calls.anonymous_id, ibis.null("string"))
    joined = calls.left_join(known, unknown == known.tied)
    told = joined.mutate(person=ibis.coalesce(joined.user_id, joined.owner, joined.anonymous_id))
    return told.drop("tied", "owner")


def _own(calls: Any) -> Any:
    ids = [calls[name] for name in ("user_id", "anonymous_id") if name in calls.columns]
    return ibis.coalesce(*ids)
