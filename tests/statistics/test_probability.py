from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2_contingency, fisher_exact
from statsmodels.stats.contingency_tables import Table2x2

from headwater.statistics.model import Doubt
from headwater.statistics.probability import odds_ratio, together
from tests.statistics.real import rows_of


def test_bought_given_visited_is_0_35_over_0_50() -> None:
    found = together(both=35, a=40, b=50, n=100)
    assert found.both.share == 0.35
    assert found.b.share == 0.5
    assert found.a_given_b.share == pytest.approx(0.70)
    assert found.bayes == pytest.approx(0.70)
    assert found.lift == pytest.approx(1.75)
    assert found.odds_ratio == pytest.approx(35 * 45 / (5 * 15))
    assert found.doubts == ()


@settings(max_examples=30)
@given(st.lists(st.integers(1, 400), min_size=4, max_size=4))
def test_the_odds_ratio_and_its_interval_are_those_of_statsmodels(cells: list[int]) -> None:
    both, only_a, only_b, neither = cells
    table = Table2x2(np.array([[both, only_a], [only_b, neither]]))
    found, between = odds_ratio(both, only_a, only_b, neither)
    assert found == pytest.approx(table.oddsratio)
    assert between is not None
    assert (between.low, between.high) == pytest.approx(table.oddsratio_confint())


def test_an_empty_cell_gets_half_a_person_and_is_told() -> None:
    found = together(both=10, a=10, b=20, n=50)
    table = Table2x2(np.array([[10.5, 0.5], [10.5, 30.5]]))
    assert found.odds_ratio == pytest.approx(table.oddsratio)
    assert Doubt.EMPTY_CELL in found.doubts


def test_the_test_is_exact_for_few_people_and_pearsons_for_many() -> None:
    few = together(both=3, a=4, b=4, n=8)
    assert few.p_value == pytest.approx(fisher_exact([[3, 1], [1, 3]]).pvalue)
    assert Doubt.SMALL_SAMPLE in few.doubts
    many = together(both=300, a=400, b=420, n=1000)
    table = [[300, 100], [120, 480]]
    assert many.p_value == pytest.approx(chi2_contingency(table, correction=False).pvalue)


def test_conditions_that_nobody_or_all_have_say_nothing() -> None:
    nobody = together(0, 0, 5, 10)
    assert (nobody.a_given_b.share, nobody.lift, nobody.p_value) == (0, None, None)
    assert together(0, 0, 0, 0).odds_ratio is None
    with pytest.raises(ValueError, match="same people"):
        together(5, 4, 6, 10)


def test_the_lift_lies_in_its_interval_as_often_as_it_should() -> None:
    shares = np.array([0.2, 0.15, 0.25, 0.4])
    true = 0.2 / (0.35 * 0.45)
    inside = 0
    for both, only_a, only_b, _ in np.random.default_rng(1).multinomial(500, shares, 1000):
        between = together(int(both), int(both + only_a), int(both + only_b), 500).lift_interval
        assert between is not None
        inside += between.low <= true <= between.high
    assert 930 <= inside <= 970


@pytest.mark.shared
def test_bayes_and_the_odds_hold_on_a_banks_campaign(shared: Path) -> None:
    rows = rows_of(shared, "bank_marketing/bank-full.csv.gz")
    bought = np.array([row["y"] == "yes" for row in rows])
    before = np.array([row["poutcome"] == "success" for row in rows])
    found = together(int((bought & before).sum()), int(bought.sum()), int(before.sum()), len(rows))
    assert found.a_given_b.share == pytest.approx(bought[before].mean())
    assert found.bayes == pytest.approx(bought[before].mean())
    table = np.array(
        [
            [(bought & before).sum(), (bought & ~before).sum()],
            [(~bought & before).sum(), (~bought & ~before).sum()],
        ]
    )
    assert found.odds_ratio == pytest.approx(Table2x2(table).oddsratio)
    assert found.p_value == pytest.approx(chi2_contingency(table, correction=False).pvalue)
