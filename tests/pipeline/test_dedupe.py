"""How ids are told apart."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from headwater.pipeline.dedupe import (
    Ids,
    Marks,
    columns,
    contained,
    decode_marks,
    digests,
    encode_marks,
    indexed,
    ordered,
)
from headwater.pipeline.event import Event, Receipt

# Few upper halves, so that they collide.
WORDS = st.tuples(st.sampled_from([0, 1, 2**63, 2**64 - 1]), st.integers(0, 3))


def ids_of(pairs) -> Ids:
    return columns([upper.to_bytes(8, "big") + lower.to_bytes(8, "big") for upper, lower in pairs])


@given(st.sets(WORDS), st.lists(WORDS))
def test_a_run_contains_exactly_its_ids_whatever_halves_collide(held, asked):
    run = indexed(ordered(ids_of(held)))
    assert contained(run, ids_of(asked)).tolist() == [pair in held for pair in asked]


@given(st.sets(st.integers(0, 2**128 - 1), max_size=300), st.sets(st.integers(0, 2**128 - 1)))
def test_ids_of_all_sizes_are_found_in_runs_of_many_buckets(held, others):
    run = indexed(ordered(columns([number.to_bytes(16, "big") for number in held])))
    asked = [*held, *others]
    answers = contained(run, columns([number.to_bytes(16, "big") for number in asked]))
    assert answers.tolist() == [number in held for number in asked]


@given(st.lists(WORDS))
def test_ordered_ids_rise_and_are_there_once(pairs):
    run = ordered(ids_of(pairs))
    held = list(zip(run.upper.tolist(), run.lower.tolist(), strict=True))
    assert held == sorted(set(pairs))


@given(st.lists(st.binary(min_size=16, max_size=16)), st.integers(0, 2**60))
def test_marks_are_read_as_they_were_written(held, oldest):
    marks = Marks(held, oldest, oldest + 5)
    assert decode_marks(encode_marks(marks)) == marks


def event(source_id: str, message_id: str) -> Event:
    return Event({}, Receipt(source_id, 0, 0, "0", 1), 0, b"", message_id=message_id)


def test_an_id_belongs_to_its_source():
    one, other, same = digests([event("a", "m"), event("b", "m"), event("a", "m")])
    assert one == same != other
    assert len(one) == 16


def test_source_and_id_do_not_run_together():
    one, other = digests([event("a", "bm"), event("ab", "m")])
    assert one != other


def test_no_ids_are_no_columns():
    empty = ids_of([])
    assert len(empty) == 0
    assert contained(indexed(empty), ids_of([(1, 1)])).tolist() == [False]
    assert contained(indexed(ids_of([(1, 1)])), empty).dtype == np.bool_
