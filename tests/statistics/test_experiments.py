from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binom, chisquare, quantile_test
from statsmodels.stats.proportion import (
    power_proportions_2indep,
    proportions_ztest,
)

from headwater.statistics.experiments import (
    compare,
    minimal_detectable,
    people_needed,
    sequential_interval,
    sequential_p_value,
    split,
    two_proportions,
)
from headwater.statistics.model import Doubt
from headwater.statistics.quantiles import quantile, ranks
from tests.statistics.real import rows_of


@pytest.mark.parametrize(("a", "n", "b", "m"), [(120, 1000, 100, 1010), (5, 40, 9, 35)])
def test_two_shares_are_tested_as_by_statsmodels(a: int, n: int, b: int, m: int) -> None:
    z, p = proportions_ztest([a, b], [n, m])
    assert two_proportions(a, n, b, m) == pytest.approx((z, p))


def test_a_comparison_says_all_at_once() -> None:
    found = compare(130, 1000, 100, 1000)
    assert found.difference == pytest.approx(0.03)
    assert found.relative == pytest.approx(0.3)
    assert found.interval.low > 0
    assert found.sequential_interval.low < found.interval.low
    assert found.sequential_p_value > (found.p_value or 0)
    assert found.doubts == ()
    assert compare(1, 30, 2, 30).doubts == (Doubt.SMALL_SAMPLE,)
    with pytest.raises(ValueError, match="people"):
        compare(0, 0, 1, 2)


def test_looking_every_day_deceives_the_usual_test_and_not_the_sequential_one() -> None:
    """Two arms that do not differ, looked at 100 times: the usual test finds something in far more
    than 1 of 20 experiments; the sequential one in at most 1 of 20."""
    draw = np.random.default_rng(7)
    runs, looks, people = 400, 100, 200
    usual = sequential = 0
    for _ in range(runs):
        a, b = draw.binomial(people, 0.1, (2, looks)).cumsum(axis=1)
        sizes = people * np.arange(1, looks + 1)
        told = [
            (two_proportions(int(x), int(n), int(y), int(n))[1], int(x), int(y), int(n))
            for x, y, n in zip(a, b, sizes, strict=True)
        ]
        usual += any((p or 1) < 0.05 for p, *_ in told)
        sequential += any(sequential_p_value(x, n, y, n) < 0.05 for _, x, y, n in told)
    assert usual / runs > 0.25
    assert sequential / runs <= 0.05


def test_the_sequential_interval_and_p_value_agree() -> None:
    for gap in range(0, 200, 5):
        between = sequential_interval(500 + gap, 5000, 500, 5000)
        assert (between.low > 0) == (sequential_p_value(500 + gap, 5000, 500, 5000) < 0.05)


def test_a_split_that_is_not_as_planned_is_told() -> None:
    assert not split([5010, 4990]).is_mismatch
    found = split([5300, 4700])
    assert found.is_mismatch
    assert found.p_value == pytest.approx(chisquare([5300, 4700]).pvalue)
    assert split([900, 100], [9, 1]).p_value == pytest.approx(1)
    assert split([0, 0]).p_value is None
    with pytest.raises(ValueError, match="weight"):
        split([1, 2], [1])


def test_the_least_difference_is_found_with_the_wanted_power() -> None:
    gap = minimal_detectable(0.1, 2000, 2000)
    assert gap is not None
    told = power_proportions_2indep(gap, 0.1, 2000, alternative="two-sided", return_results=False)
    assert told == pytest.approx(0.8, abs=1e-3)
    needed = people_needed(0.1, gap)
    assert needed == pytest.approx(2000, abs=2)
    assert minimal_detectable(0.1, 3, 3) is None
    assert minimal_detectable(0.0, 300, 300) is None


def test_the_interval_of_a_median_is_that_of_scipy() -> None:
    values = list(np.random.default_rng(8).lognormal(size=101))
    for at in (0.5, 0.9):
        found = quantile(values, at)
        expected = quantile_test(values, p=at).confidence_interval(0.95)
        assert found.value == pytest.approx(np.quantile(values, at))
        assert found.interval is not None
        assert (found.interval.low, found.interval.high) == (expected.low, expected.high)


def test_the_ranks_of_an_interval_hold_the_quantile_as_often_as_they_say() -> None:
    for n in (10, 57, 400):
        between = ranks(n)
        assert between is not None
        low, high = between
        assert binom.cdf(high - 1, n, 0.5) - binom.cdf(low - 1, n, 0.5) >= 0.95
    assert ranks(4) is None
    assert quantile([]).value is None


@pytest.mark.shared
def test_a_banks_channels_differ_as_statsmodels_says(shared: Path) -> None:
    rows = rows_of(shared, "bank_marketing/bank-full.csv.gz")
    told = {}
    for contact in ("cellular", "telephone"):
        those = [row["y"] == "yes" for row in rows if row["contact"] == contact]
        told[contact] = (sum(those), len(those))
    found = compare(*told["cellular"], *told["telephone"])
    z, p = proportions_ztest(*np.array(list(told.values())).T)
    assert found.z == pytest.approx(z)
    assert found.p_value == pytest.approx(p)
