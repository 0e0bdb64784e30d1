from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import false_discovery_control, pearsonr, spearmanr

from headwater.statistics.correlation import matrix, pearson, spearman
from headwater.statistics.model import Doubt
from tests.statistics.real import rows_of


def test_ages_and_spend_on_one_line_have_r_1() -> None:
    found = pearson([30, 40, 50], [2000, 2500, 3000])
    assert found.r == 1
    assert found.n == 3
    assert found.interval is None
    assert Doubt.SMALL_SAMPLE in found.doubts


@settings(max_examples=40)
@given(
    st.lists(
        st.tuples(st.integers(-500, 500), st.floats(-1e3, 1e3).map(lambda x: round(x, 2))),
        min_size=4,
        max_size=60,
    )
)
def test_r_p_and_interval_are_those_of_scipy(pairs: list[tuple[int, float]]) -> None:
    x, y = (list(column) for column in zip(*pairs, strict=True))
    if len(set(x)) < 2 or len(set(y)) < 2:
        assert pearson(x, y).doubts[0] is Doubt.CONSTANT
        return
    expected, found = pearsonr(x, y), pearson(x, y)
    between = expected.confidence_interval()
    assert found.r == pytest.approx(expected.statistic, abs=1e-9)
    assert found.p_value == pytest.approx(expected.pvalue, abs=1e-6)
    assert found.interval is not None
    if abs(expected.statistic) < 1 - 1e-9:
        ends = (found.interval.low, found.interval.high)
        assert ends == pytest.approx((between.low, between.high), abs=1e-6)
    ranked = spearmanr(x, y)
    assert spearman(x, y).r == pytest.approx(ranked.statistic, abs=1e-9)
    assert spearman(x, y).p_value == pytest.approx(ranked.pvalue, abs=1e-6)


def test_large_numbers_far_from_zero_keep_their_correlation() -> None:
    x = [1e15 + each for each in (1.0, 2.0, 3.0, 4.0)]
    assert pearson(x, [1e300, 2e300, 3e300, 4e300]).r == pytest.approx(1)


def test_pairs_that_lack_a_value_are_left_out() -> None:
    found = pearson([1, 2, None, 4, 5], [2, 4, 5, float("nan"), 11])
    assert found.n == 3


def test_an_interval_of_ranks_is_wider() -> None:
    noise = np.random.default_rng(2).normal(size=(2, 100))
    x, y = noise[0], noise[0] + noise[1]
    straight, ranked = pearson(x, y).interval, spearman(x, y).interval
    assert straight is not None
    assert ranked is not None
    assert np.arctanh(ranked.high) - np.arctanh(ranked.low) > np.arctanh(straight.high) - (
        np.arctanh(straight.low)
    )


def test_a_matrix_warns_of_many_tests_and_of_what_never_changes() -> None:
    columns = [*np.random.default_rng(3).normal(size=(4, 50)), np.ones(50)]
    found = matrix(columns)
    assert found[0][0].r == pytest.approx(1)
    assert found[1][2] is found[2][1]
    assert found[0][4].doubts == (Doubt.CONSTANT,)
    tested = [found[i][j] for i in range(4) for j in range(i + 1, 4)]
    adjusted = false_discovery_control([each.p_value for each in tested])
    assert [each.adjusted_p_value for each in tested] == pytest.approx(list(adjusted))
    assert all(Doubt.MANY_TESTS in each.doubts for each in tested)


@pytest.mark.shared
def test_real_shop_sessions_correlate_as_scipy_says(shared: Path) -> None:
    rows = rows_of(shared, "online_shoppers/sessions.csv.gz", ";")
    names = ("ProductRelated", "ProductRelated_Duration", "BounceRates", "PageValues")
    columns = np.array([[float(row[name]) for row in rows] for name in names])
    by_line, by_rank = matrix(columns), matrix(columns, "spearman")
    ranked = spearmanr(columns, axis=1)
    for i in range(len(names)):
        for j in range(i):
            expected = pearsonr(columns[i], columns[j])
            assert by_line[i][j].r == pytest.approx(expected.statistic)
            assert by_rank[i][j].r == pytest.approx(ranked.statistic[i, j])
            assert by_line[i][j].p_value == pytest.approx(expected.pvalue, abs=1e-12)
