import pytest

from headwater.analytics.series import How, study
from headwater.statistics.model import Doubt


def test_a_series_is_smoothed_forecast_and_marked_at_once() -> None:
    values: list[float | None] = [100.0 + 20 * (day % 7 == 5) + day % 3 for day in range(42)]
    values[20] = 300.0
    values[30] = None
    found = study(values, How(window=3, alpha=0.5, period=7, horizon=7))
    assert found.n == 41
    assert [at for at, point in enumerate(found.points) if point.is_anomaly] == [20]
    assert found.points[30].value is None
    assert found.points[1].average is None
    assert found.points[2].average == pytest.approx((100 + 101 + 102) / 3)
    assert found.points[1].smoothed == pytest.approx(100.5)
    assert found.period == 7
    assert found.forecast is not None
    assert len(found.forecast.values) == 7
    assert Doubt.GAPS in found.doubts


def test_the_worked_example_of_the_moving_average() -> None:
    found = study([100, 110, 120], How(window=3))
    assert [point.average for point in found.points] == [None, None, 110]
    assert Doubt.SMALL_SAMPLE in found.doubts
    assert study([], How()).points == []
