import numpy as np
import pytest
from scipy import stats

from headwater.analytics.support.scores import csat, mean, nps
from headwater.statistics.model import Doubt


def test_the_net_promoter_score_is_promoters_less_detractors() -> None:
    found = nps({10: 40, 9: 10, 8: 20, 7: 10, 6: 5, 0: 15})
    assert (found.n, found.value) == (100, pytest.approx(30))
    # The standard error of the mean of +1, 0, -1.
    scores = np.array([1] * 50 + [0] * 30 + [-1] * 20)
    half = 1.959964 * scores.std() / 10 * 100
    assert found.interval is not None
    assert found.interval.low == pytest.approx(30 - half, rel=1e-6)


def test_effort_is_a_mean_with_students_interval() -> None:
    found = mean({1: 2, 5: 3, 7: 1})
    ratings = [1, 1, 5, 5, 5, 7]
    low, high = stats.t.interval(0.95, 5, np.mean(ratings), stats.sem(ratings))
    assert found.interval is not None
    assert (found.value, found.interval.low, found.interval.high) == pytest.approx((4, low, high))
    assert found.doubts == (Doubt.SMALL_SAMPLE,)


def test_of_no_ratings_nothing_is_said() -> None:
    assert csat({}, 4).share is None
    assert nps({}).value is None
    assert mean({}).value is None
    assert mean({3: 1}).interval is None
