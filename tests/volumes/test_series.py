"""Series without gaps, from counts with gaps."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.errors import BadRequestError
from headwater.volumes.model import Count, Granularity, GroupBy, VolumesWanted
from headwater.volumes.series import look_of, series_of
from headwater.workspaces.model import Source, SourceType

HOUR = 3_600_000_000
SHOP = Source("id-shop", "w", "Shop", "shop", SourceType.SERVER, (), True, 0)


def wanted(**more: object) -> VolumesWanted:
    given = {"granularity": Granularity.HOUR, "start": 0, "end": 5 * HOUR} | more
    return VolumesWanted(**given)  # type: ignore[arg-type]


COUNTS = st.lists(
    st.builds(
        Count,
        st.sampled_from(["shop"]),
        st.sampled_from(["Paid", "Seen", None]),
        st.none(),
        st.integers(0, 4),
        st.integers(1, 100),
    )
)


@given(COUNTS)
def test_no_count_is_lost_and_every_time_has_a_point(counts: list[Count]) -> None:
    by = (GroupBy.SOURCE, GroupBy.EVENT_NAME)
    found = series_of(counts, wanted(group_by=by), [SHOP])
    assert sum(each.total for each in found) == sum(each.count for each in counts)
    assert [each.total for each in found] == sorted((e.total for e in found), reverse=True)
    for each in found:
        assert [point.time[11:13] for point in each.series] == ["00", "01", "02", "03", "04"]
        assert sum(point.count for point in each.series) == each.total
        assert each.source_id == "id-shop"


def test_without_groups_there_is_one_series_also_of_nothing() -> None:
    [only] = series_of([], wanted(), [SHOP])
    assert (only.total, len(only.series)) == (0, 5)


def test_what_cannot_be_drawn_is_refused() -> None:
    with pytest.raises(BadRequestError):
        look_of(wanted(end=0), [SHOP])
    with pytest.raises(BadRequestError):
        look_of(wanted(granularity=Granularity.MINUTE, end=26 * HOUR), [SHOP])


def test_only_the_sources_that_are_asked_for_are_looked_at() -> None:
    assert look_of(wanted(source_ids=("id-shop",)), [SHOP]).slugs == ("shop",)
    assert look_of(wanted(source_ids=("other",)), [SHOP]).slugs == ()
