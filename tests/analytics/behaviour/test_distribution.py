"""How often people did something, and the values of a property: with NumPy."""

from collections import Counter

import numpy as np
import pytest

from headwater.errors import InvalidError
from tests.analytics.behaviour import test_kinds
from tests.analytics.behaviour.test_kinds import LIFE, SINCE, Engine, asked

engine, tables = test_kinds.engine, test_kinds.tables


def test_a_distribution_has_bars_and_quantiles(engine: Engine) -> None:
    mine = [each for each in LIFE if each[1] == "paid" and each[2] >= SINCE]
    often = asked(engine, "distribution", event="paid")
    times = Counter(each[0] for each in mine).values()
    assert {each.since: each.count for each in often.bars if each.count} == Counter(times)
    paid = asked(engine, "distribution", event="paid", perPerson=False, property="revenue", bars=7)
    values = [each[3] for each in mine]
    assert [each.count for each in paid.bars] == list(np.histogram(values, bins=7)[0])
    assert (paid.n, paid.average) == (len(values), pytest.approx(np.mean(values)))
    for each in paid.quantiles:
        assert each.value == pytest.approx(np.quantile(values, each.at))
    with pytest.raises(InvalidError, match="of which property"):
        asked(engine, "distribution", event="paid", of="sum")
