from datetime import date

import pytest

from headwater.analytics.marketing import clock, trials
from headwater.analytics.marketing.figures import (
    Came,
    Cost,
    channels,
    costs_of,
    credits_of,
    rows,
)
from headwater.statistics.attribution import Credit, Model, Path
from headwater.statistics.model import Doubt


def test_cost_and_conversions_meet_however_the_campaign_is_written() -> None:
    costs = costs_of([("Spring ", "eur", 50.0, 1000, 40), ("Lost", "EUR", 5.0, 0, 0)])
    found = rows({"spring": Came(20, 16, 4, 5, 200.0), "july": Came(9, 9)}, costs)
    spring, july, lost = found
    assert (spring.cost, spring.cost_per_conversion, spring.return_on_spend) == (50, 10, 4)
    assert spring.cost_per_click == 1.25
    assert spring.click_rate is not None
    assert spring.click_rate.share == 0.04
    assert spring.converted.share == 0.25
    assert (july.cost, july.return_on_spend) == (None, None)
    assert (lost.key, lost.visits, lost.cost_per_conversion) == ("lost", 0, None)


def test_currencies_are_never_added_up() -> None:
    spent = [("a", "EUR", 10.0, 0, 0), ("a", "CNY", 90.0, 0, 0), ("b", "cny", 5.0, 0, 0)]
    found = costs_of(spent)
    assert (found.currency, found.left_out) == ("CNY", ("EUR",))
    assert found.by_key == {"a": Cost(90.0), "b": Cost(5.0)}
    assert costs_of(spent, "eur").by_key == {"a": Cost(10.0)}
    assert costs_of([]).by_key == {}


def test_each_model_has_its_cost_of_a_conversion() -> None:
    paths = [Path(("ads", "mail"), 4, 100.0), Path(("ads",), 0, without=6)]
    given = credits_of(
        [Model.FIRST, Model.LINEAR, Model.TIME_DECAY], paths, {"mail": Credit(3, 75)}, "direct"
    )
    ads, mail = channels(given, paths, costs_of([("ads", "EUR", 20.0, 0, 0)]))
    assert [each.conversions for each in ads.credits] == [4, 2, 0]
    assert [each.cost_per_conversion for each in ads.credits] == [5, 10, None]
    assert [each.return_on_spend for each in ads.credits] == [5, 2.5, 0]
    assert (ads.touches, mail.touches, mail.cost) == (10, 4, None)
    assert [each.share for each in mail.credits] == [0, 0.5, 1]


def test_variants_are_compared_with_the_one_that_is_called_control() -> None:
    found = trials.read(
        {"blue": trials.Counted(1000, 150, 10.0), "Control": trials.Counted(1000, 100)}
    )
    assert found.control == "Control"
    control, blue = found.variants
    assert control.comparison is None
    assert blue.comparison is not None
    assert blue.comparison.difference == pytest.approx(0.05)
    assert blue.value_per_person == 0.01
    assert found.doubts == ()


def test_an_uneven_split_is_doubted_unless_it_was_planned() -> None:
    counted = {"a": trials.Counted(900, 90), "b": trials.Counted(100, 10)}
    assert trials.read(counted).doubts == (Doubt.UNEVEN_SPLIT,)
    assert trials.read(counted, weights={"a": 9, "b": 1}).doubts == ()
    assert trials.read({}).variants == []


def test_hours_are_compared_by_how_many_such_days_there_were() -> None:
    """From a Monday to the Monday after: two Mondays, one of each other day."""
    counted = [clock.Counted(0, 9, 20, 4, 3.0), clock.Counted(2, 21, 15, 6, 6.0)]
    first, last = date(2026, 11, 16), date(2026, 11, 23)
    assert clock.days_of(first, last) == [2, 1, 1, 1, 1, 1, 1]
    by_events = clock.clock_of(counted, first, last, by_person=False)
    assert [(each.weekday, each.hour) for each in by_events.best] == [(2, 21), (0, 9)]
    assert by_events.best[0].per_day.rate == 15
    assert by_events.weekdays[0].index == pytest.approx(10 / (35 / 8))
    assert by_events.hours[21].index == pytest.approx(15 * 24 / 35)
    by_person = clock.clock_of(counted, first, last, by_person=True)
    assert by_person.best[0].weight == pytest.approx(2 / 3)
    assert by_person.best[0].index == pytest.approx(168 * 2 / 3)
    assert clock.clock_of([], first, last, by_person=True).best == []
