"""Read the campaign that somebody comes from out of the page's address, into `context.campaign`.

`utm_campaign` becomes `name`, any other `utm_NAME` becomes `NAME`, as Segment has it; parameters of
Matomo (`mtm_…`) and 百度统计 (`hmsr`, …) become the same members. Ids of clicks keep their names:
`gclid`, `fbclid`, `msclkid`, `bd_vid`, `qz_gdt` and the others of the open list
(`cleaning/data/campaigns.toml`). What the campaign has already stays.
"""

from typing import Annotated

import msgspec
from msgspec import Meta

from headwater.cleaning.campaigns import campaign_reader
from headwater.cleaning.enrichment.context import Overwrite
from headwater.cleaning.model import Decide, Kind, Making, Phase
from headwater.cleaning.values import Path
from headwater.pipeline.event import Event
from headwater.pipeline.members import reader


class Settings(msgspec.Struct, forbid_unknown_fields=True):
    """What is set of the rule."""

    paths: Annotated[
        list[Path],
        Meta(
            min_length=1, max_length=10, description="The members that have addresses, or queries."
        ),
    ] = msgspec.field(default_factory=lambda: ["context.page.url", "context.page.search"])
    also: Annotated[
        list[Annotated[str, Meta(min_length=1, max_length=100)]],
        Meta(max_length=100, description="Names of more click ids."),
    ] = msgspec.field(default_factory=list)
    overwrite: Overwrite = False


def compiled(settings: Settings, rule: Making) -> Decide:  # noqa: ARG001
    """Raises ValueError for a bad path."""
    readers = [reader(path) for path in settings.paths]
    campaign_of = campaign_reader(settings.also)
    overwrites = settings.overwrite

    def decide(event: Event) -> bool:
        found: dict[str, str] = {}
        for read in readers:
            address = read(event)
            if type(address) is str:
                found = {**campaign_of(address), **found}
        return bool(found) and put_campaign(event, found, overwrites)

    return decide


def put_campaign(event: Event, found: dict[str, str], overwrites: bool = False) -> bool:
    """Put members into the campaign, under those that it has; says whether anything changed."""
    known = event.context.get("campaign")
    if known is not None and type(known) is not dict:
        return False
    merged = {**(known or {}), **found} if overwrites else {**found, **(known or {})}
    if merged == known:
        return False
    event.context = {**event.context, "campaign": merged}
    return True


KIND = Kind("read_campaign", __doc__, Settings, compiled, {"also": ["partner_click"]}, Phase.ENRICH)
