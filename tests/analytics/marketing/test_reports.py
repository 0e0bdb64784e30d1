from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest

from headwater.analytics.marketing import attribution, best_times, campaigns, experiment
from headwater.analytics.marketing.reading import Touch
from headwater.analytics.marketing.visits import By
from headwater.statistics.attribution import Model
from tests.analytics.marketing.shop import SPAN, Shop, tables

Both = Callable[[dict[str, pa.Table]], Callable[[Any], list[tuple[Any, ...]]]]
BOUGHT = "Order Completed"


@pytest.fixture
def shop(both: Both) -> Shop:
    return Shop(both(tables()))


def test_campaigns_have_their_visits_conversions_and_costs(shop: Shop) -> None:
    wanted = campaigns.Wanted(Touch(By.CAMPAIGN), SPAN, BOUGHT, "revenue")
    found = campaigns.report(shop, wanted)
    told = {
        each.key: (each.visits, each.people, each.converted.count, each.conversions, each.value)
        for each in found.rows
    }
    assert told == {
        "spring": (2, 2, 1, 1, 10),
        "july": (1, 1, 1, 2, 100),
        "(none)": (1, 1, 1, 1, 30),
    }
    spring = next(each for each in found.rows if each.key == "spring")
    assert (spring.cost, spring.cost_per_conversion, spring.return_on_spend) == (25, 25, 0.4)
    assert (spring.clicks, spring.cost_per_click, found.currency) == (20, 1.25, "EUR")
    assert (found.n, found.total.people, found.total.conversions) == (4, 3, 4)
    assert found.total.converted.share == pytest.approx(2 / 3)
    assert found.without_visit == 1


def test_channels_sources_and_landing_pages_tell_visits_apart(shop: Shop) -> None:
    def visits(by: By) -> dict[str, int]:
        found = campaigns.report(shop, campaigns.Wanted(Touch(by), SPAN))
        return {each.key: each.visits for each in found.rows if each.visits}

    assert visits(By.CHANNEL) == {"paid": 2, "email": 1, "direct": 1}
    assert visits(By.SOURCE) == {"google": 2, "news": 1, "direct": 1}
    assert visits(By.CLICK_ID) == {"gclid": 2, "(none)": 2}
    assert visits(By.LANDING_PAGE) == {"/spring": 2, "/": 1, "(none)": 1}


def test_every_model_shares_the_same_conversions(shop: Shop) -> None:
    wanted = attribution.Wanted(Touch(), SPAN, BOUGHT, "revenue", half_life=1.0)
    found = attribution.report(shop, wanted)
    assert (found.n, found.value, found.without_touch, found.people_who_left) == (4, 140, 1, 1)
    credit = {
        channel.key: {each.model: each.conversions for each in channel.credits}
        for channel in found.channels
    }
    for model in Model:
        assert sum(each[model] for each in credit.values()) == pytest.approx(4)
    assert credit["paid"][Model.FIRST] == 3
    assert credit["email"][Model.LAST] == 2
    assert credit["email"][Model.LINEAR] == pytest.approx(1)
    assert credit["email"][Model.TIME_DECAY] == pytest.approx(4 / 3)
    assert credit["paid"][Model.SHAPLEY] == pytest.approx(2)
    # Without email, the 2 of 5 who go on from paid to it are lost; without paid the 4 of 5.
    assert credit["email"][Model.MARKOV] < credit["paid"][Model.MARKOV]
    paid = next(each for each in found.channels if each.key == "paid")
    assert paid.cost == 25
    assert paid.credits[0].cost_per_conversion == pytest.approx(25 / 3)
    assert found.paths[0].channels == ("paid", "email")


def test_only_touches_within_the_window_count(shop: Shop) -> None:
    wanted = attribution.Wanted(Touch(), SPAN, BOUGHT, days=1, models=(Model.FIRST,))
    found = attribution.report(shop, wanted)
    assert (found.n, found.without_touch) == (3, 2)
    assert {each.key: each.credits[0].conversions for each in found.channels} == {
        "email": 2,
        "direct": 1,
        "paid": 0,
    }


def test_an_experiment_counts_each_person_in_the_variant_they_saw(shop: Shop) -> None:
    found = experiment.report(shop, experiment.Wanted("Button", SPAN, BOUGHT, "revenue"))
    told = {each.name: (each.converted.count, each.converted.n) for each in found.reading.variants}
    assert told == {"control": (1, 1), "blue": (2, 2)}
    assert found.saw_several == 1
    assert found.reading.variants[1].value == 110


def test_the_best_time_is_on_each_ones_own_clock(shop: Shop) -> None:
    found = best_times.report(shop, best_times.Wanted(BOUGHT, SPAN, by_person=False))
    ada = [(each.weekday, each.hour) for each in found.slots if each.events == 1][-4:]
    assert (1, 19) in ada
    assert (1, 20) in ada
    assert (found.n, found.people) == (5, 4)
    plain = best_times.report(shop, best_times.Wanted(BOUGHT, SPAN, own=False))
    assert {(each.weekday, each.hour) for each in plain.slots if each.events} >= {(1, 11), (1, 12)}
