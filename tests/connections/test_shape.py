"""What is noticed of the shape of records."""

from hypothesis import given
from hypothesis import strategies as st

from headwater.connections.model import Drift
from headwater.connections.shape import ENOUGH_RECORDS, MOST_MEMBERS, Difference, Observed

RECORDS = st.lists(
    st.dictionaries(
        st.sampled_from("abcd"),
        st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.integers()),
    ),
    max_size=30,
)


def observed(*records):
    seen = Observed()
    for record in records:
        seen.look(record)
    return seen


def drifts(known, seen: Observed):
    return [each[:2] for each in Difference(known, seen.shape, seen.records).drifts]


def test_members_and_their_types_are_seen_inside_objects_too():
    seen = observed(
        {"id": 1, "who": {"name": "Li", "tags": []}, "$change": "inserted"}, {"id": "x"}
    )
    assert seen.shape == {"id": ["number", "text"], "who.name": ["text"], "who.tags": ["list"]}


def test_the_first_run_notices_nothing():
    assert drifts({}, observed({"a": 1})) == []


def test_what_appears_changes_and_vanishes_is_noticed():
    known = {"a": ["number"], "b": ["text"], "c": ["text"]}
    seen = observed(*({"a": "1", "b": "x", "d": True} for _ in range(ENOUGH_RECORDS)))
    assert drifts(known, seen) == [
        (Drift.CHANGED, "a"),
        (Drift.VANISHED, "c"),
        (Drift.APPEARED, "d"),
    ]


def test_of_few_records_nothing_is_learnt_about_what_they_lack():
    assert drifts({"a": ["number"], "b": ["text"]}, observed({"a": 1})) == []


def test_members_without_end_are_not_all_remembered():
    seen = observed({f"m{n}": n for n in range(10 * MOST_MEMBERS)})
    assert len(seen.shape) == MOST_MEMBERS


@given(RECORDS, RECORDS)
def test_what_was_noticed_once_is_not_noticed_again(first, second):
    known = observed(*first).shape
    seen = observed(*second)
    after = Difference(known, seen.shape, seen.records).shape
    again = Difference(after, seen.shape, seen.records)
    assert again.drifts == []
    assert again.shape == after
