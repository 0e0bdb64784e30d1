"""All that people did, whatever it was, and the sittings in which they did it."""

from typing import Any, Final

from headwater.analytics.events import Events
from headwater.analytics.lazily import ibis
from headwater.analytics.periods import Span
from headwater.errors import InvalidError
from headwater.naming import table_name

_CALLS: Final = ("track", "page", "screen")
_OF_NOBODY: Final = ("campaign_spend",)


def everything(data: Events, span: Span) -> Any:
    """`person`, `at`, `id`, the `name` of what they did, an event's as it was sent, or `page` or
    `screen`; and the `table` of such events."""
    found = []
    for call in _CALLS:
        if not data.columns(call):
            continue
        names = {"named": "event_text", "table": "event"} if call == "track" else {}
        told = data.events(call, names, {}, span)
        if names:
            told = told.filter(~told.table.isin(_OF_NOBODY))
            name = ibis.coalesce(told.named, told.table)
        else:
            name = ibis.literal(call)
        table = told.table if names else name
        found.append(data.among(told).select("person", "at", "id", name=name, table=table))
    if not found:
        raise InvalidError("There are no events yet.")
    return ibis.union(*found)


def sittings(told: Any, minutes: int) -> Any:
    """By `person` and number of sitting: when it `began`, how many `seconds` from its first to its
    last event, and how many `events`. A sitting ends where nothing is done for so many minutes."""
    order = [told["at"], told.id]
    mine = ibis.window(group_by="person", order_by=order)
    told = told.mutate(before=told["at"].lag().over(mine))
    is_new = told.before.isnull() | (told["at"] > told.before + ibis.interval(minutes=minutes))
    told = told.mutate(new=is_new.ifelse(1, 0))
    so_far = ibis.window(group_by="person", order_by=order, preceding=(None, 0))
    told = told.mutate(sitting=told.new.sum().over(so_far).cast("int64"))
    found = told.group_by(["person", "sitting"]).agg(
        began=told["at"].min(), ended=told["at"].max(), events=told.count()
    )
    seconds = (found.ended.epoch_seconds() - found.began.epoch_seconds()).cast("float64")
    return found.select("person", "sitting", "began", "events", seconds=seconds)


def steps(told: Any, anchor: str, hours: int, depth: int, *, is_after: bool) -> Any:
    """How many `people` went from one name to the next, by `place` from 0, in the way that begins
    with (or, before, ends with) the first time of each person that they did the anchor. The same
    name one time after another counts once."""
    table = anchor if anchor in _CALLS else table_name(anchor)
    told = told.mutate(is_anchor=told.table == table)
    anchored = told.filter(told.is_anchor)
    anchored = anchored.group_by("person").agg(first=anchored["at"].min())
    anchored = anchored.select(owner=anchored.person, first=anchored["first"])
    near = told.inner_join(anchored, told.person == anchored.owner)
    span = ibis.interval(hours=hours)
    if is_after:
        near = near.filter(near["at"] >= near["first"], near["at"] <= near["first"] + span)
    else:
        near = near.filter(near["at"] <= near["first"], near["at"] >= near["first"] - span)
    # What else was done at the anchor's very moment is no part of the way.
    near = near.filter((near["at"] != near["first"]) | near.is_anchor)
    near = near.select("person", "at", "id", "name")
    near = near.mutate(before=near.name.lag().over(_mine(near, is_after=is_after)))
    near = near.filter(near.before.isnull() | (near.before != near.name))
    place = ibis.row_number().over(_mine(near, is_after=is_after))
    near = near.mutate(place=place.cast("int64"))
    near = near.filter(near.place < depth)
    return near.group_by(["place", "before", "name"]).agg(people=near.person.nunique())


def _mine(told: Any, *, is_after: bool) -> Any:
    order = [told["at"], told.id] if is_after else [told["at"].desc(), told.id.desc()]
    return ibis.window(group_by="person", order_by=order)
