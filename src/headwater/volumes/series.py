"""From counts to series without gaps. Pure."""

from collections.abc import Iterable, Mapping, Sequence

from headwater.errors import BadRequestError
from headwater.kit.clock import isoformat
from headwater.volumes.model import (
    MOST_GROUPS,
    MOST_POINTS,
    Count,
    GroupBy,
    Point,
    Series,
    VolumesLook,
    VolumesWanted,
)
from headwater.workspaces.model import Source


def look_of(wanted: VolumesWanted, sources: Sequence[Source]) -> VolumesLook:
    """What the warehouse is asked. Raises BadRequestError."""
    width = wanted.granularity.microseconds
    if wanted.end <= wanted.start:
        raise BadRequestError("endTime: must be later than startTime.", code="invalid_time")
    if len(_buckets(wanted)) > MOST_POINTS:
        raise BadRequestError(
            f"That is more than {MOST_POINTS:,} points.",
            hint="Ask for a shorter time, or for a coarser granularity.",
            code="too_many_points",
        )
    chosen = [s for s in sources if not wanted.source_ids or s.id in wanted.source_ids]
    return VolumesLook(
        slugs=tuple(source.slug for source in chosen),
        width=width,
        start=wanted.start,
        end=wanted.end,
        by_source=GroupBy.SOURCE in wanted.group_by,
        by_event=GroupBy.EVENT_NAME in wanted.group_by,
        by_type=GroupBy.EVENT_TYPE in wanted.group_by,
        event_names=wanted.event_names,
        event_types=wanted.event_types,
        app_versions=wanted.app_versions,
    )


def series_of(
    counts: Iterable[Count], wanted: VolumesWanted, sources: Sequence[Source]
) -> list[Series]:
    """A series for each group, the largest first; all of one group where there is none."""
    ids = {source.slug: source.id for source in sources}
    groups: dict[tuple[str | None, str | None, str | None], dict[int, int]] = {}
    if not wanted.group_by:
        groups[None, None, None] = {}
    for each in counts:
        group = groups.setdefault((each.slug, each.event, each.type), {})
        group[each.bucket] = group.get(each.bucket, 0) + each.count
    buckets = _buckets(wanted)
    times = {bucket: isoformat(bucket * wanted.granularity.microseconds) for bucket in buckets}
    found = [
        Series(
            source_id=ids.get(slug) if slug is not None else None,
            event_name=event,
            event_type=kind,
            total=sum(group.values()),
            series=_filled(group, times),
        )
        for (slug, event, kind), group in groups.items()
    ]
    found.sort(key=lambda each: -each.total)
    return found[:MOST_GROUPS]


def _buckets(wanted: VolumesWanted) -> range:
    width = wanted.granularity.microseconds
    return range(wanted.start // width, (wanted.end - 1) // width + 1)


def _filled(group: Mapping[int, int], times: Mapping[int, str]) -> list[Point]:
    return [Point(time, group.get(bucket, 0)) for bucket, time in times.items()]
