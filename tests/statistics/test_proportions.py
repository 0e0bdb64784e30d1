import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest
from statsmodels.stats.proportion import confint_proportions_2indep
from statsmodels.stats.rates import confint_poisson

from headwater.statistics.proportions import difference, rate, ratio, share, wilson


@settings(max_examples=40)
@given(st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_a_share_has_the_interval_of_wilson_that_scipy_has(counted: tuple[int, int]) -> None:
    count, n = counted
    expected = binomtest(count, n).proportion_ci(0.95, "wilson")
    assert wilson(count, n).low == pytest.approx(expected.low, abs=1e-12)
    assert wilson(count, n).high == pytest.approx(expected.high, abs=1e-12)


def test_a_share_of_nobody_is_unknown() -> None:
    assert share(0, 0).share is None
    assert (wilson(0, 0).low, wilson(0, 0).high) == (0, 1)


def test_more_than_all_is_refused() -> None:
    with pytest.raises(ValueError, match="at most n"):
        share(3, 2)


@pytest.mark.parametrize(("a", "n", "b", "m"), [(56, 70, 48, 80), (9, 10, 3, 10), (0, 20, 5, 30)])
def test_a_difference_has_the_interval_of_newcombe(a: int, n: int, b: int, m: int) -> None:
    low, high = confint_proportions_2indep(a, n, b, m, method="newcomb", compare="diff")
    assert difference(a, n, b, m).low == pytest.approx(low)
    assert difference(a, n, b, m).high == pytest.approx(high)


def test_the_published_example_of_newcombe() -> None:
    """Table II (a) of the paper: 56/70 − 48/80 = 0.0524 to 0.3339."""
    found = difference(56, 70, 48, 80)
    assert (round(found.low, 4), round(found.high, 4)) == (0.0524, 0.3339)


def test_a_ratio_has_the_interval_of_katz() -> None:
    low, high = confint_proportions_2indep(
        120, 1000, 100, 1010, method="log", compare="ratio", correction=False
    )
    found = ratio(120, 1000, 100, 1010)
    assert found is not None
    assert [found.low, found.high] == pytest.approx([low, high], rel=1e-6)
    assert ratio(0, 10, 1, 10) is None


def test_a_rate_has_the_exact_interval_of_poisson() -> None:
    low, high = confint_poisson(7, 3.5, method="exact-c")
    found = rate(7, 3.5)
    assert found.rate == 2
    assert found.interval is not None
    assert np.allclose([found.interval.low, found.interval.high], [low, high])
    assert rate(0, 0).interval is None
