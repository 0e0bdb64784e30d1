"""However many values find no column: a few are noted as they are, and all are counted."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.loading.losses import SAMPLES, Losses, Lost
from headwater.loading.model import ConflictReason

Call = Callable[..., dict[str, Any]]
FEW_COLUMNS = 9  # those that every track event's table has


def test_ever_new_keys_over_the_limit_are_a_few_notes_and_one_count(
    limited: Any, call: Call
) -> None:
    warehouse = limited(max_columns=FEW_COLUMNS)
    loaded = warehouse.load(*[call(**{f"k{n}_{m}": m for m in range(50)}) for n in range(40)])
    assert len(loaded.conflicts) == SAMPLES + 1
    assert sum(conflict.count for conflict in loaded.conflicts) == 40 * 50
    *samples, rest = loaded.conflicts
    assert all(sample.column.startswith("k") and sample.value for sample in samples)
    assert (rest.table, rest.column, rest.value, rest.row_id) == ("thing_done", "", None, None)
    assert rest.received_at == 1_700_000_000_000_000 + 39_000_000


def test_ever_new_events_over_the_limit_are_a_few_notes_and_one_count(
    limited: Any, call: Call
) -> None:
    warehouse = limited(max_event_tables=1)
    loaded = warehouse.load(call("Known"), *[call(f"New {n}") for n in range(100)])
    assert len(loaded.conflicts) == SAMPLES + 1
    assert sum(conflict.count for conflict in loaded.conflicts) == 100
    assert {conflict.reason for conflict in loaded.conflicts} == {ConflictReason.TABLE_LIMIT}


def test_one_wrong_type_sent_for_ever_is_a_few_notes_and_one_count(
    warehouse: Any, call: Call
) -> None:
    loaded = warehouse.load(call(n=1), *[call(n="x")] * 3000, call(m=1))
    assert Counter(c.column for c in loaded.conflicts) == {"n": SAMPLES + 1}
    assert sum(conflict.count for conflict in loaded.conflicts) == 3000


def test_a_wrong_type_in_the_context_is_counted_for_each_call(warehouse: Any, call: Call) -> None:
    wrong = {"n": "x"}
    loaded = warehouse.load(
        {**call(), "context": {"n": 1}},
        *[{**call(), "context": wrong}, {"type": "page", "context": wrong}] * 100,
    )
    counts: Counter[str] = Counter()
    for conflict in loaded.conflicts:
        counts[conflict.table] += conflict.count
    assert counts == {"tracks": 100, "pages": 100}


@pytest.mark.parametrize("distinct", [True, False])
def test_contexts_that_differ_and_those_that_do_not_are_counted_alike(
    warehouse: Any, call: Call, distinct: bool
) -> None:
    events = [
        {**call(), "context": {"n": "x", **({"other": str(n)} if distinct else {})}}
        for n in range(50)
    ]
    warehouse.load({**call(), "context": {"n": 1}})
    loaded = warehouse.load(*events)
    assert sum(c.count for c in loaded.conflicts) == 50


reasons = st.sampled_from([ConflictReason.TYPE, ConflictReason.COLUMN_LIMIT])
losses = st.lists(st.tuples(st.sampled_from("abc"), reasons), max_size=120)


@given(losses, st.integers(1, 40))
def test_no_loss_goes_uncounted_however_the_rows_are_cut(
    sent: list[tuple[str, ConflictReason]], cut: int
) -> None:
    whole = Losses()
    for start in range(0, len(sent), cut):
        part = Losses()
        for row, (column, reason) in enumerate(sent[start : start + cut]):
            part.add(row, column, row, reason)
        whole.absorb(part.found(), start)
    found = whole.found()
    assert sum(lost.count for lost in found) == len(sent)
    assert sum(lost.reason is ConflictReason.TYPE for lost in found) <= 3 * (SAMPLES + 1)
    assert sum(lost.reason is ConflictReason.COLUMN_LIMIT for lost in found) <= SAMPLES + 1
    assert found == sorted(found)


def test_losses_are_counted_apart_by_the_table_that_shows_them() -> None:
    losses = Losses(lambda row: "even" if row % 2 == 0 else "odd")
    for row in range(100):
        losses.add(row, "c", row, ConflictReason.TYPE)
    rest = [lost for lost in losses.found() if not lost.value]
    assert rest == [
        Lost(98, "c", "", ConflictReason.TYPE, 50 - SAMPLES),
        Lost(99, "c", "", ConflictReason.TYPE, 50 - SAMPLES),
    ]
