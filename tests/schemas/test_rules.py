"""What sampled events tell of their properties."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from headwater.schemas.model import MOST_PATHS, SampleRow
from headwater.schemas.rules import LONGEST_EXAMPLE, MOST_EXAMPLES, properties


def rows(*objects: dict[str, Any]) -> list[SampleRow]:
    return [
        SampleRow(1_700_000_000_000_000 + number, json.dumps(each), "{}")
        for number, each in enumerate(objects)
    ]


def test_a_property_has_its_types_presence_and_examples() -> None:
    found = properties(
        "track",
        rows({"total": 5}, {"total": 5.5}, {"total": 6}, {"total": None}, {"page": {"n": 1}}),
    )
    page, total = found
    assert (page.path, page.column, page.presence) == ("properties.page.n", "page_n", 0.2)
    assert [(each.type, each.share) for each in total.types] == [
        ("integer", 0.5),
        ("float", 0.25),
        ("null", 0.25),
    ]
    assert (total.presence, total.distinct, total.examples) == (0.8, 3, ["5", "5.5", "6"])
    assert total.first_seen == "2023-11-14T22:13:20.000Z"
    assert total.last_seen == "2023-11-14T22:13:20.000003Z"


def test_traits_come_before_context_and_are_named_so() -> None:
    row = SampleRow(0, '{"email": "a@b"}', '{"ip": "::1", "page": {"a.b": 1}}')
    paths = [each.path for each in properties("identify", [row])]
    assert paths == ["traits.email", "context.ip", 'context.page."a.b"']


def test_wide_and_long_events_stay_bounded() -> None:
    wide = {f"k{number}": "x" * 500 for number in range(2 * MOST_PATHS)}
    found = properties("track", rows(wide, *({"k1": n} for n in range(20))))
    assert len(found) == MOST_PATHS
    for each in found:
        assert len(each.examples) <= MOST_EXAMPLES
        assert all(len(example) <= LONGEST_EXAMPLE for example in each.examples)


@given(
    st.lists(
        st.dictionaries(
            st.sampled_from("abc"),
            st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.integers()),
        ),
        min_size=1,
        max_size=8,
    )
)
def test_shares_add_up_and_presence_is_counted(objects: list[dict[str, Any]]) -> None:
    for each in properties("track", rows(*objects)):
        name = each.path.removeprefix("properties.")
        assert abs(each.presence - sum(name in o for o in objects) / len(objects)) < 1e-3
        assert abs(sum(kind.share for kind in each.types) - 1) < 1e-2
