"""The models of buying again, against what their authors published."""

from pathlib import Path

import pytest

from headwater.statistics.lifetime import alive, buying, expected, spending, worth
from tests.statistics.real import rows_of


@pytest.mark.shared
def test_cdnow_has_the_published_parameters(shared: Path) -> None:
    rows = rows_of(shared, "cdnow/customers.csv.gz")
    x, t_x, age, mean = ([float(row[name]) for row in rows] for name in ("x", "t_x", "T", "zbar"))
    model = buying(x, t_x, age)
    # Fader, Hardie, Lee (2005), table 2, and their note on Gamma-Gamma (2013).
    assert (model.r, model.alpha) == pytest.approx((0.243, 4.414), abs=1e-3)
    assert (model.a, model.b) == pytest.approx((0.793, 2.426), abs=1e-3)
    assert model.log_likelihood == pytest.approx(-9582.4, abs=0.1)
    sums = spending(x, mean)
    assert (sums.p, sums.q, sums.v) == pytest.approx((6.25, 3.74, 15.44), abs=0.02)
    # The customer of their note on the formula: x = 2, t_x = 30.43, T = 38.86.
    assert expected(model, 39, [2], [30.43], [38.86])[0] == pytest.approx(1.226, abs=1e-3)


def test_the_unit_of_time_and_weights_do_not_matter() -> None:
    x, t_x, age = [0, 1, 3, 0, 2, 5], [0, 10, 20, 0, 4, 30], [30, 30, 25, 12, 33, 31]
    weeks = buying(x, t_x, age)
    days = buying(x, [7 * each for each in t_x], [7 * each for each in age])
    twice = buying(x * 2, t_x * 2, age * 2)
    weighed = buying(x, t_x, age, [2] * 6)
    for ahead in (4, 50):
        told = expected(weeks, ahead, x, t_x, age)
        scaled = [7 * each for each in t_x], [7 * each for each in age]
        assert told == pytest.approx(expected(days, 7 * ahead, x, *scaled), rel=1e-2)
        assert told == pytest.approx(expected(twice, ahead, x, t_x, age), rel=1e-2)
    assert weighed.log_likelihood == pytest.approx(twice.log_likelihood, abs=1e-3)
    assert list(alive(weeks, [0], [0], [9])) == [1]
    with pytest.raises(ValueError, match="Nobody bought twice"):
        buying([0], [0], [3])
    with pytest.raises(ValueError, match="Nobody bought again"):
        spending([0], [0])
    sums = spending([1, 2, 3, 2], [10, 20, 15, 30])
    assert worth(sums, [0], [0])[0] > 0
