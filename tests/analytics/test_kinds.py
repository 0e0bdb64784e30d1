"""Every kind over a workspace's own tables, the same from DuckDB and PostgreSQL."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pytest

from headwater.analytics.conditions import Condition, Filter
from headwater.analytics.events import Events
from headwater.analytics.kinds import KINDS
from headwater.analytics.periods import Period, span_of
from headwater.errors import InvalidError

Ask = Callable[[Any], list[tuple[Any, ...]]]
Both = Callable[[dict[str, pa.Table]], Ask]
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
_TEXT, _TIME, _NUMBER = pa.string(), pa.timestamp("us"), pa.float64()
_CALL = {"id": _TEXT, "anonymous_id": _TEXT, "user_id": _TEXT}
_CALL |= {"timestamp": _TIME, "received_at": _TIME}
TABLES: dict[str, dict[str, pa.DataType]] = {
    "identifies": _CALL,
    "tracks": {**_CALL, "event": _TEXT},
    "pages": {**_CALL, "context_campaign_source": _TEXT, "context_timezone": _TEXT},
    "order_completed": {**_CALL, "revenue": _NUMBER, "coupon": _TEXT},
    "experiment_viewed": {**_CALL, "experiment_name": _TEXT, "variation_name": _TEXT},
    "users": {"id": _TEXT, "received_at": _TIME, "age": _NUMBER, "plan": _TEXT},
}
_IBIS = {_TEXT: "string", _TIME: "timestamp(6)", _NUMBER: "float64"}


class Engine:
    """Both engines at once, which must agree."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    def tables(self) -> dict[str, dict[str, str]]:
        return {
            name: {column: _IBIS[kind] for column, kind in kinds.items()}
            for name, kinds in TABLES.items()
        }

    def rows(self, expression: Any) -> list[dict[str, Any]]:
        names = expression.as_table().columns
        return [dict(zip(names, row, strict=True)) for row in self._ask(expression)]


def at(days: float) -> datetime:
    return (NOW - timedelta(days=days)).replace(tzinfo=None)


def rows() -> dict[str, list[dict[str, Any]]]:
    """Twenty people: all came without a name 20 to 1 days ago, the even ones then bought."""
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in TABLES}

    def call(table: str, days: float, **said: Any) -> None:
        number = sum(map(len, found.values()))
        moment = {"timestamp": at(days), "received_at": at(days)}
        found[table].append({"id": f"{number:04}", **moment, **said})
        if table not in {"identifies", "pages"}:
            ids = {name: said.get(name) for name in ("anonymous_id", "user_id")}
            found["tracks"].append({"id": f"{number:04}", **moment, **ids, "event": table})

    for each in range(20):
        user, device, days = f"u{each}", f"d{each}", 20 - each
        source = "news" if each % 4 == 0 else "ads"
        call("pages", days, anonymous_id=device, context_campaign_source=source)
        call("identifies", days - 0.1, anonymous_id=device, user_id=user)
        variant = "blue" if each < 10 else "control"
        call(
            "experiment_viewed",
            days - 0.2,
            user_id=user,
            experiment_name="Button",
            variation_name=variant,
        )
        if each % 2 == 0:
            call("order_completed", days - 0.3, user_id=user, revenue=50.0 * each + 500)
        found["users"].append(
            {
                "id": user,
                "received_at": at(0),
                "age": 10.0 + each,
                "plan": "pro" if each else "free",
            }
        )
    found["tracks"].append(
        {"id": "x", "timestamp": at(1), "received_at": at(1), "anonymous_id": "campaign-spend"}
        | {"event": "campaign_spend"}
    )
    return found


@pytest.fixture
def engine(both: Both) -> Engine:
    tables = {
        name: pa.Table.from_pylist(those, pa.schema(list(TABLES[name].items())))
        for name, those in rows().items()
    }
    return Engine(both(tables))


def asked(engine: Engine, kind: str, **request: Any) -> Any:
    analysis = KINDS[kind]
    wanted = msgspec.convert({"period": {"days": 30}, **request}, analysis.request)
    return analysis.ask(wanted, Events(engine, NOW, wanted.people))


BOUGHT = {"event": "Order Completed"}


def test_who_came_without_a_name_is_who_bought_later(engine: Engine) -> None:
    found = asked(engine, "probability", a=BOUGHT, b={"event": "page", "days": 30})
    assert (found.n, found.both.count, found.a.count, found.b.count) == (20, 10, 10, 20)
    recent = asked(engine, "probability", a=BOUGHT, b={"event": "page", "days": 5})
    assert (recent.both.count, recent.b.count) == (2, 5)
    assert recent.bayes == pytest.approx(recent.a_given_b.share)


def test_conditions_look_at_properties_traits_and_how_often(engine: Engine) -> None:
    data = Events(engine, NOW)

    def people(condition: Condition) -> set[str]:
        return {each["person"] for each in data.rows(data.people(condition))}

    dear = Condition(event="Order Completed", where=[Filter("revenue", "more", 1300)])
    assert people(dear) == {"u18"}
    young = Condition(traits=[Filter("age", "less", 12), Filter("plan", "is", "pro")])
    assert people(young) == {"u1"}
    both = Condition(event="Order Completed", traits=[Filter("age", "less", 13)])
    assert people(both) == {"u0", "u2"}
    assert len(people(Condition(event="page", negated=True))) == 0
    assert people(Condition(event="page", least=2)) == set()
    assert (
        len(people(Condition(event="Order Completed", where=[Filter("coupon", "is_not_set")])))
        == 10
    )
    assert len(people(Condition(traits=[Filter("plan", "contains", "re")]))) == 1
    with pytest.raises(InvalidError, match="there is no event"):
        people(Condition(event="Nothing"))
    with pytest.raises(InvalidError, match="names an event"):
        people(Condition())


def test_campaigns_and_attribution_follow_people_over_their_ids(engine: Engine) -> None:
    wanted = {"by": "source", "conversion": "Order Completed", "value": "revenue"}
    found = asked(engine, "campaigns", **wanted)
    told = {each.key: (each.visits, each.converted.count, each.value) for each in found.rows}
    assert told == {"ads": (15, 5, 5000), "news": (5, 5, 4500)}
    credited = asked(engine, "attribution", **wanted)
    assert (credited.n, credited.people_who_left) == (10, 10)
    assert {each.key: each.credits[0].conversions for each in credited.channels} == {
        "ads": 5,
        "news": 5,
    }
    young = asked(
        engine,
        "campaigns",
        people={"traits": [{"name": "age", "operator": "less", "value": 14}]},
        **wanted,
    )
    assert (young.n, young.total.conversions) == (4, 2)


def test_an_experiment_and_the_best_times_are_read(engine: Engine) -> None:
    found = asked(engine, "experiment", experiment="Button", conversion="Order Completed")
    told = {each.name: (each.converted.count, each.converted.n) for each in found.reading.variants}
    assert told == {"control": (5, 10), "blue": (5, 10)}
    clock = asked(engine, "best-times", event="page", period={"days": 30, "zone": "Asia/Shanghai"})
    assert (clock.n, clock.people, clock.hours[20].events) == (20, 20, 20)


def test_a_series_has_each_day_of_the_period_that_is_over(engine: Engine) -> None:
    found = asked(engine, "time-series", event="page", window=3, alpha=0.5, horizon=2)
    assert (found.at[0], found.at[-1]) == (datetime(2026, 10, 22), datetime(2026, 11, 19))  # noqa: DTZ001
    assert [point.value for point in found.found.points] == [0] * 9 + [1] * 20
    assert [each.day for each in found.ahead] == [20, 21]
    weeks = asked(
        engine, "time-series", event="Order Completed", of="sum", property="revenue", each="week"
    )
    assert weeks.at[0].weekday() == 0
    # The week of the 16th is not over.
    sixteenth = datetime(2026, 11, 16)  # noqa: DTZ001
    bought = rows()["order_completed"]
    whole = sum(each["revenue"] for each in bought if each["timestamp"] < sixteenth)
    assert sum(point.value or 0 for point in weeks.found.points) == whole
    months = asked(engine, "time-series", event="page", of="people", each="month", horizon=0)
    assert [point.value for point in months.found.points] == [1]
    with pytest.raises(InvalidError, match="of which property"):
        asked(engine, "time-series", event="page", of="sum")


def test_traits_go_together_with_what_events_add_up_to(engine: Engine) -> None:
    spent = {**BOUGHT, "of": "sum", "property": "revenue"}
    measures = [{"trait": "age"}, spent, {"event": "Order Completed"}]
    found = asked(engine, "correlation", measures=measures)
    assert found.names == ["age", "Order Completed sum revenue", "Order Completed count"]
    assert found.matrix[0][1].r == pytest.approx(1)
    assert (found.matrix[0][1].n, found.matrix[0][2].n, found.people) == (10, 20, 20)
    flags = [1.0 if each % 2 == 0 else 0.0 for each in range(20)]
    assert found.matrix[0][2].r == pytest.approx(np.corrcoef(range(20), flags)[0, 1])
    with pytest.raises(InvalidError, match="either a trait or an event"):
        asked(engine, "correlation", measures=[{}, {}])


def test_a_period_is_the_days_of_its_zone() -> None:
    said = Period(since=date(2026, 11, 1), until=date(2026, 11, 2), zone="Asia/Shanghai")
    span = span_of(said, NOW)
    assert (span.since.hour, span.since.day, span.until.day) == (16, 31, 2)
    for wrong, why in (
        (Period(zone="Nowhere"), "no time zone"),
        (Period(since=date(2027, 1, 1)), "after the last"),
        (Period(until=date(9999, 12, 31)), "ends after"),
    ):
        with pytest.raises(InvalidError, match=why):
            span_of(wrong, NOW)
    assert span_of(Period(until=date(1, 1, 1)), NOW).since.year == 1970
