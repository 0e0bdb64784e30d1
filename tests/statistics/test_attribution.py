import math
from itertools import pairwise, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.statistics.attribution import (
    Model,
    Path,
    by_position,
    markov,
    removal_effects,
    shapley,
    shared_out,
    time_decay,
    weights,
)

PUBLISHED = [
    Path(("C1", "C2", "C3"), 1, 10.0),
    Path(("C1",), 0, without=1),
    Path(("C2", "C3"), 0, without=1),
]
"""The example of S. Bryl, "Marketing multi-channel attribution model with R: Markov chains"."""

JOURNEYS = st.lists(
    st.builds(
        Path,
        st.lists(st.sampled_from("abcd"), min_size=1, max_size=5).map(tuple),
        st.integers(0, 9).map(float),
        st.integers(0, 100).map(float),
        st.integers(0, 9).map(float),
    ),
    min_size=1,
    max_size=8,
)


def test_the_published_chain_has_its_published_removal_effects() -> None:
    assert removal_effects(PUBLISHED) == pytest.approx({"C1": 0.5, "C2": 1, "C3": 1})
    found = markov(PUBLISHED)
    assert {name: each.conversions for name, each in found.items()} == pytest.approx(
        {"C1": 0.2, "C2": 0.4, "C3": 0.4}
    )
    assert found["C2"].value == pytest.approx(4)


def walked(paths: list[Path], removed: str = "") -> float:
    """The chance to convert, by walking the chain many steps instead of solving it."""
    names = ["(start)", *sorted({c for p in paths for c in p.channels}), "(yes)", "(no)"]
    steps = np.zeros((len(names), len(names)))
    for path in paths:
        for end, weight in (("(yes)", path.conversions), ("(no)", path.without)):
            states = ["(start)", *path.channels, end]
            for one, other in pairwise(states):
                steps[names.index(one), names.index(other)] += weight
    if removed:
        steps[names.index(removed)] = 0
        steps[names.index(removed), -1] = 1
    for at in (-1, -2):
        steps[at, at] = 1
    rows = steps.sum(axis=1, keepdims=True)
    steps = np.divide(steps, rows, out=np.zeros_like(steps), where=rows > 0)
    return float(np.linalg.matrix_power(steps, 4096)[0, -2])


@settings(max_examples=30, deadline=None)
@given(JOURNEYS)
def test_removal_effects_are_those_of_walking_the_chain(paths: list[Path]) -> None:
    before = walked(paths)
    for name, effect in removal_effects(paths).items():
        expected = 1 - walked(paths, name) / before if before else 0
        assert effect == pytest.approx(expected, abs=1e-6)


@settings(max_examples=30, deadline=None)
@given(JOURNEYS)
def test_shapley_is_the_mean_over_all_orders(paths: list[Path]) -> None:
    names = sorted({channel for path in paths for channel in path.channels})
    found = shapley(paths)
    for name in names:
        added = 0.0
        for order in permutations(names):
            there = set(order[: order.index(name)])
            for path in paths:
                those = set(path.channels)
                added += path.conversions * (those <= there | {name} and not those <= there)
        assert found[name].conversions == pytest.approx(added / math.factorial(len(names)))


@settings(max_examples=30, deadline=None)
@given(JOURNEYS, st.sampled_from([each for each in Model if each is not Model.TIME_DECAY]))
def test_every_model_gives_all_conversions_away_and_no_more(
    paths: list[Path], model: Model
) -> None:
    given_away = sum(each.conversions for each in shared_out(model, paths).values())
    assert given_away == pytest.approx(sum(path.conversions for path in paths))


def test_rules_share_a_path_as_they_say() -> None:
    path = ("ads", "mail", "social", "direct")
    assert weights(Model.FIRST, path) == [1, 0, 0, 0]
    assert weights(Model.LAST, path) == [0, 0, 0, 1]
    assert weights(Model.LAST_NON_DIRECT, path) == [0, 0, 1, 0]
    assert weights(Model.LAST_NON_DIRECT, ("direct", "direct")) == [0, 1]
    assert weights(Model.LINEAR, path) == [0.25] * 4
    assert weights(Model.POSITION, path) == pytest.approx([0.4, 0.1, 0.1, 0.4])
    assert by_position(2) == [0.5, 0.5]
    assert by_position(1) == [1]


def test_a_touch_a_half_life_older_gets_half() -> None:
    assert time_decay([14, 7, 0], 7) == pytest.approx([1 / 7, 2 / 7, 4 / 7])
    assert sum(time_decay([90_000, 80_000], 7)) == pytest.approx(1)
    with pytest.raises(ValueError, match="half-life"):
        time_decay([1], 0)
