import gzip
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from statsmodels.tsa.holtwinters import SimpleExpSmoothing
from statsmodels.tsa.seasonal import STL

from headwater.statistics.forecasting import errors, forecast, naive_forecast
from headwater.statistics.model import Doubt
from headwater.statistics.seasons import anomalies, bridged, decompose
from headwater.statistics.smoothing import exponential, moving_average

WEEK = [1.0, 1.2, 1.1, 1.0, 1.4, 0.5, 0.4]


def weekly(days: int, seed: int = 4, noise: float = 3.0) -> list[float]:
    moved = np.random.default_rng(seed).normal(0, noise, days)
    return [100 * WEEK[day % 7] + 0.3 * day + moved[day] for day in range(days)]


def test_the_moving_average_of_100_110_120_is_110() -> None:
    assert moving_average([100, 110, 120], 3) == [None, None, 110]
    assert moving_average([1, 2], 3) == [None, None]


def test_smoothing_follows_its_formula() -> None:
    found = exponential([100, 110, 120], 0.5)
    assert found.values == [100, 105, 112.5]
    assert not found.fitted


def test_the_fitted_alpha_is_that_of_statsmodels() -> None:
    values = list(np.cumsum(np.random.default_rng(5).normal(0, 1, 200)) + 50)
    values = [
        v + e for v, e in zip(values, np.random.default_rng(6).normal(0, 2, 200), strict=True)
    ]
    expected = SimpleExpSmoothing(
        np.array(values), initialization_method="known", initial_level=values[0]
    ).fit()
    found = exponential(values)
    assert found.alpha == pytest.approx(expected.params["smoothing_level"], abs=1e-3)
    assert found.fitted


def test_a_series_is_taken_apart_as_by_statsmodels() -> None:
    values = weekly(70)
    expected = STL(values, period=7, robust=True).fit()
    found = decompose(values, 7)
    assert found is not None
    assert found.seasonal == pytest.approx(list(expected.seasonal))
    total = np.array(found.trend) + found.seasonal + found.remainder
    assert list(total) == pytest.approx(values)
    assert found.seasonal_strength > 0.9
    assert decompose(values[:13], 7) is None


def test_a_planted_outlier_is_marked_and_nothing_else() -> None:
    values = weekly(84)
    values[40] += 60
    values[60] -= 60
    found = anomalies(values, 7)
    assert [mark.position for mark in found.anomalies] == [40, 60]
    assert found.anomalies[0].score > 3.5
    flat = anomalies([10.0] * 20 + [50.0] + [10.0] * 20)
    assert [mark.position for mark in flat.anomalies] == [20]


def test_a_constant_or_a_tiny_series_has_no_anomalies() -> None:
    assert anomalies([5.0] * 30, 7).doubts == (Doubt.CONSTANT,)
    assert anomalies([1.0, 9.0]).doubts == (Doubt.SMALL_SAMPLE,)


def test_a_series_that_is_mostly_zero_is_not_all_anomalies() -> None:
    values = [0.0] * 120
    values[50:62] = [1.0] * 12
    assert len(anomalies(values, 24).anomalies) <= 12
    assert len(anomalies(values).anomalies) <= 12


def test_gaps_are_bridged_by_lines() -> None:
    assert bridged([1, None, 3, None]) == ([1, 2, 3, 3], True)
    assert bridged([]) == ([], False)


def test_a_forecast_knows_the_week_and_beats_the_naive_one() -> None:
    values = weekly(98)
    found = forecast(values[:84], 14, 7, positive=True)
    inside = [
        low <= value <= high
        for low, value, high in zip(found.low, values[84:], found.high, strict=True)
    ]
    assert sum(inside) >= 12
    assert found.method.endswith(",A)")
    assert found.error is not None
    assert found.naive_error is not None
    assert found.error.mae < found.naive_error.mae
    assert found.error.n == 42


def test_forecast_intervals_hold_as_often_as_they_say() -> None:
    inside = total = 0
    for seed in range(12):
        walk = 100 + np.random.default_rng(seed).normal(0, 5, 66)
        found = forecast(list(walk[:60]), 6)
        inside += sum((walk[60:] >= found.low) & (walk[60:] <= found.high))
        total += 6
    assert 0.86 <= inside / total <= 1


def test_what_is_short_or_constant_is_repeated_and_doubted() -> None:
    assert forecast([3.0] * 20, 2).values == [3, 3]
    short = forecast([1.0, 2.0], 3, 7)
    assert short.values == [2, 2, 2]
    assert set(short.doubts) == {Doubt.SMALL_SAMPLE, Doubt.TOO_SHORT}
    assert forecast([], 3).values == []


def test_series_of_every_length_are_forecast() -> None:
    for length in range(1, 40, 4):
        for period in (None, 7, 12):
            found = forecast(weekly(length), 3, period)
            assert len(found.values) == 3
            assert np.isfinite([*found.values, *found.low, *found.high]).all()


def test_errors_are_those_of_their_formulas() -> None:
    found = errors([(110, 100), (90, 100)])
    assert found is not None
    assert (found.mae, found.mape) == (10, pytest.approx(0.1))
    assert found.smape == pytest.approx((20 / 210 + 20 / 190) / 2)
    assert errors([(1, 0)]).mape is None  # type: ignore[union-attr]
    assert naive_forecast([1, 2, 3], 4, 2) == [2, 3, 2, 3]


@pytest.mark.shared
def test_the_orders_of_a_real_shop_have_a_weekly_season(shared: Path) -> None:
    with gzip.open(
        shared / "data/online_retail_ii/order_lines.csv.gz", "rt", errors="replace"
    ) as lines:
        days = Counter(line.split(":")[0][-13:-3] for line in lines if ":" in line)
    ordered = sorted(day for day in days if day[:3] == "201")
    first, last = np.datetime64(ordered[0]), np.datetime64(ordered[-1])
    span = np.arange(first, last + 1)
    values = [float(days.get(str(day), 0)) for day in span]
    found = decompose(values, 7)
    assert found is not None
    expected = STL(values, period=7, robust=True).fit()
    assert found.trend == pytest.approx(list(expected.trend))
    assert found.seasonal_strength > 0.3
    told = forecast(values[:-14], 14, 7, positive=True)
    assert told.error is not None
    assert told.naive_error is not None
    assert told.error.mae < 1.2 * told.naive_error.mae
